package jp.yorisoi.core.android

import android.content.Context
import java.time.Duration

/**
 * Syncs one folder in the background, by WorkManager: again and again at about the same distance, and once more when the library
 * says that another try is worth it. All of it waits for a network and outlives the app and a restart of the phone. Calling
 * anything here twice leaves one.
 *
 * @param budget how long one may take, 1 second to 9 minutes: Android ends a worker after 10.
 * @throws IllegalArgumentException if the budget is out of its range.
 */
public class BackgroundSync(context: Context, private val directory: YorisoiDirectory, budget: Duration = Duration.ofMinutes(2)) {
    private val app = context.applicationContext ?: context
    private val plan = SyncPlan(directory.name, budget.seconds.toInt(), isRegular = true)

    init {
        require(budget in shortest..longest) { "a budget is 1 second to 9 minutes" }
    }

    /**
     * Syncs about every so often, until [cancel]. Call it at each start of the app: what is planned stays as it is, and a new
     * distance is taken over.
     *
     * @param every 15 minutes or more; less counts as 15 minutes, WorkManager's own limit. The phone may stretch it by hours.
     */
    public fun schedule(every: Duration = Duration.ofHours(1)): Unit = plan.regularly(app, every)

    /**
     * Syncs once as soon as there is a network, also if the app is closed by then. Call it when something was written that could
     * not be sent at once. One that waits already is replaced; one that runs is ended and begins anew, which loses nothing.
     */
    public fun soon(): Unit = plan.soon(app)

    /** Ends all of it. A sync that runs is cancelled, which loses nothing. */
    public fun cancel(): Unit = plan.forget(app)

    private companion object {
        val shortest: Duration = Duration.ofSeconds(1)
        val longest: Duration = Duration.ofMinutes(9)
    }
}
