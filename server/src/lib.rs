//! The reference server of Yorisoi: redeems cards, takes in and answers questions, reports to the municipality.
//!
//! From the outside in: [`server`] binds a socket, the HTTP doors read and write, [`service`] holds the rules,
//! [`storage`] says what a database must promise and keeps it with SQLite. [`keys`] and [`sealing`] see to it that
//! what a person wrote is at rest only sealed, [`clock`] and [`randomness`] are the only sources of time and chance,
//! and [`hints`] tells listening phones that there is news. [`mod@print`] sets cards on paper. [`desk_api`] is the wire
//! between a clinician's desk and the server; that between a device and the server is `yorisoi_protocol::wire`.
//!
//! The program `yorisoi-server` is a thin layer of commands over this library.

pub mod clock;
pub mod desk_api;
mod doors;
pub mod hints;
mod http;
pub mod keys;
mod patient_listener;
pub mod print;
pub mod randomness;
mod rescue_key_files;
pub mod sealing;
pub mod server;
pub mod service;
pub mod storage;
mod ticket_key_files;

pub use clock::{Clock, FileClock, SystemClock};
pub use doors::Doors;
pub use randomness::{Randomness, SystemRandomness};
pub use server::{ServeError, Server, ServerConfig};
pub use service::{Cell, Report, Service, SetupError};
