//! What is mended in the generated Swift and Kotlin, and why.
//!
//! Each mend names the text it takes out and how often that text must be there. The generator is pinned, so a text that
//! is not found means that the generator changed: then each mend is to be looked at again, and none is skipped in silence.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// How often a text has to be found.
enum Times {
    Exactly(usize),
    /// As often as another text of the same file, and at least once.
    AsOftenAs(&'static str),
}

/// One text, and what stands there instead.
struct Mend {
    why: &'static str,
    old: &'static str,
    new: &'static str,
    times: Times,
}

/// Swift: cancelling a task drops the call's future in Rust, and the call throws `CancellationError`. As generated, the
/// call would go on to its own end.
///
/// The handler of a cancellation has run, or will not run, once `withTaskCancellationHandler` is left: only then is the
/// future freed. It takes no lock that is held while a continuation is resumed.
const SWIFT: &[Mend] = &[
    Mend {
        why: "a call is told how its future is cancelled",
        old: "    completeFunc: (UInt64, UnsafeMutablePointer<RustCallStatus>) -> F,\n",
        new: "    cancelFunc: @escaping @Sendable (UInt64) -> (),
    completeFunc: (UInt64, UnsafeMutablePointer<RustCallStatus>) -> F,\n",
        times: Times::Exactly(1),
    },
    Mend {
        why: "the future is polled until it is ready or its task is cancelled",
        old: "    var pollResult: Int8;
    repeat {
        pollResult = await withUnsafeContinuation {
            pollFunc(
                rustFuture,
                { handle, pollResult in
                    uniffiFutureContinuationCallback(handle: handle, pollResult: pollResult)
                },
                uniffiContinuationHandleMap.insert(obj: $0)
            )
        }
    } while pollResult != UNIFFI_RUST_FUTURE_POLL_READY
",
        new: "    await withTaskCancellationHandler {
        var pollResult: Int8
        repeat {
            pollResult = await withUnsafeContinuation {
                pollFunc(
                    rustFuture,
                    { handle, pollResult in
                        uniffiFutureContinuationCallback(handle: handle, pollResult: pollResult)
                    },
                    uniffiContinuationHandleMap.insert(obj: $0)
                )
            }
        } while pollResult != UNIFFI_RUST_FUTURE_POLL_READY
    } onCancel: {
        cancelFunc(rustFuture)
    }
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a cancelled call throws what Swift throws",
        old: "            fatalError(\"Cancellation not supported yet\")\n",
        new: "            throw CancellationError()\n",
        times: Times::Exactly(1),
    },
    Mend {
        why: "every call can throw that it was cancelled",
        old: "try! await uniffiRustCallAsync(",
        new: "",
        times: Times::Exactly(0),
    },
];

/// Kotlin: what is used after it was closed throws the library's own error; nothing leaks or begins where a coroutine is
/// cancelled; an `Error` of the app's own code is no crash; another build of the library is refused by itself.
const KOTLIN: &[Mend] = &[
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
        callStatus.code = UNIFFI_CALL_UNEXPECTED_ERROR
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
            callStatus.code = UNIFFI_CALL_ERROR
            callStatus.error_buf = lowerError(e)
        } else {
            callStatus.code = UNIFFI_CALL_UNEXPECTED_ERROR
        }
    }
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

/// Mends what was generated for both languages.
pub(crate) fn mend(swift: &Path, kotlin: &Path) -> Result<(), Failure> {
    in_file(swift, |text| mended(&with_cancelling(text)?, SWIFT))?;
    in_file(kotlin, |text| mended(text, KOTLIN))
}

fn in_file(path: &Path, change: impl FnOnce(&str) -> Result<String, String>) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let changed =
        change(&text).map_err(|finding| Failure::broken(format!("{}: {finding}", path.display())))?;
    fs::write(path, changed).map_err(Failure::file(path))
}

fn mended(text: &str, mends: &[Mend]) -> Result<String, String> {
    mends.iter().try_fold(text.to_owned(), |text, mend| mend.applied(&text))
}

impl Mend {
    fn applied(&self, text: &str) -> Result<String, String> {
        let Self { why, old, new, ref times } = *self;
        let expected = match *times {
            Times::Exactly(times) => times,
            Times::AsOftenAs(other) => text.matches(other).count().max(1),
        };
        let found = text.matches(old).count();
        if found == expected {
            return Ok(text.replace(old, new));
        }
        let first = old.trim().lines().next().unwrap_or_default();
        Err(format!("`{first} …` stands there {found} times, not {expected}; cannot mend: {why}"))
    }
}

/// Hands each asynchronous call of the Swift the function that cancels its future, beside the one that polls it.
fn with_cancelling(text: &str) -> Result<String, String> {
    let (mut changed, mut told) = (String::with_capacity(text.len()), 0);
    for line in text.lines() {
        changed.push_str(line);
        changed.push('\n');
        let polls =
            line.trim_start().strip_prefix("pollFunc: ").filter(|value| value.contains("_rust_future_poll_"));
        if let Some(poll) = polls {
            let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
            changed.push_str(indent);
            changed.push_str("cancelFunc: ");
            changed.push_str(&poll.replacen("_rust_future_poll_", "_rust_future_cancel_", 1));
            changed.push('\n');
            told += 1;
        }
    }
    match text.matches("await uniffiRustCallAsync(").count() {
        calls if calls == told && calls > 0 => Ok(changed),
        calls => Err(format!("{calls} asynchronous calls, but {told} that say how they are polled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWICE: &[Mend] = &[Mend { why: "a test", old: "a\nb", new: "c", times: Times::Exactly(2) }];

    #[test]
    fn a_text_is_replaced_only_if_it_is_there_as_often_as_expected() {
        assert_eq!(mended("a\nb a\nb", TWICE).unwrap(), "c c");
        for text in ["", "a\nb", "a\nb a\nb a\nb", "a b a b"] {
            let told = mended(text, TWICE).unwrap_err();
            assert!(told.contains("not 2; cannot mend: a test"), "{told}");
        }
    }

    #[test]
    fn a_text_that_belongs_to_each_class_is_there_for_each_and_for_one_at_least() {
        let each = [Mend { why: "a test", old: "old", new: "new", times: Times::AsOftenAs("class") }];
        assert_eq!(mended("class old class old", &each).unwrap(), "class new class new");
        assert!(mended("class old class", &each).is_err());
        assert!(mended("", &each).is_err());
    }

    #[test]
    fn what_must_not_be_there_is_refused() {
        let never = [Mend { why: "a test", old: "try!", new: "", times: Times::Exactly(0) }];
        assert_eq!(mended("try", &never).unwrap(), "try");
        assert!(mended("try!", &never).is_err());
    }

    #[test]
    fn each_asynchronous_call_learns_how_it_is_cancelled() {
        let call = "try  await uniffiRustCallAsync(\n    pollFunc: ffi_x_rust_future_poll_u64,\n)\n";
        assert_eq!(
            with_cancelling(call).unwrap(),
            "try  await uniffiRustCallAsync(\n    pollFunc: ffi_x_rust_future_poll_u64,\n    \
             cancelFunc: ffi_x_rust_future_cancel_u64,\n)\n"
        );
        assert!(with_cancelling("await uniffiRustCallAsync(\n    poll: other,\n)\n").is_err());
        assert!(with_cancelling("").is_err());
    }
}
