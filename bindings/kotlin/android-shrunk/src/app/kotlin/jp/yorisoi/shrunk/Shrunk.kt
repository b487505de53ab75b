package jp.yorisoi.shrunk

import jp.yorisoi.core.Changes
import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.Clock
import jp.yorisoi.core.ClockReading
import jp.yorisoi.core.DateFact
import jp.yorisoi.core.FamilyFact
import jp.yorisoi.core.KeyStore
import jp.yorisoi.core.KeyStoreFailure
import jp.yorisoi.core.NewDraft
import jp.yorisoi.core.Notice
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.SyncBudget
import jp.yorisoi.core.YorisoiClient
import jp.yorisoi.core.YorisoiException
import jp.yorisoi.core.lockScreenWords
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import java.io.File
import java.time.Instant

/** The QR code of the sandbox's card 11500000000012HH: it gives a place without network. */
private const val TICKET =
    "YRS1:QRE2EAJSARCPQIVACKQFQMNGAFTDCMZSGA3DGBA2MHHRV4AFDJQQNNXQAYNGAZEOOADUSCCKAAAAAAAAACADUAABCFYKEAIYEUBAC" +
        "WCAIO3S5UNWEE64HFTWQOMBCC4377POTLSGK3F5BGRAB5CWLND7MQYDQXJJWS6A3SFCLT6ZRNSKOEPPMYPUXINIBGMCMOXATIUIP2Y76CI"

/**
 * A small app after R8: it calls the library by every kind of way across the border, and its three interfaces are called by
 * the library. What it sees is checked; anything else ends it with an error.
 *
 * Arguments: an empty folder, and the folder of the sandbox's manifest.
 */
fun main(arguments: Array<String>): Unit = runBlocking {
    val (folder, sandbox) = arguments
    val changes = Changes()
    val heard = async(start = CoroutineStart.UNDISPATCHED) { changes.flow.first { it == Notice.Drafts } }
    val keys = Keys()
    val config =
        ClientConfig(
            File(folder, "store").path,
            "https://127.0.0.1:1",
            File(sandbox, "roots.txt").readLines(),
            File(sandbox, "sandbox.cose").readBytes(),
        )
    see("key_locked", thrown { YorisoiClient.open(config, keys, Night(), changes) })
    keys.isLocked = false
    YorisoiClient.open(config, keys, Night(), changes).use { client ->
        see("119", client.safetyContacts().first().contact.digits)
        see(Night().read().wall, client.time().now)
        see("card_check_failed", thrown { client.checkCard("115GJHBB7H6NWEY1") })
        see(true, client.enroll(TICKET).programme.isNotEmpty())
        val draft = NewDraft(null, Service.PEDIATRICS, Subject.Child("2021-08-20"), null, "眠れない日が")
        val id = client.saveDraft(draft)
        see(Notice.Drafts, heard.await())
        val kept = client.drafts(null, 10u).drafts.single()
        see(listOf(id, draft.text, draft.subject), listOf(kept.id, kept.text, kept.subject))
        val born = listOf(DateFact.Month(2021, 8u))
        client.tellFamilyFact(FamilyFact.Children(born))
        see(born, client.familyFacts().children)
        see("network_unreachable", thrown { client.syncWithin(SyncBudget(5u, metered = true, lowPower = false)) })
        see(1u, client.syncState().lastAttempt?.failures)
        client.startLive().use { it.stop() }
        client.changeRootKey()
        see(2, keys.saved)
    }
    see("お知らせがあります", lockScreenWords().ja)
    println("the shrunk library answered")
}

private class Keys : KeyStore {
    var isLocked = true
    var saved = 0
    private var key: ByteArray? = null

    override fun load(): ByteArray? = if (isLocked) throw KeyStoreFailure.Locked() else key

    override fun save(key: ByteArray) {
        this.key = key
        saved += 1
    }
}

private class Night : Clock {
    override fun read() = ClockReading(Instant.parse("2021-09-30T18:12:00Z"), 60_000, "boot-1", null)
}

private suspend fun thrown(call: suspend () -> Any): String? = try {
    call()
    null
} catch (error: YorisoiException) {
    when (error) {
        is YorisoiException.Card -> error.details
        is YorisoiException.Key -> error.details
        is YorisoiException.Network -> error.details
        else -> throw error
    }.code
}

private fun see(expected: Any?, found: Any?) = check(expected == found) { "expected $expected, found $found" }
