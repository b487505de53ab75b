package jp.yorisoi.core.android

import android.app.Application
import android.net.ConnectivityManager
import android.net.ConnectivityManager.TYPE_MOBILE
import android.net.ConnectivityManager.TYPE_WIFI
import android.net.NetworkInfo
import android.os.PowerManager
import androidx.work.NetworkType
import androidx.work.WorkInfo
import jp.yorisoi.core.ErrorDetails
import jp.yorisoi.core.SyncBudget
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.SyncReport
import jp.yorisoi.core.Words
import jp.yorisoi.core.YorisoiClientInterface
import jp.yorisoi.core.YorisoiException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import org.junit.After
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowNetworkInfo
import java.time.Duration
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

private const val NAME = "person-1"
private val regular = SyncPlan.regular(NAME)
private val once = SyncPlan.once(NAME)

/** An app that has one library, or none. */
class ParentsApp :
    Application(),
    ClientSource {
    var give: suspend (String) -> YorisoiClientInterface? = { null }

    override suspend fun client(directory: String) = give(directory)
}

// The class of a network by its old name is all that Robolectric takes for one that costs.
@Suppress("DEPRECATION")
@RunWith(RobolectricTestRunner::class)
@Config(application = ParentsApp::class)
class BackgroundSyncTest {
    private val app = RuntimeEnvironment.getApplication() as ParentsApp
    private val sync = BackgroundSync(app, YorisoiDirectory.of(app, NAME))
    private lateinit var work: PlannedWork

    @Before
    fun begin() {
        work = PlannedWork(app, source = null)
    }

    @After
    fun end() = work.close()

    private class Answering(pause: Duration? = null, val sync: suspend (SyncBudget) -> SyncReport) : FakeClient(pause) {
        val budgets = mutableListOf<SyncBudget>()

        override suspend fun syncWithin(budget: SyncBudget): SyncReport {
            budgets += budget
            return sync(budget)
        }
    }

    private fun caughtUp() = Answering { FakeClient.caughtUp }

    private fun failing(pause: Duration?) = Answering(pause) { throw FakeClient.unreachable }

    private fun spent(answered: UInt) = Answering { FakeClient.report(SyncEnd.BudgetSpent, answered) }

    private fun given(client: FakeClient) = client.also { app.give = { client } }

    private fun network(type: Int) =
        ShadowNetworkInfo.newInstance(NetworkInfo.DetailedState.CONNECTED, type, 0, true, NetworkInfo.State.CONNECTED)

    private fun delays() = work.planned(once).map { it.initialDelay }

    @Test
    fun `one is planned, for a network, however often it is asked for`() {
        repeat(3) { sync.schedule(Duration.ofHours(2)) }
        val planned = work.planned(regular).single()
        assertEquals(Duration.ofHours(2).toMillis(), planned.intervalDuration)
        assertEquals(NetworkType.CONNECTED, planned.constraints.requiredNetworkType)
        assertEquals(false, planned.expedited)
        sync.schedule(Duration.ofHours(3))
        assertEquals(planned.id to Duration.ofHours(3).toMillis(), work.planned(regular).single().run { id to intervalDuration })
    }

    @Test
    fun `an hour and two minutes are taken where nothing is said`() {
        val client = given(caughtUp()) as Answering
        sync.schedule()
        assertEquals(Duration.ofHours(1).toMillis(), work.run(regular).intervalDuration)
        assertEquals(listOf(120u), client.budgets.map { it.seconds })
    }

    @Test
    fun `the library hears what the network costs and whether the phone saves power`() {
        val client = given(caughtUp()) as Answering
        val connectivity = shadowOf(app.getSystemService(ConnectivityManager::class.java))
        val power = shadowOf(app.getSystemService(PowerManager::class.java))
        for ((metered, saving) in listOf(true to false, false to true)) {
            connectivity.setActiveNetworkInfo(network(if (metered) TYPE_MOBILE else TYPE_WIFI))
            power.setIsPowerSaveMode(saving)
            sync.soon()
            work.run(once)
        }
        assertEquals(listOf(SyncBudget(120u, true, false), SyncBudget(120u, false, true)), client.budgets)
    }

    @Test
    fun `after one that caught up only the regular one waits`() {
        given(caughtUp())
        sync.schedule()
        val ran = work.run(regular)
        assertEquals(WorkInfo.State.ENQUEUED, ran.state)
        assertEquals(0, ran.runAttemptCount)
        assertEquals(emptyList(), delays())
    }

