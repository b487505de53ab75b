package jp.yorisoi.core.android

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.TRUNCATE_EXISTING
import java.nio.file.StandardOpenOption.WRITE

/** The few things that are done with the file of a key. Every call may throw [IOException]. */
internal interface KeyFiles {
    /** What stands in the file; `null` only if the file system says that there is none. */
    fun read(file: File): ByteArray?

    /** Writes a file and waits until the disk has it. */
    fun write(file: File, bytes: ByteArray)

    /** Puts a file in the place of another, at one moment. */
    fun move(from: File, to: File)

    /** Waits until the disk knows this file by this name, and by no other. */
    fun settle(file: File)

    /** Deletes a file. Does nothing if there is none. */
    fun delete(file: File)
}

/** The phone's own storage. */
internal object PhoneFiles : KeyFiles {
    override fun read(file: File): ByteArray? = try {
        Files.readAllBytes(file.toPath())
    } catch (_: NoSuchFileException) {
        null
    }

    override fun write(file: File, bytes: ByteArray) {
        Files.createDirectories(file.toPath().parent)
        FileChannel.open(file.toPath(), CREATE, TRUNCATE_EXISTING, WRITE).use { channel ->
            val rest = ByteBuffer.wrap(bytes)
            while (rest.hasRemaining()) {
                channel.write(rest)
            }
            channel.force(true)
        }
    }

    override fun move(from: File, to: File) {
        Files.move(from.toPath(), to.toPath(), ATOMIC_MOVE)
    }

    override fun settle(file: File) {
        // Some file systems keep a new name with the file, some with the folder.
        for (path in listOf(file.toPath(), file.toPath().parent)) {
            FileChannel.open(path, READ).use { it.force(true) }
        }
    }

    override fun delete(file: File) {
        Files.deleteIfExists(file.toPath())
    }
}
