import jp.yorisoi.core.Changes
import jp.yorisoi.core.ClientConfig
import jp.yorisoi.core.JvmClock
import jp.yorisoi.core.KeyStore
import jp.yorisoi.core.YorisoiClient
import kotlinx.coroutines.runBlocking
import kotlin.io.path.createTempDirectory

private class KeyInMemory : KeyStore {
    private var key: ByteArray? = null

    override fun load() = key

    override fun save(key: ByteArray) {
        this.key = key
    }
}

/** Opens the library in a new folder and asks it whom to call. */
fun main() = runBlocking {
    // Two keys of nobody: what they sign is never seen here.
    val roots = listOf("A".repeat(42) + "A", "A".repeat(42) + "E")
    val folder = createTempDirectory("consumer").toFile()
    try {
        val config = ClientConfig(folder.path, "https://soudan.example.jp", roots)
        YorisoiClient.open(config, KeyInMemory(), JvmClock(), Changes()).use { client ->
            val first = client.safetyContacts().first().contact.digits
            check(first == "119") { "the first number is $first" }
        }
    } finally {
        folder.deleteRecursively()
    }
    println("the package answered")
}
