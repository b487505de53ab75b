package jp.yorisoi.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.time.OffsetDateTime
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

private class LosableKey : KeyStore {
    var key: ByteArray? = null

    override fun load() = key

    override fun save(key: ByteArray) {
        this.key = key
    }
}

private class Night : Clock {
    override fun read(): ClockReading {
        val wall = OffsetDateTime.parse("2021-10-01T03:12:00+09:00").toInstant()
        return ClockReading(wall, 60_000, "boot-1", null)
    }
}

private class NobodyHears : Notices {
    override fun changed(notices: List<Notice>) = Unit
}

/** A phone whose key is gone: what was not sent stands aside and waits for the network. */
class RescueTest {
    @TempDir
    lateinit var directory: File

    private val keys = LosableKey()
    private val sandbox = File("../../../sandbox/manifest")
    private val config by lazy {
        val (roots, manifest) = sandbox.resolve("roots.txt").readLines() to sandbox.resolve("sandbox.cose").readBytes()
        ClientConfig(directory.path, "https://127.0.0.1:1", roots, manifest)
    }

    @Test
    fun `what waits is kept aside when the key is gone`() = runBlocking {
        YorisoiClient.open(config, keys, Night(), NobodyHears()).use { client ->
            client.enroll(TICKET)
            val text = ConsentText("service-ja-1", "ja", "…")
            client.decideConsent(Purpose.SERVICE, ConsentState.GRANT, text)
            val draft = client.saveDraft(NewDraft(null, Service.OBSTETRICS, Subject.Parent, null, "眠れない日が"))
            client.markDraftReady(draft, true)
            assertEquals(listOf(true), client.drafts(null, 10u).drafts.map { it.ready })
        }
        keys.key = null
        assertFailsWith<YorisoiException.Key> { YorisoiClient.open(config, keys, Night(), NobodyHears()) }
        YorisoiClient.startOver(config, keys, Night(), NobodyHears()).use { client ->
            assertEquals(0u, client.drafts(null, 10u).total.toUInt())
            // The consent, and the draft.
            assertEquals(listOf(SetAsideView(1u, 2u, 0u, 0u, 0u, false)), client.setAside())
            assertFailsWith<YorisoiException.Network> { client.handInSetAside() }
            client.discardSetAside(1u)
            assertEquals(emptyList(), client.setAside())
        }
    }
}