    @Test
    fun `after a failure the next waits as long as the library says, not as WorkManager would`() {
        given(failing(pause = Duration.ofSeconds(40)))
        sync.schedule()
        assertEquals(0, work.run(regular).runAttemptCount)
        assertEquals(listOf(40_000L), delays())
        given(failing(pause = Duration.ofMinutes(5)))
        assertEquals(WorkInfo.State.SUCCEEDED, work.run(once).state)
        assertEquals(listOf(300_000L), delays())
        given(caughtUp())
        work.run(once)
        assertEquals(emptyList(), delays())
    }

    @Test
    fun `a failure that trying again does not mend plans nothing`() {
        given(failing(pause = null))
        sync.schedule()
        work.run(regular)
        assertEquals(emptyList(), delays())
    }

    @Test
    fun `what the regular one learned replaces what was planned before`() {
        given(failing(pause = Duration.ofSeconds(40)))
        sync.schedule(Duration.ofMinutes(15))
        work.run(regular)
        given(Answering(pause = Duration.ofHours(3)) { FakeClient.report(SyncEnd.AskedToWait) })
        work.wait(Duration.ofMinutes(16))
        work.run(regular)
        assertEquals(listOf(Duration.ofHours(3).toMillis()), delays())
    }

    @Test
    fun `one whose time was over goes on at once if it came further`() {
        given(spent(answered = 3u))
        sync.schedule()
        work.run(regular)
        assertEquals(listOf(0L), delays())
        given(spent(answered = 0u))
        work.run(once)
        assertEquals(emptyList(), delays())
    }

    @Test
    fun `a pause that is over by the library's time is none`() {
        given(failing(pause = Duration.ofSeconds(-5)))
        sync.schedule()
        work.run(regular)
        assertEquals(listOf(0L), delays())
    }

    @Test
    fun `a library that cannot be opened now is asked again by the next regular one`() {
        app.give = { throw YorisoiException.Key(ErrorDetails("key_locked", true, Words("", ""))) }
        sync.schedule()
        assertEquals(WorkInfo.State.ENQUEUED, work.run(regular).state)
        assertEquals(emptyList(), delays())
    }

    @Test
    fun `for a person who is not on this phone any more nothing is planned on`() {
        sync.schedule()
        sync.soon()
        work.run(once)
        assertEquals(emptyList(), work.planned(regular) + work.planned(once))
    }

    @Test
    fun `several persons are planned apart`() {
        val asked = mutableListOf<String>()
        app.give = { directory -> caughtUp().also { asked += directory } }
        val other = BackgroundSync(app, YorisoiDirectory.of(app, "person-2"))
        sync.schedule()
        other.schedule()
        sync.cancel()
        assertEquals(emptyList(), work.planned(regular))
        work.run(SyncPlan.regular("person-2"))
        assertEquals(listOf("person-2"), asked)
    }

    @Test
    fun `soon runs once, and what is asked twice runs once`() {
        val client = given(caughtUp()) as Answering
        repeat(3) { sync.soon() }
        val planned = work.planned(once).single()
        assertEquals(NetworkType.CONNECTED to 0L, planned.constraints.requiredNetworkType to planned.initialDelay)
        work.run(once)
        assertEquals(1, client.budgets.size)
        assertEquals(emptyList(), work.planned(once) + work.planned(regular))
    }

    @Test
    fun `the phone stops one, the library's call is cancelled and the work waits for the next chance`() {
        val cancelled = CompletableDeferred<Throwable?>()
        given(
            Answering(pause = Duration.ofSeconds(40)) {
                try {
                    awaitCancellation()
                } catch (stop: CancellationException) {
                    cancelled.complete(stop)
                    throw stop
                }
            },
        )
        sync.schedule()
        assertEquals(WorkInfo.State.RUNNING, work.run(regular).state)
        work.stopAll()
        assertTrue(cancelled.isCompleted)
        assertEquals(emptyList(), delays(), "a call that was cancelled is followed by nothing")
        assertEquals(WorkInfo.State.ENQUEUED, work.planned(regular).single().state)
    }

    @Test
    fun `cancelling ends one that runs`() {
        given(Answering { awaitCancellation() })
        sync.soon()
        work.run(once)
        sync.cancel()
        assertEquals(emptyList(), work.planned(once))
    }

    @Test
    fun `an app with a factory of its own hands the library over there`() {
        work.close()
        val client = caughtUp()
        work = PlannedWork(app) { client }
        sync.soon()
        work.run(once)
        assertEquals(1, client.budgets.size)
    }

    @Test
    fun `a budget that Android would not give is refused`() {
        for (budget in listOf(Duration.ZERO, Duration.ofMinutes(10), Duration.ofSeconds(-1))) {
            assertFailsWith<IllegalArgumentException> { BackgroundSync(app, YorisoiDirectory.of(app, NAME), budget) }
        }
        BackgroundSync(app, YorisoiDirectory.of(app, NAME), Duration.ofMinutes(9))
    }
}
