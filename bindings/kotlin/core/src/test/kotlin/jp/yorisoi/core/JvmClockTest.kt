package jp.yorisoi.core

import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Duration
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** The clocks of a computer. */
class JvmClockTest {
    @TempDir
    lateinit var proc: File

    private fun kernelSays(uptime: String, boot: String) {
        proc.resolve("uptime").writeText(uptime)
        proc.resolve("sys/kernel/random").mkdirs()
        proc.resolve("sys/kernel/random/boot_id").writeText(boot)
    }

    @Test
    fun `the kernel's time since the start and its name for this run are told`() {
        kernelSays("12345.67 890.12\n", "0f1e\n")
        val reading = JvmClock(proc).read()
        assertEquals(12_345_670L to "0f1e", reading.sinceBootMillis to reading.boot)
        assertNull(reading.trusted)
        assertTrue(Duration.between(reading.wall, Instant.now()).abs() < Duration.ofMinutes(1))
    }

    @Test
    fun `where the kernel tells nothing the process counts as a run`() {
        val (first, second) = JvmClock(proc).read() to JvmClock(proc).read()
        assertTrue(first.boot.startsWith("process-"))
        assertEquals(first.boot, second.boot)
        assertTrue(first.sinceBootMillis in 0..second.sinceBootMillis)
    }

    @Test
    fun `a file that makes no sense is as none`() {
        kernelSays("soon", "0f1e")
        assertTrue(JvmClock(proc).read().boot.startsWith("process-"))
        kernelSays("12.00 1.00", "")
        assertTrue(JvmClock(proc).read().boot.startsWith("process-"))
    }

    @Test
    fun `on this computer time goes on and the run stays the same`() {
        val clock = JvmClock()
        val (first, second) = clock.read() to clock.read()
        assertEquals(first.boot, second.boot)
        assertNotEquals("", first.boot)
        assertTrue(second.sinceBootMillis >= first.sinceBootMillis)
    }
}
