package jp.yorisoi.bench

import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.Clock
import jp.yorisoi.core.ClockReading
import jp.yorisoi.core.DateFact
import jp.yorisoi.core.FamilyFact
import jp.yorisoi.core.KeyStore
import jp.yorisoi.core.Notice
import jp.yorisoi.core.Notices
import jp.yorisoi.core.Service
import jp.yorisoi.core.Subject
import jp.yorisoi.core.YorisoiClient
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.runBlocking
import java.io.File
import java.time.Instant

private const val PAGE = 50

/** Stands in no other text. */
private const val RARE = "瑪瑙"
private const val QUESTION =
    "夜中に三十八度の熱が出て、ミルクの飲みがいつもの半分くらいです。おしっこは出ています。" +
        "朝まで様子を見てもよいでしょうか。受診の目安と、家でできることを教えてください。"

/** The key that was handed over. */
private class Keys(private val key: ByteArray) : KeyStore {
    override fun load() = key

    override fun save(key: ByteArray) = error("the key is there")
}

/** 2021-10-01 03:12 in Japan, for ever. */
private object StandingClock : Clock {
    private val night = Instant.ofEpochMilli(1_633_025_520_000)

    override fun read() = ClockReading(night, 60_000, "boot-1", null)
}

/** The app's listener: what is told of the family can be waited for. */
private class Ear : Notices {
    val family = Channel<Unit>(Channel.UNLIMITED)

    override fun changed(notices: List<Notice>) {
        if (Notice.Family in notices) family.trySend(Unit)
    }
}

/** The tasks of `bindings/bench`, in Kotlin. */
private class Tasks(private val client: YorisoiClient, private val ear: Ear) {
    suspend fun call(task: String) {
        when (task) {
            "list_of_50" -> check(client.consultations(null, PAGE.toUInt()).consultations.size == PAGE)
            "save_queued" -> client.ask(Service.PEDIATRICS, Subject.Parent, QUESTION)
            "search" -> check(client.search(RARE).isNotEmpty())
            "change_notices_1000" -> {
                client.tellFamilyFact(FamilyFact.Delivered(DateFact.NotTold))
                ear.family.receive()
            }
            else -> error("there is no task `$task`")
        }
    }
}

/** `DIRECTORY KEY ROOTS MANIFEST`: says `ready`, then answers each line `TASK CALLS` with the nanoseconds that one call in ten beat. */
public fun main(arguments: Array<String>): Unit = runBlocking {
    val (directory, key, roots, manifest) = arguments
    val config =
        ClientConfig(
            directory = directory,
            server = "https://127.0.0.1:1",
            roots = File(roots).readLines(),
            manifest = File(manifest).readBytes(),
        )
    val keys = Keys(key.chunked(2).map { it.toInt(16).toByte() }.toByteArray())
    val ear = Ear()
    YorisoiClient.open(config, keys, StandingClock, ear).use { client ->
        val tasks = Tasks(client, ear)
        println("ready")
        for (line in generateSequence(::readlnOrNull)) {
            val (task, calls) = line.split(' ')
            val nanos =
                LongArray(calls.toInt()) {
                    val start = System.nanoTime()
                    tasks.call(task)
                    System.nanoTime() - start
                }
            println(nanos.sorted()[nanos.size / 10])
        }
    }
}
