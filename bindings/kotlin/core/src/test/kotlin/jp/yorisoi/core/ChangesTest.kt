package jp.yorisoi.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull

private const val BOUND = 10_000L

/** A collector that takes the next thing only when it is let. */
private class Slow<T>(scope: CoroutineScope, flow: Flow<T>) {
    val came = Channel<T>(Channel.UNLIMITED)
    private val let = Channel<Unit>(Channel.UNLIMITED)
    val job: Job =
        scope.launch(start = CoroutineStart.UNDISPATCHED) {
            flow.collect {
                came.send(it)
                let.receive()
            }
        }

    fun goOn() = let.trySend(Unit)
}

/** Notices as a flow. */
class ChangesTest {
    private val changes = Changes()

    private fun story(tell: suspend CoroutineScope.() -> Unit) = runBlocking { withTimeout(BOUND) { tell() } }

    private fun consultation(number: Int) = Notice.Consultation("$number")

    @Test
    fun `each collector hears everything that comes after it began`() = story {
        changes.changed(listOf(Notice.Survey))
        val collectors = List(2) { Slow(this, changes.flow) }
        changes.changed(listOf(Notice.Drafts, consultation(1)))
        for (collector in collectors) {
            assertEquals(Notice.Drafts, collector.came.receive())
            collector.goOn()
            assertEquals(consultation(1), collector.came.receive())
            collector.job.cancel()
        }
    }

    @Test
    fun `a slow collector gets each distinct notice once and in order`() = story {
        val slow = Slow(this, changes.flow)
        changes.changed(listOf(Notice.Sync))
        assertEquals(Notice.Sync, slow.came.receive())
        repeat(10_000) { changes.changed(listOf(consultation(it % 3), Notice.Drafts)) }
        val heard =
            List(4) {
                slow.goOn()
                slow.came.receive()
            }
        assertEquals(listOf(consultation(0), Notice.Drafts, consultation(1), consultation(2)), heard)
        slow.goOn()
        changes.changed(listOf(Notice.Family))
        assertEquals(Notice.Family, slow.came.receive(), "nothing else waited")
        slow.job.cancel()
    }

    @Test
    fun `what changes again while it is looked at is told again`() = story {
        val slow = Slow(this, changes.flow)
        repeat(2) {
            changes.changed(listOf(Notice.Drafts))
            assertEquals(Notice.Drafts, slow.came.receive())
            changes.changed(listOf(Notice.Drafts))
            slow.goOn()
            assertEquals(Notice.Drafts, slow.came.receive())
            slow.goOn()
        }
        slow.job.cancel()
    }

    @Test
    fun `notices from many threads all arrive`() = story {
        val ids = (0 until 4_000).map(::consultation)
        val ready = CompletableDeferred<Unit>()
        val heard = mutableSetOf<Notice>()
        val collector =
            launch(start = CoroutineStart.UNDISPATCHED) {
                ready.complete(Unit)
                changes.flow.take(ids.size).collect { heard += it }
            }
        ready.await()
        val threads = ids.chunked(1_000).map { part -> Thread { part.forEach { changes.changed(listOf(it)) } } }
        threads.forEach(Thread::start)
        collector.join()
        threads.forEach(Thread::join)
        assertEquals(ids.toSet<Notice>(), heard)
    }

    @Test
    fun `a collector that ended is told nothing more`() = story {
        val slow = Slow(this, changes.flow)
        slow.job.cancel()
        slow.job.join()
        changes.changed(listOf(Notice.Drafts))
        assertNull(slow.came.tryReceive().getOrNull())
    }

    @Test
    fun `it reads at once and once for many changes that concern it`() = story {
        var readings = 0
        val slow = Slow(this, changes.reading({ it is Notice.Drafts }) { ++readings })
        assertEquals(1, slow.came.receive())
        repeat(100) { changes.changed(listOf(Notice.Sync, Notice.Drafts)) }
        slow.goOn()
        assertEquals(2, slow.came.receive())
        slow.goOn()
        changes.changed(listOf(Notice.Family))
        changes.changed(listOf(Notice.Drafts))
        assertEquals(3, slow.came.receive())
        slow.job.cancel()
    }

    @Test
    fun `a change during the first reading leads to another`() = story {
        val begun = CompletableDeferred<Unit>()
        val finish = CompletableDeferred<Unit>()
        var readings = 0
        val flow =
            changes.reading({ it is Notice.Drafts }) {
                begun.complete(Unit)
                finish.await()
                ++readings
            }
        val slow = Slow(this, flow)
        begun.await()
        changes.changed(listOf(Notice.Drafts))
        finish.complete(Unit)
        assertEquals(1, slow.came.receive())
        slow.goOn()
        assertEquals(2, slow.came.receive())
        slow.job.cancel()
    }
}
