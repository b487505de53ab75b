package jp.yorisoi.core.android

import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import android.os.UserManager
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.UserNotAuthenticatedException
import jp.yorisoi.core.KeyStore
import jp.yorisoi.core.KeyStoreFailure
import java.io.File
import java.security.SecureRandom

private const val ROOT_KEY_BYTES = 32
private const val GENERATION_BYTES = 16

/**
 * Keeps the root key of one person: wrapped by a key of the Android Keystore, in a file beside the library's own.
 *
 * The wrapping key lies in the phone's StrongBox chip where there is one, else in its trusted hardware. Changing the screen
 * lock or the fingerprints does not touch it. Each [save] makes another wrapping key and deletes the one before, so an old copy
 * of the file opens nothing.
 *
 * What [load] answers:
 *
 * | what is found | answer |
 * |---|---|
 * | the person did not unlock the phone since it was started | `Locked` |
 * | no file | none: no key was ever saved |
 * | the file cannot be read, or a newer app wrote it | `Failing` |
 * | the file is damaged | none: no key opens it |
 * | the Keystore gives the key | the key |
 * | the Keystore finds no wrapping key, and shows that it works by making and finding another | none: the key is gone |
 * | the same, but it does not show that | `Failing` |
 * | the Keystore says that the wrapping key is invalid for ever | none: the key is gone |
 * | the Keystore asks for the person to unlock the phone | `Locked` |
 * | anything else the Keystore throws | `Failing` |
 *
 * None of these changes or deletes anything. Where the answer is "none" and there is a database, the library says
 * `key_missing`, and only the app, having told the person, may start over. [setAside] is the way on for a Keystore that goes on
 * failing.
 *
 * One process at a time may open a person's library for the first time, or change its key.
 */
