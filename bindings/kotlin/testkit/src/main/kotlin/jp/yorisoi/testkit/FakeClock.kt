package jp.yorisoi.testkit

import jp.yorisoi.core.Clock
import jp.yorisoi.core.ClockReading
import jp.yorisoi.core.HostFailure
import java.time.Duration
import java.time.Instant

/** The clocks of a phone, standing still until they are told otherwise. May be used from any thread. */
public class FakeClock(now: Instant) : Clock {
    private val lock = Any()
    private var current = ClockReading(now, SINCE_BOOT_MILLIS, FIRST_BOOT, trusted = null)
    private var readCount = 0

    /** What they show. */
    public var reading: ClockReading
        get() = synchronized(lock) { current }
        set(value) = synchronized(lock) { current = value }

    /** Whether reading them throws [HostFailure.Threw]. */
    public var throws: Boolean = false
        get() = synchronized(lock) { field }
        set(value) = synchronized(lock) { field = value }

    /** How often the library looked. */
    public val reads: Int get() = synchronized(lock) { readCount }

    /** Lets time go by, on the wall and since the phone was started. */
    public fun advance(by: Duration): Unit = synchronized(lock) {
        current =
            current.copy(
                wall = current.wall.plus(by),
                sinceBootMillis = current.sinceBootMillis + by.toMillis(),
                trusted = current.trusted?.plus(by),
            )
    }

    /** Sets the clock on the wall, as a phone's owner may. The time since the start stays what it is. */
    public fun set(wall: Instant): Unit = synchronized(lock) { current = current.copy(wall = wall) }

    override fun read(): ClockReading = synchronized(lock) {
        readCount++
        if (throws) throw HostFailure.Threw()
        current
    }

    private companion object {
        const val SINCE_BOOT_MILLIS = 60_000L
        const val FIRST_BOOT = "boot-1"
    }
}
