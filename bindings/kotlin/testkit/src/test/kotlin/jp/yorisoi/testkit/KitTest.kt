package jp.yorisoi.testkit

import jp.yorisoi.core.ClinicianRole
import jp.yorisoi.core.MessageStep
import jp.yorisoi.core.Notice
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.YorisoiException
import jp.yorisoi.core.details
import jp.yorisoi.testkit.hostile.enrolled
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.Duration
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

/** Three in the morning, in the middle of the programme of 2021. */
private val NIGHT = Instant.parse("2021-09-30T18:12:00Z")

/** The client of the kit, each verb once, against the kit itself. */
class KitTest {
    @TempDir
    lateinit var folder: File

    private fun story(now: Instant? = NIGHT, tell: suspend (World) -> Unit) = runBlocking {
        sharedKit.inWorld(listOf("fuchu-2021").takeIf { now != null }, now) { tell(it) }
    }

    private fun phone(world: World, name: String = "mother") = FakePhone(folder.resolve(name), world)

    @Test
    fun `a question is taken and answered by the clinician who is asked for`() = story { world ->
        phone(world).use { phone ->
            val client = phone.enrolled(world)
            val question = client.ask(Service.PEDIATRICS, Subject.Parent, "夜中に咳きこみます。")
            client.sync()
            assertEquals(question, world.take(ClinicianRole.PEDIATRICIAN))
            assertEquals(question, world.answer("湿度を上げて様子をみてください。", ClinicianRole.PEDIATRICIAN))
            client.sync()
            assertEquals(Notice.Consultation(question), phone.heard { it is Notice.Consultation })
            val messages = client.messages(question, null, 50u).messages
            assertEquals(listOf(MessageStep.ANSWERED, null), messages.map { it.step })
            assertEquals(ClinicianRole.PEDIATRICIAN, messages.last().role)
            val figures = world.figures()
            assertTrue(figures.requests >= figures.replies && figures.replies > 0, "$figures")
            assertTrue(figures.messages in 1L..2L, "$figures")
        }
    }

    @Test
    fun `a card is good until it is revoked and a phrase once it is set`() = story { world ->
        val (first, second) = world.issueCard() to world.issueCard("fuchu-2021")
        assertNotEquals(first.code, second.code)
        assertEquals(listOf("fuchu-2021", "fuchu-2021"), listOf(first, second).map { it.programme })
        world.revokeCard(first.code)
        phone(world).use { phone ->
            val client = phone.open()
            assertFailsWith<YorisoiException.Enrollment> { client.enroll(first.code) }
            assertEquals("fuchu-2021", client.checkCard(second.ticket).programme)
            client.enroll(second.code)
        }
        world.setPhrase("ゆきどけのみち", "fuchu-2021")
        phone(world, "grandmother").use { phone -> phone.open().enrollWithPhrase("fuchu-2021", "ゆきどけのみち") }
    }

    @Test
    fun `a fault strikes as often as it is told and each is known by name`() = story { world ->
        val faults = sharedKit.faults()
        assertTrue(faults.all { it.name.isNotEmpty() && it.words.isNotEmpty() && it.failures.isNotEmpty() }, "$faults")
        assertContains(faults.map { it.name }, "reply_lost")
        phone(world).use { phone ->
            val client = phone.enrolled(world)
            world.fault("reply_lost", times = 1)
            assertFailsWith<YorisoiException.Network> { client.sync() }
            client.sync()
            assertEquals(1, world.figures().struck["reply_lost"])
            world.fault("no_network")
            repeat(2) { assertFailsWith<YorisoiException.Network> { client.sync() } }
            world.heal()
            client.sync()
        }
        assertContains(assertFailsWith<KitException> { world.fault("gremlins") }.message!!, "gremlins")
    }

    @Test
    fun `a server is killed and started and put back to yesterday`() = story { world ->
        phone(world).use { phone ->
            val client = phone.enrolled(world)
            client.sync()
            world.keepBackup()
            client.ask(Service.PEDIATRICS, Subject.Parent, "夜中に咳きこみます。")
            client.sync()
            world.killServer()
            assertFailsWith<YorisoiException.Network> { client.sync() }
            world.startServer()
            client.sync()
            assertEquals(1, world.figures().messages)
            world.restoreBackup()
            // What the server lost, the phone has.
            repeat(2) { client.sync() }
            assertEquals(1, world.figures().messages)
        }
    }

    @Test
    fun `a world without a time lives today`() = story(now = null) { world ->
        assertTrue(Duration.between(world.now, Instant.now()).abs() < Duration.ofMinutes(5), "${world.now}")
        phone(world).use { phone -> assertEquals(false, phone.open().manifest()!!.degraded) }
    }

    @Test
    fun `the server's clock is set`() = story { world ->
        world.setClock(NIGHT.plus(Duration.ofDays(100)))
        phone(world).use { phone ->
            val error = assertFailsWith<YorisoiException> { phone.open().enroll(world.issueCard().code) }
            assertContains(listOf("window", "enrollment"), error.details.code.substringBefore('_'))
        }
    }

    @Test
    fun `a phone keeps what it has over its app's death, and its keys fail as they are told`() = story { world ->
        val phone = phone(world)
        val question = phone.enrolled(world).ask(Service.PEDIATRICS, Subject.Parent, "夜中に咳きこみます。")
        phone.keys.state = KeyState.LOCKED
        assertEquals("key_locked", assertFailsWith<YorisoiException.Key> { phone.open() }.details.code)
        phone.keys.state = KeyState.READY
        assertEquals(question, phone.open().consultations(null, 10u).consultations.single().id)
        phone.clock.advance(Duration.ofDays(1))
        assertEquals(NIGHT.plus(Duration.ofDays(1)), phone.client.time().now)
        phone.close()
        assertFailsWith<IllegalStateException> { phone.client }
        FakePhone(phone.folder, world, phone.keys).use { again ->
            assertEquals(1uL, again.open().consultations(null, 10u).total)
        }
    }

    @Test
    fun `a phone has a family's year on it`() = runBlocking {
        sharedKit.inWorld(listOf(FamilyYear.PROGRAMME), FamilyYear.BEGINS) { world ->
            phone(world).use { phone ->
                val year = phone.liveAYear()
                val client = phone.open()
                assertEquals(year.now, client.time().now)
                assertEquals(year.consultations to year.drafts, 37 to 2)
                assertEquals(year.consultations.toULong(), client.consultations(null, 1u).total)
                assertEquals(year.drafts.toULong(), client.drafts(null, 1u).total)
                assertEquals(year.unread.toUInt(), client.unreadCount())
            }
        }
    }

    @Test
    fun `what is asked of a world that ended is refused`() = runBlocking {
        val world = sharedKit.world()
        world.end()
        assertFailsWith<KitException> { world.figures() }
        Unit
    }

    @Test
    fun `a kit that is none is told apart`(): Unit = runBlocking {
        assertContains(assertFailsWith<KitException> { Kit.start(File("/no/such/kit")) }.message!!, "/no/such/kit")
        assertContains(assertFailsWith<KitException> { Kit.start(File("/bin/true")) }.message!!, "/bin/true")
    }
}
