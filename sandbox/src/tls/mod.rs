//! TLS on the loopback: an authority made while the sandbox runs, what stands before a server, and a captive portal.
//!
//! The server itself speaks plain HTTP and in production stands behind a proxy that ends TLS; [`TlsFront`] is that proxy.
//! Keys are made anew each time and never leave the process.

mod authority;
mod front;
mod portal;

pub use authority::{Authority, Identity};
pub use front::TlsFront;
pub use portal::{Page, Portal};
