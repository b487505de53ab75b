package jp.yorisoi.core.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import jp.yorisoi.core.KeyStoreFailure
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import java.io.File
import java.io.IOException
import java.security.InvalidKeyException
import java.security.KeyStoreException
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import javax.crypto.AEADBadTagException
import javax.crypto.IllegalBlockSizeException
import kotlin.random.Random
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** The table of [AndroidKeyStore], row by row, and each call failing once and for ever. */
@RunWith(RobolectricTestRunner::class)
class AndroidKeyStoreTest {
    private val context = RuntimeEnvironment.getApplication()
    private val directory = YorisoiDirectory.of(context, "person-1")
    private val keyFaults = Faults()
    private val fileFaults = Faults()
    private val keys = FakeWrappingKeys(faults = keyFaults)
    private val old = Random(1).nextBytes(32)
    private val new = Random(2).nextBytes(32)

    /** As a process that was started anew. */
    private fun store(keys: WrappingKeys = this.keys) = AndroidKeyStore(directory, keys, FaultyFiles(fileFaults)) { unlocked }

    private var unlocked = true

    @Before
    fun aKeyIsKept() = store().save(old)

    private fun copies() = directory.key.parentFile!!.walk().filter { it.isFile }.associate { it.name to it.readBytes().toList() }

    @Test
    fun `what was saved comes back, in a new process too`() {
        assertContentEquals(old, store().load())
        store().save(new)
        assertContentEquals(new, store().load())
    }

    @Test
    fun `there is no key before one is saved, and the Keystore is not asked`() {
        val other = AndroidKeyStore(YorisoiDirectory.of(context, "person-2"), keys, PhoneFiles) { true }
        keyFaults.heal()
        assertNull(other.load())
        assertEquals(emptyList(), keyFaults.calls)
    }

    @Test
    fun `two persons have two keys`() {
        val other = AndroidKeyStore(YorisoiDirectory.of(context, "person-2"), keys, PhoneFiles) { true }
        other.save(new)
        store().save(old)
        assertContentEquals(new, other.load())
        assertContentEquals(old, store().load())
    }

    @Test
    fun `the root key stands nowhere in the file`() {
        val file = directory.key.readBytes().toList()
        assertTrue(file.windowed(8).none { part -> old.toList().windowed(8).any { it == part } })
    }

    @Test
    fun `a copy of the file opens nothing once another key is saved`() {
        val copy = directory.key.readBytes()
        store().save(new)
        directory.key.writeBytes(copy)
        assertNull(store().load())
    }

    @Test
    fun `before the first unlock nothing is asked and nothing is touched`() {
        unlocked = false
        val before = copies()
        keyFaults.heal()
        fileFaults.heal()
        assertFailsWith<KeyStoreFailure.Locked> { store().load() }
        assertFailsWith<KeyStoreFailure.Locked> { store().save(new) }
        assertFailsWith<KeyStoreFailure.Locked> { store().setAside() }
        assertEquals(emptyList(), keyFaults.calls + fileFaults.calls)
        assertEquals(before, copies())
    }

    @Test
    fun `the public constructor asks the phone whether it was unlocked`() {
        shadowOf(context.getSystemService(UserManager::class.java)).setUserUnlocked(false)
        assertFailsWith<KeyStoreFailure.Locked> { AndroidKeyStore(context, directory).load() }
        shadowOf(context.getSystemService(UserManager::class.java)).setUserUnlocked(true)
        // This machine has no Android Keystore.
        assertFailsWith<KeyStoreFailure.Failing> { AndroidKeyStore(context, directory).load() }
    }

