//! What is mended in the generated Kotlin.

use super::{Mend, Times, with_lines_behind};

/// Kotlin: what is used after it was closed throws the library's own error; nothing leaks or begins where a coroutine is
/// cancelled; an `Error` of the app's own code is no crash; another build of the library is refused by itself; a thread of the
/// library that called into the JVM stays attached to it, see [`with_kept_threads`].
pub(super) const MENDS: &[Mend] = &[
    Mend {
        why: "a closed object throws the library's error, also while another call goes on",
        old: "            if (c == 0L) {
                throw IllegalStateException(\"${this.javaClass.simpleName} object has already been destroyed\")
            }
",
        new: "            if (c == 0L || this.wasDestroyed.get()) {
                throw YorisoiException.Setting(closedDetails())
            }
",
        times: Times::AsOftenAs("internal inline fun <R> callWithHandle("),
    },
    Mend {
        why: "no app asks for the details of that error",
        old: " fun `closedDetails`(): ErrorDetails {",
        new: "internal fun closedDetails(): ErrorDetails {",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a coroutine that is cancelled begins nothing",
        old: "    try {
        do {
            val pollResult = suspendCancellableCoroutine<Byte> { continuation ->
",
        new: "    var taken = false
    try {
        currentCoroutineContext().ensureActive()
        do {
            val pollResult = suspendCancellableCoroutine<Byte> { continuation ->
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "the imports of that",
        old: "import kotlinx.coroutines.CancellableContinuation\n",
        new: "import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a result that comes as its coroutine is cancelled is let go",
        old: "        return liftFunc(
            uniffiRustCallWithError(errorHandler, { status -> completeFunc(rustFuture, status) })
        )
    } finally {
        freeFunc(rustFuture)
    }
",
        new: "        taken = true
        return liftFunc(
            uniffiRustCallWithError(errorHandler, { status -> completeFunc(rustFuture, status) })
        )
    } finally {
        if (!taken) {
            val status = UniffiRustCallStatus()
            val result = completeFunc(rustFuture, status)
            if (status.isSuccess()) {
                (liftFunc(result) as? AutoCloseable)?.close()
            } else {
                RustBuffer.free(status.error_buf)
            }
        }
        freeFunc(rustFuture)
    }
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "what the app's own code throws may be an Error, and crosses no border",
        old: "    } catch(e: kotlin.Exception) {
        val err = try { e.stackTraceToString() } catch(_: Throwable) { \"\" }
        callStatus.code = UNIFFI_CALL_UNEXPECTED_ERROR
        callStatus.error_buf = FfiConverterString.lower(err)
    }
",
        new: "    } catch(_: Throwable) {
        callStatus.setByte(0, UNIFFI_CALL_UNEXPECTED_ERROR)
    }
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "the same where its errors have a type",
        old: "    } catch(e: kotlin.Exception) {
        if (e is E) {
            callStatus.code = UNIFFI_CALL_ERROR
            callStatus.error_buf = lowerError(e)
        } else {
            val err = try { e.stackTraceToString() } catch(_: Throwable) { \"\" }
            callStatus.code = UNIFFI_CALL_UNEXPECTED_ERROR
            callStatus.error_buf = FfiConverterString.lower(err)
        }
    }
",
        new: "    } catch(e: Throwable) {
        if (e is E) {
            callStatus.setByte(0, UNIFFI_CALL_ERROR)
            callStatus.share(8).setValue(lowerError(e))
        } else {
            callStatus.setByte(0, UNIFFI_CALL_UNEXPECTED_ERROR)
        }
    }
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "the thread goes on to other code: that one was interrupted is not told to the next",
        old: "    try {
        writeReturn(makeCall())
",
        new: "    Thread.interrupted()
    try {
        writeReturn(makeCall())
",
        times: Times::Exactly(2),
    },
    // Each is several pieces of memory outside the heap, which the collector has to find and let go of: 36 of the 64 that a save
    // took. A call from inside a call takes another one. One in which an error was written is not used again.
    Mend {
        why: "where a call says how it went is used again by the next call of the thread",
        old: "    var status = UniffiRustCallStatus()
    val return_value = callback(status)
    uniffiCheckCallStatus(errorHandler, status)
",
        new: "    val unused = unusedStatuses.get()
    val status = unused.removeLastOrNull() ?: UniffiRustCallStatus()
    val return_value = callback(status)
    uniffiCheckCallStatus(errorHandler, status)
    unused.addLast(status)
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "these are kept for each thread",
        old: "private inline fun <U, E: kotlin.Exception> uniffiRustCallWithError(",
        new: "private val unusedStatuses = ThreadLocal.withInitial { ArrayDeque<UniffiRustCallStatus>() }

private inline fun <U, E: kotlin.Exception> uniffiRustCallWithError(",
        times: Times::Exactly(1),
    },
    // By itself JNA takes memory for each structure, and reads and writes its fields by reflection.
    Mend {
        why: "many structures lie in one piece of memory, and their fields are read and written where they lie",
        old: "    class ByReference: RustBuffer(), Structure.ByReference
",
        new: "    class ByReference: RustBuffer(), Structure.ByReference

    override fun autoAllocate(size: Int) = structureMemory(size)

    override fun read() {
        val at = pointer
        capacity = at.getLong(0)
        len = at.getLong(8)
        data = at.getPointer(16)
    }

    override fun write() = pointer.setValue(this)
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "the same, and of a call that went well nothing but that is read or written",
        old: "    class ByValue: UniffiRustCallStatus(), Structure.ByValue
",
        new: "    class ByValue: UniffiRustCallStatus(), Structure.ByValue

    override fun autoAllocate(size: Int) = structureMemory(size)

    override fun read() {
        code = pointer.getByte(0)
        if (!isSuccess()) super.read()
    }

    override fun write() {
        if (isSuccess()) pointer.setByte(0, code) else super.write()
    }
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a callback writes what it gives where the library wants it: JNA makes no structure for it",
        old: "`uniffiOutReturn`: RustBuffer,",
        new: "`uniffiOutReturn`: Pointer,",
        times: Times::AsOftenAs("`uniffiOutReturn`: RustBuffer,"),
    },
    Mend {
        why: "the same for how it went",
        old: "uniffiCallStatus: UniffiRustCallStatus,",
        new: "uniffiCallStatus: Pointer,",
        times: Times::AsOftenAs("uniffiCallStatus: UniffiRustCallStatus,"),
    },
    Mend {
        why: "the same where it is written",
        old: "    callStatus: UniffiRustCallStatus,
",
        new: "    callStatus: Pointer,
",
        times: Times::Exactly(2),
    },
    Mend {
        why: "the length is written with the other fields when the structure crosses",
        old: "            rbuf.writeField(\"len\", bbuf.position().toLong())
",
        new: "            rbuf.len = bbuf.position().toLong()
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a library of another build is refused before the first call",
        old: "    init {
        Native.register(UniffiLib::class.java, findLibraryName(componentName = \"yorisoi\"))
",
        new: "    init {
        IntegrityCheckingUniffiLib.ensureInitialized()
        Native.register(UniffiLib::class.java, findLibraryName(componentName = \"yorisoi\"))
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "the compiler asks of what is written by hand, and of this not, that it says what is public",
        old: "@file:Suppress(\"NAME_SHADOWING\")
",
        new: "@file:Suppress(
    \"NAME_SHADOWING\",
    \"NO_EXPLICIT_VISIBILITY_IN_API_MODE_WARNING\",
    \"NO_EXPLICIT_RETURN_TYPE_IN_API_MODE_WARNING\",
)
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "half a character, as a text field that cuts leaves it, is replaced as everywhere else, and throws nothing",
        old: "            onMalformedInput(CodingErrorAction.REPORT)
",
        new: "            onMalformedInput(CodingErrorAction.REPLACE)
            replaceWith(byteArrayOf(0xEF.toByte(), 0xBF.toByte(), 0xBD.toByte()))
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "an error's message is for the person, in the system's language",
        old: "            get() = \"details=${ `details` }\"
",
        new: "            get() = `details`.words.text()
",
        times: Times::Exactly(11),
    },
    Mend {
        why: "the same for a card's code",
        old: "            get() = \"details=${ `details` }, groups=${ `groups` }\"
",
        new: "            get() = `details`.words.text()
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "its code stands in logs",
        old: "sealed class YorisoiException: kotlin.Exception() {
",
        new: "sealed class YorisoiException: kotlin.Exception() {
    /** The kind, the stable code and the message. Nothing in it is personal. */
    override fun toString() = \"${javaClass.name}: ${details.code}: $message\"

",
        times: Times::Exactly(1),
    },
];

/// Has every callback keep the thread that comes by it, before JNA makes a function of it. As JNA does it otherwise, a thread of
/// the library is attached to the JVM for each call into it and detached after it.
pub(super) fn with_kept_threads(text: &str) -> Result<String, String> {
    let keep = || "    init { keepThreads(this) }".to_owned();
    let (changed, told) = with_lines_behind(text, |line| is_callback(line).then(keep));
    match text.matches("override fun callback(").count() {
        callbacks if callbacks == told && callbacks > 0 => Ok(changed),
        callbacks => Err(format!("{callbacks} callbacks, but {told} that are known by their names")),
    }
}

fn is_callback(line: &str) -> bool {
    let named = [": UniffiCallbackInterface", ": UniffiRustFutureContinuationCallback"];
    line.starts_with("internal object ") && named.iter().any(|name| line.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_callback_keeps_its_threads() {
        let method = "object A {\n    internal object `read`: UniffiCallbackInterfaceClockMethod0 {\n        \
                      override fun callback(a: Long) {}\n    }\n}\n";
        let changed = with_kept_threads(method).unwrap();
        assert!(
            changed.contains("ClockMethod0 {\n        init { keepThreads(this) }\n        override"),
            "{changed}"
        );
        let future = "internal object b: UniffiRustFutureContinuationCallback {\n    override fun callback(a: Long) {}\n}\n";
        let changed = with_kept_threads(future).unwrap();
        assert!(changed.contains("Callback {\n    init { keepThreads(this) }\n    override"), "{changed}");
    }

    #[test]
    fn a_callback_of_an_unknown_name_is_told() {
        let unknown = "internal object c: UniffiSomethingElse {\n    override fun callback(a: Long) {}\n}\n";
        assert!(with_kept_threads(unknown).unwrap_err().contains("1 callbacks, but 0"));
        assert!(with_kept_threads("").is_err());
    }
}
