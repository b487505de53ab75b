package jp.yorisoi.core.android

import jp.yorisoi.core.ClockState
import jp.yorisoi.core.ErrorDetails
import jp.yorisoi.core.PauseReason
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.SyncPause
import jp.yorisoi.core.SyncReport
import jp.yorisoi.core.SyncState
import jp.yorisoi.core.TrustedTime
import jp.yorisoi.core.Words
import jp.yorisoi.core.YorisoiClientInterface
import jp.yorisoi.core.YorisoiException
import java.lang.reflect.Proxy
import java.time.Duration
import java.time.Instant

/** What nobody asked for is an error. */
private val nothing =
    Proxy.newProxyInstance(
        YorisoiClientInterface::class.java.classLoader,
        arrayOf(YorisoiClientInterface::class.java),
    ) { _, method, _ -> error("${method.name} is not expected") } as YorisoiClientInterface

/** A library whose time is an hour behind the phone's, with a pause or without. */
internal abstract class FakeClient(private val pause: Duration? = null) : YorisoiClientInterface by nothing {
    private val now: Instant = Instant.now().minusSeconds(3600)

    override suspend fun time() = TrustedTime(now, ClockState.GOOD)

    override suspend fun syncState() =
        SyncState(0uL, 0u, 0u, 0u, null, false, "", null, pause?.let { SyncPause(now.plus(it), PauseReason.FAILED_BEFORE) })

    companion object {
        fun report(ended: SyncEnd, answered: UInt = 1u) = SyncReport(1u, answered, 0u, 0u, 0u, 0uL, null, null, ended)

        val caughtUp = report(SyncEnd.CaughtUp)
        val unreachable = YorisoiException.Network(ErrorDetails("network_unreachable", true, Words("", "")))
    }
}
