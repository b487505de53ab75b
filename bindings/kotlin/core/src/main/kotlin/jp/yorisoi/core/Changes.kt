package jp.yorisoi.core

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.util.concurrent.CopyOnWriteArraySet

/**
 * What changed, as a [Flow]. Hand it to [YorisoiClient.open] as the notices, and collect [flow] wherever something is shown.
 *
 * A notice only says that something is to be read anew. So a collector that is slow gets each distinct notice once, in the
 * order in which they first came: nothing is lost, and memory stays small however much arrives meanwhile.
 *
 * ```
 * val changes = Changes()
 * val client = YorisoiClient.open(config, keys, clock, changes)
 * changes.reading({ it is Notice.Drafts }) { client.drafts(null, 50u) }.collect { page -> show(page) }
 * ```
 */
public class Changes : Notices {
    private val subscribers = CopyOnWriteArraySet<Subscriber>()

    /**
     * The notices that come from now on. It does not end by itself, and each collector is a subscriber of its own, from when
     * it begins to collect: what changed before is not told. [reading] begins with a reading, so that there is no gap.
     */
    public val flow: Flow<Notice> =
        flow {
            subscribed { subscriber ->
                while (true) emit(subscriber.next())
            }
        }

    /**
     * What [read] gives, at once and again after each change that [concerns] it. Changes that come while it is read or while
     * the collector is busy lead to one more reading, not to one each. Nothing is missed in between: it listens first.
     *
     * What [read] throws goes to the collector and ends the flow.
     */
    public fun <T> reading(concerns: (Notice) -> Boolean, read: suspend () -> T): Flow<T> = flow {
        subscribed { subscriber ->
            while (true) {
                emit(read())
                do {
                    val changed = subscriber.all()
                } while (changed.none(concerns))
            }
        }
    }

    /** For the library: it calls this from threads of its own. Never waits for a collector. */
    override fun changed(notices: List<Notice>) {
        for (subscriber in subscribers) subscriber.add(notices)
    }

    private inline fun subscribed(collect: (Subscriber) -> Unit) {
        val subscriber = Subscriber()
        subscribers += subscriber
        try {
            collect(subscriber)
        } finally {
            subscribers -= subscriber
        }
    }
}

/** What one collector has not been given yet. */
private class Subscriber {
    private val waiting = LinkedHashSet<Notice>()
    private val filled = Channel<Unit>(Channel.CONFLATED)

    fun add(notices: List<Notice>) {
        synchronized(waiting) { waiting += notices }
        filled.trySend(Unit)
    }

    /** The first one that waits. It no longer does before it is handed over, so that the same change is told again. */
    suspend fun next(): Notice {
        while (true) {
            val first = synchronized(waiting) { waiting.firstOrNull()?.also { waiting -= it } }
            if (first != null) return first
            filled.receive()
        }
    }

    /** All that wait, once there is one. */
    suspend fun all(): List<Notice> {
        while (true) {
            val all = synchronized(waiting) { waiting.toList().also { waiting.clear() } }
            if (all.isNotEmpty()) return all
            filled.receive()
        }
    }
}
