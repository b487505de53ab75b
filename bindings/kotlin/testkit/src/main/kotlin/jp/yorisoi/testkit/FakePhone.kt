package jp.yorisoi.testkit

import jp.yorisoi.core.Changes
import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.Notice
import jp.yorisoi.core.Notices
import jp.yorisoi.core.YorisoiClient
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.withTimeout
import java.io.File
import java.time.Duration

/**
 * A phone in a test: a folder, a key store, clocks, and the library on them, opened and let go as often as one likes. What it
 * keeps stands in [folder], so that another phone on the same folder, with the same [keys], is the same phone.
 */
public class FakePhone(
    /** Where everything of this phone stands. */
    public val folder: File,
    private val world: World,
    /** Its key store. */
    public val keys: FakeKeys = FakeKeys(),
    /** Its clocks; they begin with the world's time. */
    public val clock: FakeClock = FakeClock(world.now),
) : AutoCloseable {
    /** What changed, for the app under test. */
    public val changes: Changes = Changes()

    /** What an app on this phone decides, by default. */
    public val config: ClientConfig get() = world.config(library)

    private val library get() = folder.resolve("library").absoluteFile.apply(File::mkdirs)

    private var heard = Channel<Notice>(Channel.UNLIMITED)
    private var opened: YorisoiClient? = null

    /** The library; [open] or [startOver] comes first. */
    public val client: YorisoiClient get() = checkNotNull(opened) { "the library is not open on this phone" }

    /** Opens the library, and lets go of one that was open. */
    public suspend fun open(config: ClientConfig = this.config): YorisoiClient = opening { YorisoiClient.open(config, keys, clock, it) }

    /** Opens the library where its key is gone or another: [YorisoiClient.startOver]. */
    public suspend fun startOver(config: ClientConfig = this.config): YorisoiClient =
        opening { YorisoiClient.startOver(config, keys, clock, it) }

    private suspend fun opening(open: suspend (Notices) -> YorisoiClient): YorisoiClient {
        close()
        val channel = Channel<Notice>(Channel.UNLIMITED)
        heard = channel
        val listener =
            object : Notices {
                override fun changed(notices: List<Notice>) {
                    notices.forEach(channel::trySend)
                    changes.changed(notices)
                }
            }
        return open(listener).also { opened = it }
    }

    /**
     * Puts a family's year on this phone, for an app that is tested with something on its screens. Before the library is first
     * opened, in a world that was opened with [FamilyYear.PROGRAMME] and [FamilyYear.BEGINS]. Keys and clocks are set to fit.
     */
    public suspend fun liveAYear(): FamilyYear {
        val year = world.familyYear(library)
        keys.save(year.rootKey)
        clock.set(year.now)
        return year
    }

    /** Writes other bytes over the library's database, as a failing storage may. The library must not be open. */
    public fun damage() {
        library.resolve("yorisoi.db").writeText("no database any more")
    }

    /** Waits until the library has told of a change that is [sought], since it was opened or since the one found last. */
    public suspend fun heard(within: Duration = Duration.ofSeconds(10), sought: (Notice) -> Boolean): Notice =
        withTimeout(within.toMillis()) {
            val notices = heard
            var notice = notices.receive()
            while (!sought(notice)) notice = notices.receive()
            notice
        }

    /** A path in the phone's folder, outside the library's, where nothing is yet. */
    public fun newPath(name: String): File {
        val file = folder.resolve("files").apply(File::mkdirs).resolve(name)
        check(!file.exists()) { "$name is there already" }
        return file.absoluteFile
    }

    /** Lets the library go. Closing it again does nothing. */
    override fun close() {
        opened?.close()
        opened = null
    }
}
