package jp.yorisoi.core.android

import android.app.Application
import android.os.Looper
import androidx.work.Clock
import androidx.work.Configuration
import androidx.work.ListenableWorker
import androidx.work.WorkInfo
import androidx.work.WorkerFactory
import androidx.work.WorkerParameters
import androidx.work.impl.Scheduler
import androidx.work.impl.StartStopToken
import androidx.work.impl.WorkDatabase
import androidx.work.impl.WorkManagerImpl
import androidx.work.impl.model.WorkGenerationalId
import androidx.work.impl.model.WorkSpec
import androidx.work.impl.schedulers
import androidx.work.impl.utils.taskexecutor.WorkManagerTaskExecutor
import kotlinx.coroutines.Dispatchers
import org.robolectric.Shadows.shadowOf
import java.time.Duration

/**
 * The real WorkManager with its real database, in memory, where the test decides when the phone lets a work run. Everything it
 * does is done when a call returns.
 */
internal class PlannedWork(private val app: Application, private val source: ClientSource?) : AutoCloseable {
    private var now = System.currentTimeMillis()
    private val runs = mutableListOf<StartStopToken>()
    private val configuration =
        Configuration
            .Builder()
            .setExecutor(Runnable::run)
            .setTaskExecutor(Runnable::run)
            .setWorkerCoroutineContext(Dispatchers.Unconfined)
            .setClock(Clock { now })
            .setWorkerFactory(ByHand())
            .build()
    private val executor = WorkManagerTaskExecutor(configuration.taskExecutor)
    private val database = WorkDatabase.create(app, Runnable::run, configuration.clock, true)
    private val manager =
        WorkManagerImpl(app, configuration, executor, database, schedulersCreator = schedulers(Waiting()))
            .also { WorkManagerImpl.setDelegate(it) }

    /** The works of this name that are not over. */
    fun planned(name: String): List<WorkSpec> {
        settle()
        val infos = manager.getWorkInfosForUniqueWork(name).get()
        return infos.filter { !it.state.isFinished }.map { database.workSpecDao().getWorkSpec(it.id.toString())!! }
    }

    /** Lets the phone run the only work of this name, and gives it as it then stands. */
    fun run(name: String): WorkSpec {
        val work = planned(name).single { it.state == WorkInfo.State.ENQUEUED }
        val run = StartStopToken(WorkGenerationalId(work.id, work.generation))
        runs += run
        manager.processor.startWork(run)
        settle()
        return database.workSpecDao().getWorkSpec(work.id)!!
    }

    /** The phone takes the network away from all that run. */
    fun stopAll() {
        runs.forEach { manager.processor.stopWork(it, WorkInfo.STOP_REASON_CONSTRAINT_CONNECTIVITY) }
        settle()
    }

    fun wait(time: Duration) {
        now += time.toMillis()
    }

    override fun close() {
        settle()
        WorkManagerImpl.setDelegate(null)
        manager.closeDatabase()
    }

    private fun settle() = shadowOf(Looper.getMainLooper()).idle()

    private inner class ByHand : WorkerFactory() {
        override fun createWorker(
            appContext: android.content.Context,
            workerClassName: String,
            workerParameters: WorkerParameters,
        ): ListenableWorker? = source?.let { SyncWorker(appContext, workerParameters, it) }
    }

    private class Waiting : Scheduler {
        override fun schedule(vararg workSpecs: WorkSpec) = Unit

        override fun cancel(workSpecId: String) = Unit

        override fun hasLimitedSchedulingSlots() = false
    }
}
