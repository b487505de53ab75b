package jp.yorisoi.core.android

import android.content.Context
import android.os.SystemClock
import android.provider.Settings
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.shadows.ShadowSystemClock
import java.time.Duration
import java.time.Instant
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

@RunWith(RobolectricTestRunner::class)
class AndroidClockTest {
    private val context = RuntimeEnvironment.getApplication()
    private val clock = AndroidClock(context)

    private fun count(starts: Int) = Settings.Global.putInt(context.contentResolver, Settings.Global.BOOT_COUNT, starts)

    @Test
    fun `the time since the start goes on in sleep`() {
        val before = clock.read().sinceBootMillis
        assertEquals(SystemClock.elapsedRealtime(), before)
        ShadowSystemClock.simulateDeepSleep(Duration.ofHours(9))
        assertEquals(before + Duration.ofHours(9).toMillis(), clock.read().sinceBootMillis)
    }

    @Test
    fun `each start of the phone has a name of its own`() {
        count(7)
        val first = clock.read().boot
        assertEquals(first, AndroidClock(context).read().boot)
        count(8)
        assertNotEquals(first, clock.read().boot)
    }

    @Test
    fun `a phone that does not count its starts has a name for this process`() {
        val first = clock.read().boot
        assertEquals(first, AndroidClock(context).read().boot)
        count(0)
        assertNotEquals(first, clock.read().boot)
    }

    @Test
    fun `the clock on the wall is the phone's, to the millisecond`() {
        val before = Instant.ofEpochMilli(System.currentTimeMillis())
        val wall = clock.read().wall
        assertTrue(wall >= before && wall <= Instant.ofEpochMilli(System.currentTimeMillis()), "$wall")
    }

    @Test
    fun `the network's time is trusted once the phone has it`() {
        ShadowSystemClock.setNetworkTimeAvailable(false)
        assertNull(clock.read().trusted)
        ShadowSystemClock.setNetworkTimeAvailable(true)
        assertEquals(SystemClock.currentNetworkTimeClock().millis(), clock.read().trusted?.toEpochMilli())
    }
}
