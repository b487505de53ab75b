package jp.yorisoi.testkit

import jp.yorisoi.core.KeyStore
import jp.yorisoi.core.KeyStoreFailure
import java.security.SecureRandom

/** How a [FakeKeys] answers from now on. */
public enum class KeyState {
    /** It gives the key that was saved, and saves. */
    READY,

    /** Locked, as before the first unlock after a restart: it neither gives nor saves. */
    LOCKED,

    /** Failing: it neither gives nor saves. */
    FAILING,

    /** It says that there is no key, as after a restored backup. [READY] gives the old one back. */
    MISSING,

    /** It gives another key than the one that was saved. [READY] gives the old one back. */
    FOREIGN,

    /** It throws an exception of its own. */
    THROWING,
}

/** A key store in memory that fails on request. May be used from any thread. */
public class FakeKeys : KeyStore {
    private val lock = Any()
    private var saved: ByteArray? = null
    private var loadCount = 0
    private var saveCount = 0

    /** How it answers. A key that is saved while [KeyState.MISSING] or [KeyState.FOREIGN] takes the old one's place: [KeyState.READY]. */
    public var state: KeyState = KeyState.READY
        get() = synchronized(lock) { field }
        set(value) = synchronized(lock) { field = value }

    /** How often the library asked for the key. */
    public val loads: Int get() = synchronized(lock) { loadCount }

    /** How often the library wanted a key kept. */
    public val saves: Int get() = synchronized(lock) { saveCount }

    override fun load(): ByteArray? = synchronized(lock) {
        loadCount++
        when (state) {
            KeyState.MISSING -> null
            KeyState.FOREIGN -> ByteArray(KEY_BYTES).also(SecureRandom()::nextBytes)
            else -> failing() ?: saved?.clone()
        }
    }

    override fun save(key: ByteArray): Unit = synchronized(lock) {
        saveCount++
        failing()
        saved = key.clone()
        state = KeyState.READY
    }

    private fun failing(): Nothing? = when (state) {
        KeyState.LOCKED -> throw KeyStoreFailure.Locked()
        KeyState.FAILING -> throw KeyStoreFailure.Failing()
        KeyState.THROWING -> error("a key store that throws")
        else -> null
    }

    private companion object {
        const val KEY_BYTES = 32
    }
}
