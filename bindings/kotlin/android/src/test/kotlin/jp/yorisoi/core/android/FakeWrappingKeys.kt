package jp.yorisoi.core.android

import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * A Keystore in memory that fails on purpose: real AES-GCM, keys by name, and a [faults] that is asked before each call.
 */
internal class FakeWrappingKeys(override val hasStrongBox: Boolean = false, private val faults: Faults = Faults()) : WrappingKeys {
    private class Kept(val key: SecretKey, val inStrongBox: Boolean)

    private val kept = mutableMapOf<String, Kept>()

    /** Finds none of its keys and says no word of that, as older Androids do whose Keystore does not answer. */
    var isDeaf = false

    /** What the chip throws at every use of one of its keys. */
    var strongBoxThrows: Exception? = null

    val strongBoxOf get() = kept.mapValues { it.value.inStrongBox }

    override fun make(name: String, inStrongBox: Boolean) {
        step("make")
        if (inStrongBox) strongBoxThrows?.let { throw it }
        kept[name] = Kept(KeyGenerator.getInstance("AES").apply { init(256) }.generateKey(), inStrongBox)
    }

    override fun wrap(name: String, bytes: ByteArray): ByteArray {
        step("wrap")
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.ENCRYPT_MODE, kept[name]!!.key)
        return cipher.iv + cipher.doFinal(bytes)
    }

    override fun unwrap(name: String, wrapped: ByteArray): ByteArray? {
        step("unwrap")
        val found = kept[name].takeUnless { isDeaf } ?: return null
        if (found.inStrongBox) strongBoxThrows?.let { throw it }
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.DECRYPT_MODE, found.key, GCMParameterSpec(128, wrapped, 0, 12))
        return cipher.doFinal(wrapped, 12, wrapped.size - 12)
    }

    override fun names(): Set<String> {
        step("names")
        return if (isDeaf) emptySet() else kept.keys.toSet()
    }

    override fun delete(name: String) {
        step("delete")
        if (!isDeaf) kept.remove(name)
    }

    private fun step(call: String) = faults.step(call)
}

/** Lets calls fail: from the one counted [from] on, [times] of them. Counts them all. */
internal class Faults {
    var from = Int.MAX_VALUE
    var times = 0
    var thrown: () -> Exception = { IllegalStateException("on purpose") }

    /** The calls so far, by name. */
    val calls = mutableListOf<String>()

    /** How many failed. */
    var struck = 0
        private set

    fun arm(from: Int, times: Int, thrown: () -> Exception) {
        calls.clear()
        struck = 0
        this.from = from
        this.times = times
        this.thrown = thrown
    }

    fun heal() = arm(Int.MAX_VALUE, 0, thrown)

    fun step(call: String) {
        val number = calls.size
        calls += call
        if (number >= from && number - from < times) {
            struck += 1
            throw thrown()
        }
    }
}

/** The disk of this machine, with a [faults] that is asked before each call. */
internal class FaultyFiles(private val faults: Faults = Faults()) : KeyFiles {
    override fun read(file: java.io.File): ByteArray? {
        faults.step("read")
        return PhoneFiles.read(file)
    }

    override fun write(file: java.io.File, bytes: ByteArray) {
        try {
            faults.step("write")
        } catch (failure: Exception) {
            // A write that fails may have written a part.
            PhoneFiles.write(file, bytes.copyOf(bytes.size / 2))
            throw failure
        }
        PhoneFiles.write(file, bytes)
    }

    override fun move(from: java.io.File, to: java.io.File) {
        faults.step("move")
        PhoneFiles.move(from, to)
    }

    override fun settle(file: java.io.File) {
        faults.step("settle")
        PhoneFiles.settle(file)
    }

    override fun delete(file: java.io.File) {
        faults.step("delete")
        PhoneFiles.delete(file)
    }
}