    @Test
    fun `what the Keystore throws is told apart`() {
        val unlocking = android.security.KeyStoreException(2, "locked")
        val system = android.security.KeyStoreException(4, "system error")
        val table: List<Pair<Exception, Class<out KeyStoreFailure>?>> =
            listOf(
                KeyPermanentlyInvalidatedException() to null,
                UserNotAuthenticatedException() to KeyStoreFailure.Locked::class.java,
                UnrecoverableKeyException("").apply { initCause(unlocking) } to KeyStoreFailure.Locked::class.java,
                UnrecoverableKeyException("").apply { initCause(system) } to KeyStoreFailure.Failing::class.java,
                UnrecoverableKeyException("Key permanently invalidated") to KeyStoreFailure.Failing::class.java,
                KeyStoreException("") to KeyStoreFailure.Failing::class.java,
                AEADBadTagException("") to KeyStoreFailure.Failing::class.java,
                InvalidKeyException("") to KeyStoreFailure.Failing::class.java,
                IllegalBlockSizeException("").apply { initCause(system) } to KeyStoreFailure.Failing::class.java,
                ProviderException("") to KeyStoreFailure.Failing::class.java,
                SecurityException("") to KeyStoreFailure.Failing::class.java,
                NullPointerException() to KeyStoreFailure.Failing::class.java,
            )
        val before = copies()
        for ((thrown, answer) in table) {
            keyFaults.arm(from = 0, times = Int.MAX_VALUE) { thrown }
            if (answer == null) {
                assertNull(store().load(), "$thrown")
            } else {
                val failure = assertFailsWith<KeyStoreFailure>("$thrown") { store().load() }
                assertEquals(answer, failure.javaClass, "$thrown")
                assertNull(failure.cause, "what was thrown goes no further")
            }
            assertEquals(before, copies(), "$thrown")
            keyFaults.heal()
            assertContentEquals(old, store().load(), "after $thrown")
        }
    }

    @Test
    fun `no key is made of a Keystore that finds nothing because it does not answer`() {
        keys.isDeaf = true
        assertFailsWith<KeyStoreFailure.Failing> { store().load() }
        assertFailsWith<KeyStoreFailure.Failing> { store().save(new) }
        keys.isDeaf = false
        assertContentEquals(old, store().load())
    }

    @Test
    fun `a wrapping key that a working Keystore does not have is gone`() {
        keys.names().forEach(keys::delete)
        val before = copies()
        assertNull(store().load())
        assertEquals(before, copies(), "the file stays until a new key is saved")
        assertEquals(emptySet(), keys.names(), "what showed that it works is deleted again")
        store().save(new)
        assertContentEquals(new, store().load())
    }

    @Test
    fun `while a key is gone for certain or not, each call of the Keystore may fail`() {
        keys.names().forEach(keys::delete)
        keyFaults.heal()
        assertNull(store().load())
        for (call in keyFaults.calls.indices) {
            keyFaults.arm(call, 1) { ProviderException("on purpose") }
            val answer = runCatching { store().load() }
            // Only cleaning up may fail without a word.
            val harmless = keyFaults.calls[call] == "delete"
            assertEquals(harmless, answer.isSuccess, "call $call: ${keyFaults.calls[call]}")
            if (!harmless) assertIs<KeyStoreFailure.Failing>(answer.exceptionOrNull())
            assertEquals(1, keyFaults.struck)
        }
    }

    @Test
    fun `loading, each call of Keystore and disk may fail, once and for ever, and nothing is lost`() {
        for (faults in listOf(keyFaults, fileFaults)) {
            keyFaults.heal()
            fileFaults.heal()
            store().load()
            val calls = faults.calls.size
            assertTrue(calls > 0)
            for (call in 0 until calls) {
                for (times in listOf(1, Int.MAX_VALUE)) {
                    val before = copies()
                    faults.arm(call, times) { IOException("on purpose") }
                    assertFailsWith<KeyStoreFailure.Failing> { store().load() }
                    assertTrue(faults.struck > 0)
                    assertEquals(before, copies())
                    faults.heal()
                    assertContentEquals(old, store().load())
                }
            }
        }
    }

    @Test
    fun `saving, each call of Keystore and disk may fail, once and for ever, and one of the two keys is there`() {
        for (faults in listOf(keyFaults, fileFaults)) {
            var call = 0
            do {
                var struck = false
                for (times in listOf(1, Int.MAX_VALUE)) {
                    faults.heal()
                    store().save(old)
                    faults.arm(call, times) { IOException("on purpose") }
                    val saved = runCatching { store().save(new) }
                    struck = struck || faults.struck > 0
                    saved.exceptionOrNull()?.let { assertIs<KeyStoreFailure.Failing>(it) }
                    faults.heal()
                    assertContentEquals(if (saved.isSuccess) new else old, store().load(), "call $call, $times times")
                }
                call += 1
            } while (struck)
            assertTrue(call > 3, "every call was struck: $call")
            faults.heal()
            store().save(old)
            assertEquals(1, keys.names().size, "nothing is left over for good")
        }
    }

