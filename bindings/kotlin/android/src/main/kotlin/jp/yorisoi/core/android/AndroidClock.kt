package jp.yorisoi.core.android

import android.content.Context
import android.os.Build
import android.os.SystemClock
import android.provider.Settings
import jp.yorisoi.core.Clock
import jp.yorisoi.core.ClockReading
import java.time.DateTimeException
import java.time.Instant
import java.util.UUID

/**
 * The clocks of an Android phone: the one the owner may set, the one that counts since the start (sleep included), the number of
 * that start, and from Android 13 on the network's time, once the phone has it.
 */
public class AndroidClock(context: Context) : Clock {
    private val app = context.applicationContext ?: context

    /** All clocks at one moment. */
    override fun read(): ClockReading =
        ClockReading(Instant.ofEpochMilli(System.currentTimeMillis()), SystemClock.elapsedRealtime(), boot(), trusted())

    private fun boot(): String {
        val count = Settings.Global.getInt(app.contentResolver, Settings.Global.BOOT_COUNT, NO_COUNT)
        return if (count == NO_COUNT) unknownBoot else "boot-$count"
    }

    private fun trusted(): Instant? {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) {
            return null
        }
        return try {
            SystemClock.currentNetworkTimeClock().instant()
        } catch (_: DateTimeException) {
            // The phone had no network since it was started.
            null
        }
    }

    private companion object {
        const val NO_COUNT = -1

        /**
         * For a phone that does not count its starts: holds for this process, so that after any restart the library takes the
         * phone for restarted too. It then notices no jump of the clock from before, and suspects no right one.
         */
        val unknownBoot = "process-${UUID.randomUUID()}"
    }
}
