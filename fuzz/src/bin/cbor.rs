//! The checker of canonical CBOR, held against another reader of CBOR.
//!
//! Promises: it allocates nothing; what it accepts, the other reads and writes to the same bytes; what the other writes
//! to the same bytes, with none of the things that are refused here, it accepts; an error names a place in the bytes.
#![no_main]

use ciborium::Value;
use libfuzzer_sys::fuzz_target;
use yorisoi_fuzz::bounded;
use yorisoi_protocol::cbor::{self, CborProblem, DEPTH_MAX};

fuzz_target!(|bytes: &[u8]| {
    let verdict = bounded(0, 0, 0, || cbor::check(bytes));
    let read: Option<Value> = ciborium::from_reader(bytes).ok();
    let written = read.as_ref().map(|value| {
        let mut written = Vec::new();
        ciborium::into_writer(value, &mut written).expect("a list takes all bytes");
        written
    });
    match verdict {
        Ok(()) => assert_eq!(written.as_deref(), Some(bytes), "accepted, and not the one spelling"),
        Err(error) => {
            assert!(error.offset <= bytes.len() && error.problem != CborProblem::Expected(""));
            let canonical = written.as_deref() == Some(bytes);
            assert!(!canonical || !read.is_some_and(|value| is_ours(&value, 0)), "{error}, and yet it is");
        }
    }
});

/// Whether a value has only what tickets and envelopes are made of, keys in order and each once.
fn is_ours(value: &Value, depth: u8) -> bool {
    match value {
        Value::Integer(_) | Value::Bytes(_) | Value::Text(_) => true,
        Value::Array(items) => depth < DEPTH_MAX && items.iter().all(|item| is_ours(item, depth + 1)),
        Value::Map(pairs) => {
            let keys: Vec<Vec<u8>> = pairs.iter().map(|(key, _)| spelled(key)).collect();
            let rising = keys.iter().zip(keys.iter().skip(1)).all(|(one, next)| one < next);
            let ours = |(key, value): &(Value, Value)| is_ours(key, depth + 1) && is_ours(value, depth + 1);
            depth < DEPTH_MAX && rising && pairs.iter().all(ours)
        }
        _ => false,
    }
}

fn spelled(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a list takes all bytes");
    bytes
}
