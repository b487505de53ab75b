package jp.example.soudan

import jp.yorisoi.core.MessageStep
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.testkit.FakeClock
import jp.yorisoi.testkit.FakeKeys
import jp.yorisoi.testkit.Kit
import jp.yorisoi.testkit.World
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** What a reader of docs/start-android.md sees on the screen, against a real server. */
class SoudanTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `from a card to the first answer`() = runBlocking {
        Kit.start().use { kit ->
            kit.inWorld { world ->
                val soudan = soudan(world)
                assertEquals("119", soudan.shown.value.contacts.first().contact.digits)
                val running = launch(Dispatchers.Default) { soudan.run { } }
                suspend fun shown(what: (Shown) -> Boolean) =
                    withTimeoutOrNull(30_000) { soudan.shown.first(what) } ?: error("it shows ${soudan.shown.value}")

                assertFalse(soudan.enroll("no card"))
                assertNotNull(soudan.shown.value.trouble)
                assertTrue(soudan.enroll(world.issueCard().code))
                shown { it.place != null && it.trouble == null }
                assertTrue(soudan.agree())
                shown { it.mayBeAsked }
                assertTrue(soudan.ask("夜中に38度の熱が出ました。"))
                // Saved here, or held already: a first hint of the live channel leads to a sync as well.
                shown { it.messages.size == 1 }
                assertTrue(soudan.sync())
                shown { it.messages.singleOrNull()?.step == MessageStep.HELD_BY_SERVER }
                world.answer("様子を教えてください。")
                val answered = shown { it.messages.size == 2 }.messages
                assertEquals(listOf(MessageStep.ANSWERED, null), answered.map { it.step })
                assertEquals("様子を教えてください。", answered.last().text)
                running.cancel()
                soudan.client().close()
            }
        }
    }

    @Test
    fun `a server that asks to wait has not taken the question, and is no trouble`() = runBlocking {
        Kit.start().use { kit ->
            kit.inWorld { world ->
                val soudan = soudan(world)
                assertTrue(soudan.enroll(world.issueCard().code))
                assertTrue(soudan.agree())
                assertTrue(soudan.sync())
                world.fault("unavailable", 1)
                assertTrue(soudan.ask("夜中に38度の熱が出ました。"))
                assertFalse(soudan.sync(), "it waits, so the background is to go on with it")
                assertNull(soudan.shown.value.trouble)
                soudan.client().close()
            }
        }
    }

    private fun soudan(world: World) = Soudan { changes ->
        YorisoiClient.open(world.config(folder), FakeKeys(), FakeClock(world.now), changes)
    }
}
