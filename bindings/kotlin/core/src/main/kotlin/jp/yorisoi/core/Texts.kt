package jp.yorisoi.core

import java.util.Locale

/** The text in the language of [locale], by default the system's: Japanese where that is Japanese, English everywhere else. */
public fun Words.text(locale: Locale = Locale.getDefault()): String = if (locale.language == Locale.JAPANESE.language) ja else en

/** What every error carries: its stable code, whether to try again, and words to show. Nothing in it is personal. */
public val YorisoiException.details: ErrorDetails
    get() =
        when (this) {
            is YorisoiException.Card -> details
            is YorisoiException.Enrollment -> details
            is YorisoiException.Window -> details
            is YorisoiException.Consent -> details
            is YorisoiException.Input -> details
            is YorisoiException.NotFound -> details
            is YorisoiException.Setting -> details
            is YorisoiException.Key -> details
            is YorisoiException.Storage -> details
            is YorisoiException.Suspended -> details
            is YorisoiException.Network -> details
            is YorisoiException.Server -> details
        }
