package jp.yorisoi.core.android

import java.security.MessageDigest

/** A root key as it lies in its file: which key of the Keystore wraps it, and the wrapped bytes. */
internal class WrappedKey(
    /** 32 hexadecimal digits: the last part of the wrapping key's name. */
    val generation: String,
    /** Nonce (12 bytes), ciphertext (32), tag (16). */
    val wrapped: ByteArray,
) {
    /** The file: `YRK` and the number of this format, the generation, the wrapped bytes, SHA-256 of all that. */
    fun encoded(): ByteArray {
        val body = FORMAT + generation.toByteArray(Charsets.US_ASCII) + wrapped
        return body + sha256(body)
    }

    /** What a file holds. */
    sealed interface Content {
        /** A wrapped key. */
        class Whole(val key: WrappedKey) : Content

        /** Not what was written: no key opens it. */
        data object Damaged : Content

        /** Whole, in a format that is not known here: a newer app wrote it. */
        data object Newer : Content
    }

    companion object {
        private val FORMAT = "YRK1".toByteArray(Charsets.US_ASCII)
        private const val NAME_BYTES = 3
        private const val GENERATION_BYTES = 32
        private const val WRAPPED_BYTES = 12 + 32 + 16
        private const val SUM_BYTES = 32

        fun content(file: ByteArray): Content {
            val body = file.copyOf((file.size - SUM_BYTES).coerceAtLeast(0))
            val whole = file.size > SUM_BYTES && sha256(body).contentEquals(file.copyOfRange(body.size, file.size))
            val name = body.copyOf(NAME_BYTES)
            return when {
                !whole || !name.contentEquals(FORMAT.copyOf(NAME_BYTES)) -> Content.Damaged
                !body.copyOf(FORMAT.size).contentEquals(FORMAT) -> Content.Newer
                body.size != FORMAT.size + GENERATION_BYTES + WRAPPED_BYTES -> Content.Damaged
                else -> {
                    val wrapped = FORMAT.size + GENERATION_BYTES
                    val generation = String(body, FORMAT.size, GENERATION_BYTES, Charsets.US_ASCII)
                    Content.Whole(WrappedKey(generation, body.copyOfRange(wrapped, body.size)))
                }
            }
        }

        private fun sha256(bytes: ByteArray) = MessageDigest.getInstance("SHA-256").digest(bytes)
    }
}
