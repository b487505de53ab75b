package jp.yorisoi.testkit.scenario

private val WORD_BEGINS = Regex("(?<=[a-z0-9])(?=[A-Z])")

/** A name as Rust writes it: `notBefore`, `NotBefore` and `NOT_BEFORE` are all `not_before`. */
internal fun snakeCase(name: String): String = if ('_' in name) name.lowercase() else name.replace(WORD_BEGINS, "_").lowercase()
