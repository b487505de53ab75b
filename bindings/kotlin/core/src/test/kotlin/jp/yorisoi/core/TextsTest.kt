package jp.yorisoi.core

import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertEquals

/** Texts in the language of the system. */
class TextsTest {
    private val words = Words("お知らせ", "A notice")
    private val details = ErrorDetails("code", false, words)

    @Test
    fun `Japanese where the locale is Japanese and English everywhere else`() {
        assertEquals("お知らせ", words.text(Locale.JAPAN))
        assertEquals("お知らせ", words.text(Locale.JAPANESE))
        assertEquals("A notice", words.text(Locale.UK))
        assertEquals("A notice", words.text(Locale.forLanguageTag("vi-VN")))
    }

    @Test
    fun `without a locale the system's is taken`() {
        val before = Locale.getDefault()
        try {
            Locale.setDefault(Locale.JAPAN)
            assertEquals(words.ja, words.text())
            Locale.setDefault(Locale.FRANCE)
            assertEquals(words.en, words.text())
        } finally {
            Locale.setDefault(before)
        }
    }

    @Test
    fun `an error's message is for the person and its code stands in logs`() {
        val before = Locale.getDefault()
        try {
            Locale.setDefault(Locale.JAPAN)
            assertEquals(words.ja, YorisoiException.Card(details, listOf(2u)).message)
            Locale.setDefault(Locale.US)
            assertEquals(words.en, YorisoiException.Network(details).message)
            val kind = "jp.yorisoi.core.YorisoiException\$Network"
            assertEquals("$kind: code: A notice", YorisoiException.Network(details).toString())
        } finally {
            Locale.setDefault(before)
        }
    }

    @Test
    fun `every kind of error has its details`() {
        val errors =
            listOf(
                YorisoiException.Card(details, emptyList()),
                YorisoiException.Enrollment(details),
                YorisoiException.Window(details),
                YorisoiException.Consent(details),
                YorisoiException.Input(details),
                YorisoiException.NotFound(details),
                YorisoiException.Setting(details),
                YorisoiException.Key(details),
                YorisoiException.Storage(details),
                YorisoiException.Suspended(details),
                YorisoiException.Network(details),
                YorisoiException.Server(details),
            )
        assertEquals(List(errors.size) { details }, errors.map { it.details })
    }
}
