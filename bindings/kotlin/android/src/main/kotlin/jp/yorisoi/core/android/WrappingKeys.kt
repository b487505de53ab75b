package jp.yorisoi.core.android

/**
 * Keys that wrap others and never leave the phone's hardware, by name. Each wraps once in its life.
 *
 * Every call may throw whatever the platform throws. What that means, [AndroidKeyStore] decides.
 */
internal interface WrappingKeys {
    /** Whether this phone says that it has a chip of its own for keys. */
    val hasStrongBox: Boolean

    /** Makes a key, in that chip or in the phone's other trusted hardware. */
    fun make(name: String, inStrongBox: Boolean)

    /** Wraps these bytes. */
    fun wrap(name: String, bytes: ByteArray): ByteArray

    /** Unwraps what [wrap] gave; `null` if the platform finds no key of this name. */
    fun unwrap(name: String, wrapped: ByteArray): ByteArray?

    /** The names of all keys there are, others' included. */
    fun names(): Set<String>

    /** Deletes a key. Does nothing if there is none. */
    fun delete(name: String)
}