    @Test
    fun `before the disk has the new file for good the old wrapping key stays`() {
        val copy = directory.key.readBytes()
        fileFaults.heal()
        store().save(old)
        val settle = fileFaults.calls.indexOf("settle")
        val before = directory.key.readBytes()
        fileFaults.arm(settle, 1) { IOException("on purpose") }
        store().save(new)
        directory.key.writeBytes(before)
        assertContentEquals(old, store().load(), "as after a loss of power")
        directory.key.writeBytes(copy)
        assertNull(store().load())
    }

    @Test
    fun `a file that is cut or changed anywhere opens nothing and names no key`() {
        val whole = directory.key.readBytes()
        val cut = whole.indices.map { whole.copyOf(it) }
        val changed = whole.indices.map { at -> whole.copyOf().also { it[at] = (it[at] + 1).toByte() } }
        for (damaged in cut + changed + listOf(whole + 0)) {
            directory.key.writeBytes(damaged)
            assertNull(store().load())
            assertContentEquals(damaged, directory.key.readBytes())
        }
    }

    @Test
    fun `what a newer app wrote is kept, and no key is saved over it`() {
        val body = "YRK2 whatever stands there".toByteArray()
        val newer = body + java.security.MessageDigest.getInstance("SHA-256").digest(body)
        directory.key.writeBytes(newer)
        assertFailsWith<KeyStoreFailure.Failing> { store().load() }
        assertFailsWith<KeyStoreFailure.Failing> { store().save(new) }
        assertContentEquals(newer, directory.key.readBytes())
    }

    @Test
    fun `a file that cannot be read is no missing file`() {
        assertTrue(directory.key.delete())
        assertTrue(directory.key.mkdir())
        assertFailsWith<KeyStoreFailure.Failing> { store().load() }
        assertFailsWith<KeyStoreFailure.Failing> { store().save(new) }
    }

    @Test
    fun `what is no root key is not kept`() {
        assertFailsWith<KeyStoreFailure.Failing> { store().save(ByteArray(16)) }
        assertContentEquals(old, store().load())
    }

    @Test
    fun `a key set aside counts as gone while the Keystore fails, and is there again once it does not`() {
        keyFaults.arm(0, Int.MAX_VALUE) { ProviderException("on purpose") }
        store().setAside()
        assertNull(store().load())
        store().setAside()
        keyFaults.heal()
        assertContentEquals(old, store().load())
        store().save(new)
        assertContentEquals(new, store().load())
        assertEquals(1, keys.names().size)
        assertEquals(setOf(directory.key.name), copies().keys)
    }

    @Test
    fun `a key goes into StrongBox where there is one, and elsewhere where that fails at any step`() {
        val chip = FakeWrappingKeys(hasStrongBox = true, faults = keyFaults)
        store(chip).save(old)
        assertEquals(listOf(true), chip.strongBoxOf.values.toList())
        chip.strongBoxThrows = StrongBoxUnavailableException()
        store(chip).save(new)
        assertEquals(listOf(false), chip.strongBoxOf.values.toList())
        assertContentEquals(new, store(chip).load())
        chip.strongBoxThrows = null
        for (call in listOf("wrap", "unwrap")) {
            store(chip).save(old)
            keyFaults.heal()
            store(chip).save(old)
            keyFaults.arm(keyFaults.calls.indexOf(call), 1) { InvalidKeyException("on purpose") }
            store(chip).save(new)
            assertEquals(1, keyFaults.struck)
            assertContentEquals(new, store(chip).load())
            assertEquals(listOf(false), chip.strongBoxOf.values.toList(), call)
        }
    }

    @Test
    fun `files of this test lie where the phone keeps no backups`() {
        assertNotNull(directory.key.parentFile).let { assertTrue(it.startsWith(context.noBackupFilesDir), "$it") }
        assertTrue(File(directory.path).startsWith(context.noBackupFilesDir))
    }
}
