//! What is mended in the generated Swift.

use super::{Mend, Times, with_lines_behind};

/// Swift: cancelling a task drops the call's future in Rust, and the call throws `CancellationError`. As generated, the
/// call would go on to its own end.
///
/// The handler of a cancellation has run, or will not run, once `withTaskCancellationHandler` is left: only then is the
/// future freed. It takes no lock that is held while a continuation is resumed.
pub(super) const MENDS: &[Mend] = &[
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
    // Results are read where the library wrote them. `Data` over the same memory looks at each number what kind of `Data` it
    // is, and copies each text twice. Every reading is within the buffer, as before, and it is freed when all is read.
    Mend {
        why: "a result is read from the library's memory",
        old: "(data: Data, offset: Data.Index)",
        new: "(data: UnsafeRawBufferPointer, offset: Int)",
        times: Times::AsOftenAs("offset: Data.Index)"),
    },
    Mend {
        why: "a reader begins with that memory",
        old: "func createReader(data: Data) ->",
        new: "func createReader(data: UnsafeRawBufferPointer) ->",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a reader is given that memory",
        old: "createReader(data: Data(rustBuffer: buf))",
        new: "createReader(data: UnsafeRawBufferPointer(start: buf.data, count: Int(buf.len)))",
        times: Times::Exactly(1),
    },
    Mend {
        why: "nothing else makes a `Data` of it",
        old: "
fileprivate extension Data {
    init(rustBuffer: RustBuffer) {
        self.init(
            bytesNoCopy: rustBuffer.data!,
            count: Int(rustBuffer.len),
            deallocator: .none
        )
    }
}
",
        new: "",
        times: Times::Exactly(1),
    },
    Mend {
        why: "a number is read there",
        old: "    if T.self == UInt8.self {
        let value = reader.data[reader.offset]
        reader.offset += 1
        return value as! T
    }
    var value: T = 0
    let _ = withUnsafeMutableBytes(of: &value, { reader.data.copyBytes(to: $0, from: range)})
",
        new: "    var value: T = 0
    withUnsafeMutableBytes(of: &value) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: reader.data[range])) }
",
        times: Times::Exactly(1),
    },
    Mend {
        why: "so is what becomes a text",
        old: "count: Int) throws -> Array<UInt8> {",
        new: "count: Int) throws -> UnsafeRawBufferPointer {",
        times: Times::Exactly(1),
    },
    Mend {
        why: "and it becomes one without another copy",
        old: "    var value = [UInt8](repeating: 0, count: count)
    value.withUnsafeMutableBufferPointer({ buffer in
        reader.data.copyBytes(to: buffer, from: range)
    })
    reader.offset = range.upperBound
    return value
",
        new: "    reader.offset = range.upperBound
    return UnsafeRawBufferPointer(rebasing: reader.data[range])
",
        times: Times::Exactly(1),
    },
];

/// Hands each asynchronous call of the Swift the function that cancels its future, beside the one that polls it.
pub(super) fn with_cancelling(text: &str) -> Result<String, String> {
    let (changed, told) = with_lines_behind(text, |line| {
        let poll = line.strip_prefix("pollFunc: ").filter(|value| value.contains("_rust_future_poll_"))?;
        Some(format!("cancelFunc: {}", poll.replacen("_rust_future_poll_", "_rust_future_cancel_", 1)))
    });
    match text.matches("await uniffiRustCallAsync(").count() {
        calls if calls == told && calls > 0 => Ok(changed),
        calls => Err(format!("{calls} asynchronous calls, but {told} that say how they are polled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
