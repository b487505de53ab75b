package jp.yorisoi.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Instant
import java.util.Base64
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlin.test.assertNull

/** An authority that signed nothing. Its key is kept nowhere. */
private val AUTHORITY =
    """
    -----BEGIN CERTIFICATE-----
    MIIBmjCCAT+gAwIBAgIUXdtMIP6i5X04RYA5ibgdS7TpEpowCgYIKoZIzj0EAwIw
    ITEfMB0GA1UEAwwWWW9yaXNvaSB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjYyMzQ0
    MDFaGA8yMTI2MTEwMjIzNDQwMVowITEfMB0GA1UEAwwWWW9yaXNvaSB0ZXN0IGF1
    dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGDA1vRE5qxmQ4JqYdPH
    UrgOzjSmjn2eJzncJLtf9WVETPPla3N2lirX52z5ex7CC1p9YanQytK995kFMdd5
    XI6jUzBRMB0GA1UdDgQWBBR61r3iac2v6jlojnWMiUwRSnFFgTAfBgNVHSMEGDAW
    gBR61r3iac2v6jlojnWMiUwRSnFFgTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
    BAMCA0kAMEYCIQCVtOxKJEU75Uekvj7Gh2RYI7cNtFrrgT9ffCKo6bCObwIhAJZ3
    S892O4iX5RfE5XcM4+qdiGucwyd0Jrr59x8bxLGY
    -----END CERTIFICATE-----
    """.trimIndent().toByteArray()

private class Asked : KeyStore {
    private var key: ByteArray? = null

    val by = mutableListOf<Thread>()

    override fun load(): ByteArray? {
        by.add(Thread.currentThread())
        return key
    }

    override fun save(key: ByteArray) {
        by.add(Thread.currentThread())
        this.key = key
    }
}

private class Stopped : Clock {
    override fun read() = ClockReading(Instant.ofEpochSecond(1_633_025_520), 60_000, "boot-1", null)
}

private class Unheard : Notices {
    override fun changed(notices: List<Notice>) = Unit
}

/** What an app decides before it opens the library, and on whose thread that happens. */
class OpeningTest {
    @TempDir
    lateinit var directory: File

    private val roots = File("../../../sandbox/manifest/roots.txt").readLines()
    private val keys = Asked()

    private suspend fun open(vararg authorities: ByteArray): YorisoiClient {
        val config = ClientConfig(directory.path, "https://127.0.0.1:1", roots, authorities = authorities.asList())
        return YorisoiClient.open(config, keys, Stopped(), Unheard())
    }

    @Test
    fun `an app says no more than where, with whom and whom it believes`() = runBlocking {
        val config = ClientConfig(directory.path, "https://127.0.0.1:1", roots)
        YorisoiClient.open(config, keys, Stopped(), Unheard()).use { assertNull(it.manifest()) }
    }

    @Test
    fun `the key store is never asked on the caller's thread`() = runBlocking {
        open().use {
            assertNotEquals(0, keys.by.size)
            assertEquals(listOf(), keys.by.filter { it == Thread.currentThread() })
        }
    }

    @Test
    fun `an authority is taken as text and as bytes`() = runBlocking {
        val text = AUTHORITY.decodeToString().lines().filterNot { it.startsWith("-----") }.joinToString("")
        open(AUTHORITY, Base64.getDecoder().decode(text)).use { assertNull(it.enrollment()) }
    }

    @Test
    fun `what is no certificate is no authority`() = runBlocking {
        for (wrong in listOf("a certificate".toByteArray(), ByteArray(0), AUTHORITY.copyOf(AUTHORITY.size / 2))) {
            val error = assertFailsWith<YorisoiException.Setting> { open(AUTHORITY, wrong) }
            assertEquals("setting_invalid", error.details.code)
        }
        assertEquals(listOf(), keys.by, "nothing is touched before all that was handed over is understood")
    }
}
