package jp.yorisoi.core

import com.sun.jna.Memory
import com.sun.jna.Pointer

private const val PIECE = 4096L
private const val ALIGNMENT = 8L

/**
 * Memory for the structures that cross the border: 24 or 32 bytes each, several in every call. JNA takes a piece for each, which
 * the collector has to find and let go of one by one; here many are cut from one piece, which is let go of when the last of them
 * is. No place is used twice.
 */
private class Piece {
    private val memory = Memory(PIECE).also(Memory::clear)
    private var used = 0L

    fun take(size: Int): Memory? {
        val at = used
        used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT
        return if (used <= PIECE) memory.share(at, size.toLong()) as Memory else null
    }
}

private val pieces = ThreadLocal.withInitial(::Piece)

/** Zeroed memory of [size] bytes, at most 4096, for one structure. */
internal fun structureMemory(size: Int): Memory =
    pieces.get().take(size) ?: Piece().also(pieces::set).take(size) ?: Memory(size.toLong()).also(Memory::clear)

/** Writes [buffer] as it lies in memory: three words of eight bytes, the last of which may be four. */
internal fun Pointer.setValue(buffer: RustBuffer) {
    setLong(0, buffer.capacity)
    setLong(8, buffer.len)
    setPointer(16, buffer.data)
}
