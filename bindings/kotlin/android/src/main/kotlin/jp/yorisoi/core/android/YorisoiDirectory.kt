package jp.yorisoi.core.android

import android.content.Context
import java.io.File

/**
 * The folder of one person: the library's own files, and beside them the wrapped root key.
 *
 * It lies in the app's `noBackupFilesDir`. Neither a backup nor a transfer to another phone takes it along: its key never
 * leaves this phone, so what would arrive there could not be read.
 *
 * A folder belongs to one person at one server. An app for several persons, or for several cities, has a folder for each.
 */
public class YorisoiDirectory private constructor(
    /** The name it was made with. */
    public val name: String,
    private val folder: File,
) {
    /** For `ClientConfig.directory`. The library makes it when it first opens. */
    public val path: String
        get() = folder.resolve("store").path

    /** Where the wrapped root key lies. */
    internal val key: File
        get() = folder.resolve("root-key")

    public companion object {
        private val NAME = Regex("[a-z0-9][a-z0-9_-]{0,63}")

        /**
         * The folder of this name. Nothing is made or read yet, and the same name always gives the same folder.
         *
         * @param name 1 to 64 of `a`–`z`, `0`–`9`, `-` and `_`, not beginning with a sign. A word that says nothing of the
         *   person, such as `person-1`: it is readable in the file system and in the list of the phone's scheduled work.
         * @throws IllegalArgumentException if the name is none.
         */
        public fun of(context: Context, name: String): YorisoiDirectory {
            require(NAME.matches(name)) { "a name is 1 to 64 of a-z, 0-9, - and _" }
            val app = context.applicationContext ?: context
            return YorisoiDirectory(name, app.noBackupFilesDir.resolve("yorisoi").resolve(name))
        }
    }
}
