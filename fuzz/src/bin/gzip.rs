//! A compressed body from a server the device has no reason to trust.
//!
//! Promises: never more than the limit comes out, whatever was promised; what was compressed here comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;

// Only this file of the core, for the reason given in `server_events`.
#[path = "../../../core/src/transport/gzip.rs"]
mod gzip;

use yorisoi_fuzz::bounded;

/// What the core's file calls `super::TransportError`, as far as it uses it.
#[derive(Debug, PartialEq, Eq)]
enum TransportError {
    Interrupted,
    TooLarge,
}

/// What the core's file calls `super::exchange`, as far as it uses it.
mod exchange {
    /// A body as it is sent.
    pub(crate) struct Body {
        pub(crate) bytes: Vec<u8>,
        pub(crate) gzip: bool,
    }
}

/// Small, so that small inputs reach it.
const LIMIT: usize = 8 * 1024;
/// The inflater's own window and tables, and a list that doubles up to the limit.
const MEMORY: usize = 256 * 1024;

fuzz_target!(|bytes: &[u8]| {
    match bounded(bytes.len(), 0, MEMORY, || gzip::inflate(bytes, LIMIT)) {
        Ok(body) => assert!(body.len() <= LIMIT),
        Err(TransportError::TooLarge | TransportError::Interrupted) => {}
    }
    let exchange::Body { bytes: sent, gzip: compressed } = gzip::compress(bytes.to_vec());
    if compressed {
        assert!(sent.len() < bytes.len());
        assert_eq!(gzip::inflate(&sent, bytes.len()).as_deref(), Ok(bytes));
    } else {
        assert_eq!(sent, bytes);
    }
});