public class AndroidKeyStore internal constructor(
    private val directory: YorisoiDirectory,
    private val keys: WrappingKeys,
    private val files: KeyFiles,
    private val isUnlocked: () -> Boolean,
) : KeyStore {
    private val file = directory.key
    private val fresh = File(file.path + ".new")
    private val aside = File(file.path + ".aside")

    /** The key store of this folder. Nothing is read yet. */
    public constructor(context: Context, directory: YorisoiDirectory) : this(
        directory,
        KeystoreKeys(hasStrongBox(context)),
        PhoneFiles,
        isUnlocked = { context.getSystemService(UserManager::class.java).isUserUnlocked },
    )

    /** The key; `null` if none was ever saved or it is gone for certain. */
    @Throws(KeyStoreFailure::class)
    override fun load(): ByteArray? = answer {
        when (val kept = files.read(file)) {
            null -> openedAside()
            else -> opened(kept)
        }
    }

    /** Keeps a new key, in place of the one before. If it fails, the one before is kept. */
    @Throws(KeyStoreFailure::class)
    override fun save(key: ByteArray): Unit = answer {
        require(key.size == ROOT_KEY_BYTES) { "a root key has $ROOT_KEY_BYTES bytes" }
        val before = files.read(file)
        check(before == null || WrappedKey.content(before) !is WrappedKey.Content.Newer) { "a newer app's key" }
        val wrapped = wrapped(key)
        files.write(fresh, wrapped.encoded())
        files.move(fresh, file)
        leaveOnly(wrapped)
    }

    /**
     * Lets [load] answer that there is no key, for a Keystore that goes on failing (`key_failing`) over days. The library then
     * says `key_missing` at its next opening, and the app can start over: the history on this phone is lost, what was not sent
     * is handed in. Call it only after the person was told that and agreed.
     *
     * Nothing is deleted: if the Keystore comes to itself before a new key is saved, the old one is there again. Does nothing if
     * no key is kept.
     */
    @Throws(KeyStoreFailure::class)
    public fun setAside(): Unit = answer {
        if (files.read(file) != null) {
            files.move(file, aside)
        }
    }

    private fun opened(kept: ByteArray): ByteArray? = when (val content = WrappedKey.content(kept)) {
        is WrappedKey.Content.Whole ->
            try {
                unwrapped(content.key)
            } catch (_: KeyPermanentlyInvalidatedException) {
                null
            }
        WrappedKey.Content.Damaged -> null
        WrappedKey.Content.Newer -> throw KeyStoreFailure.Failing()
    }

    /** The app gave that one up: it is taken only if nothing is wrong with it any more. */
    private fun openedAside(): ByteArray? = try {
        files.read(aside)?.let(::opened)
    } catch (_: Exception) {
        null
    }

    private fun unwrapped(key: WrappedKey): ByteArray? {
        val name = name(key.generation)
        keys.unwrap(name, key.wrapped)?.let { return it }
        // Older Androids find no key as well when their Keystore does not answer at all. One that makes a key and finds it
        // does; then what it does not find is gone.
        val probe = name("probe")
        keys.make(probe, inStrongBox = false)
        val sealed = keys.wrap(probe, ByteArray(ROOT_KEY_BYTES))
        val found = keys.unwrap(name, key.wrapped)
        if (found == null && keys.unwrap(probe, sealed) == null) {
            throw KeyStoreFailure.Failing()
        }
        attempt { keys.delete(probe) }
        return found
    }

    private fun wrapped(key: ByteArray): WrappedKey {
        if (keys.hasStrongBox) {
            try {
                return wrapped(key, inStrongBox = true)
            } catch (_: Exception) {
                // `StrongBoxUnavailableException`, or a chip that is full or failing. Nothing is lost yet, and the other
                // hardware does as well.
            }
        }
        return wrapped(key, inStrongBox = false)
    }

    /** Wraps the key under a new wrapping key, and believes it only once it came back. */
    private fun wrapped(key: ByteArray, inStrongBox: Boolean): WrappedKey {
        val generation = ByteArray(GENERATION_BYTES).also(SecureRandom()::nextBytes).joinToString("") { "%02x".format(it) }
        val name = name(generation)
        try {
            keys.make(name, inStrongBox)
            val wrapped = WrappedKey(generation, keys.wrap(name, key))
            val back = keys.unwrap(name, wrapped.wrapped)
            check(key.contentEquals(back)) { "the key did not come back" }
            back?.fill(0)
            return wrapped
        } catch (failure: Exception) {
            attempt { keys.delete(name) }
            throw failure
        }
    }

    /**
     * Deletes what the new key took the place of. Whatever fails here, the new key is saved; the rest goes at the next [save].
     * Not before the disk has the new file for good: after a loss of power the old one could be back.
     */
    private fun leaveOnly(kept: WrappedKey) = attempt {
        files.settle(file)
        files.delete(aside)
        val own = name("")
        keys.names().filter { it.startsWith(own) && it != name(kept.generation) }.forEach(keys::delete)
    }

    private fun name(generation: String) = "jp.yorisoi/${directory.name}/$generation"

    private fun <T> answer(call: () -> T): T {
        try {
            if (!isUnlocked()) {
                throw KeyStoreFailure.Locked()
            }
            return synchronized(lock) { call() }
        } catch (failure: KeyStoreFailure) {
            throw failure
        } catch (failure: Exception) {
            // What was thrown is not handed on: it may name the key or the person's files.
            throw if (wantsUnlocking(failure)) KeyStoreFailure.Locked() else KeyStoreFailure.Failing()
        }
    }

    private fun wantsUnlocking(failure: Exception): Boolean =
        generateSequence<Throwable>(failure) { it.cause }.any { it is UserNotAuthenticatedException || saysSo(it) }

    private fun saysSo(failure: Throwable): Boolean = Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU &&
        failure is android.security.KeyStoreException &&
        failure.requiresUserAuthentication()

    private fun attempt(call: () -> Unit) {
        try {
            call()
        } catch (_: Exception) {
            // The caller said what comes of that.
        }
    }

    private companion object {
        /** Of all key stores: an app may have made two for one folder. */
        val lock = Any()

        fun hasStrongBox(context: Context) = Build.VERSION.SDK_INT >= Build.VERSION_CODES.P &&
            context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)
    }
}
