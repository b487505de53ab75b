package jp.yorisoi.core.android

import android.content.Context
import android.net.ConnectivityManager
import android.os.PowerManager
import androidx.work.CoroutineWorker
import androidx.work.WorkerParameters
import jp.yorisoi.core.SyncBudget
import jp.yorisoi.core.SyncEnd
import jp.yorisoi.core.YorisoiClientInterface
import jp.yorisoi.core.YorisoiException
import java.time.Duration

/**
 * One sync in the background. [BackgroundSync] plans it.
 *
 * For WorkManager it always ends as a success: WorkManager's own way of trying again knows nothing of this server. When another
 * try is worth it the library says until when to wait, and one more is planned for that moment. What the person sees of all
 * this, `syncState` tells. If WorkManager stops it, the call of the library is cancelled, and what was applied stays.
 */
public class SyncWorker(context: Context, parameters: WorkerParameters, private val clients: ClientSource) :
    CoroutineWorker(context, parameters) {
    /** For WorkManager's own factory: the app's `Application` is the [ClientSource]. */
    public constructor(context: Context, parameters: WorkerParameters) :
        this(context, parameters, context.applicationContext as ClientSource)

    override suspend fun doWork(): Result {
        val plan = SyncPlan.of(inputData)
        try {
            when (val client = clients.client(plan.directory)) {
                null -> plan.forget(applicationContext)
                else -> sync(client, plan)?.let { plan.again(applicationContext, it) }
            }
        } catch (_: YorisoiException) {
            // The library could not be opened: its key is locked, the disk fails. The next regular sync tries again.
        }
        return Result.success()
    }

    /** Syncs, and gives the time after which another try is worth it before the next regular one. */
    private suspend fun sync(client: YorisoiClientInterface, plan: SyncPlan): Duration? {
        val goesOn =
            try {
                val report = client.syncWithin(SyncBudget(plan.seconds.toUInt(), isMetered(), savesPower()))
                // Without a single reply in all that time, trying again at once would only cost power.
                report.ended is SyncEnd.BudgetSpent && report.answered > 0u
            } catch (_: YorisoiException) {
                // The library keeps what went wrong, and how long to wait.
                false
            }
        val pause = client.syncState().pause
        return when {
            pause != null -> Duration.between(client.time().now, pause.notBefore).coerceAtLeast(Duration.ZERO)
            goesOn -> Duration.ZERO
            else -> null
        }
    }

    private fun isMetered() = applicationContext.getSystemService(ConnectivityManager::class.java).isActiveNetworkMetered

    private fun savesPower() = applicationContext.getSystemService(PowerManager::class.java).isPowerSaveMode
}
