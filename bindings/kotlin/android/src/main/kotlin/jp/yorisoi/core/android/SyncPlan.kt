package jp.yorisoi.core.android

import android.content.Context
import androidx.work.Constraints
import androidx.work.Data
import androidx.work.ExistingPeriodicWorkPolicy
import androidx.work.ExistingWorkPolicy
import androidx.work.NetworkType
import androidx.work.OneTimeWorkRequest
import androidx.work.PeriodicWorkRequest
import androidx.work.WorkManager
import androidx.work.workDataOf
import java.time.Duration

private const val DIRECTORY = "directory"
private const val SECONDS = "seconds"
private const val REGULAR = "regular"

/**
 * What WorkManager knows of a sync: whose it is, and how long it may take. For each folder there are at most two works, the
 * regular one and one more.
 */
internal data class SyncPlan(val directory: String, val seconds: Int, val isRegular: Boolean) {
    private val data: Data
        get() = workDataOf(DIRECTORY to directory, SECONDS to seconds, REGULAR to isRegular)

    /** Plans it as the regular one. */
    fun regularly(context: Context, every: Duration) {
        val request =
            PeriodicWorkRequest
                .Builder(SyncWorker::class.java, every)
                .setConstraints(online)
                .setInputData(copy(isRegular = true).data)
                .build()
        WorkManager.getInstance(context).enqueueUniquePeriodicWork(regular(directory), ExistingPeriodicWorkPolicy.UPDATE, request)
    }

    /** Plans one more from outside a sync. */
    fun soon(context: Context) = once(context, Duration.ZERO, ExistingWorkPolicy.REPLACE)

    /** Plans one more from inside this one. */
    fun again(context: Context, delay: Duration) {
        // Another one that is planned knows less and is replaced. If it is this very one, the next waits for its end.
        once(context, delay, if (isRegular) ExistingWorkPolicy.REPLACE else ExistingWorkPolicy.APPEND_OR_REPLACE)
    }

    /** Ends both. */
    fun forget(context: Context) {
        val manager = WorkManager.getInstance(context)
        manager.cancelUniqueWork(regular(directory))
        manager.cancelUniqueWork(once(directory))
    }

    private fun once(context: Context, delay: Duration, policy: ExistingWorkPolicy) {
        val request =
            OneTimeWorkRequest
                .Builder(SyncWorker::class.java)
                .setConstraints(online)
                .setInputData(copy(isRegular = false).data)
                .setInitialDelay(delay)
                .build()
        WorkManager.getInstance(context).enqueueUniqueWork(once(directory), policy, request)
    }

    companion object {
        private val online = Constraints.Builder().setRequiredNetworkType(NetworkType.CONNECTED).build()

        /** The name of the regular one. */
        fun regular(directory: String) = "jp.yorisoi.sync/$directory"

        /** The name of one more. */
        fun once(directory: String) = "jp.yorisoi.sync.once/$directory"

        fun of(data: Data) = SyncPlan(
            checkNotNull(data.getString(DIRECTORY)) { "BackgroundSync plans this work" },
            data.getInt(SECONDS, 1),
            data.getBoolean(REGULAR, true),
        )
    }
}
