package jp.yorisoi.core

import java.io.File
import java.io.IOException
import java.time.Instant
import java.util.UUID

/**
 * The clocks of a computer, for the library on a JVM. On Android take `AndroidClock`.
 *
 * On Linux the time since the computer was started is that of `/proc/uptime`, sleep included, to 10 milliseconds, and a run of
 * the computer is named by the kernel's own `boot_id`. Where these files are not to be had, `System.nanoTime` counts, which
 * may stand still while the computer sleeps, and each process counts as a run of its own: then a clock on the wall that was
 * set between two processes is not noticed. No JVM has a time that its platform vouches for, so [ClockReading.trusted] is null.
 */
public class JvmClock internal constructor(kernel: File) : Clock {
    /** The clocks of this computer. */
    public constructor() : this(File("/proc"))

    private val uptime = File(kernel, "uptime")
    private val boot = firstWord(File(kernel, "sys/kernel/random/boot_id"))?.takeIf { sinceBootMillis(uptime) != null }

    override fun read(): ClockReading {
        val wall = Instant.now()
        val sinceBoot = boot?.let { sinceBootMillis(uptime) }
        return if (boot != null && sinceBoot != null) {
            ClockReading(wall, sinceBoot, boot, trusted = null)
        } else {
            ClockReading(wall, (System.nanoTime() - PROCESS_BEGAN) / NANOS_IN_A_MILLI, PROCESS, trusted = null)
        }
    }

    private companion object {
        const val NANOS_IN_A_MILLI = 1_000_000
        const val MILLIS_IN_A_SECOND = 1000
        val PROCESS_BEGAN = System.nanoTime()
        val PROCESS = "process-${UUID.randomUUID()}"

        /** The file says `12345.67 …`, in seconds. */
        fun sinceBootMillis(uptime: File): Long? =
            firstWord(uptime)?.toBigDecimalOrNull()?.multiply(MILLIS_IN_A_SECOND.toBigDecimal())?.toLong()

        fun firstWord(file: File): String? = try {
            file.readText().trim().substringBefore(' ').ifEmpty { null }
        } catch (_: IOException) {
            null
        }
    }
}
