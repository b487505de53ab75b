//! The server from outside: real sockets, real database files, a clock that stands where a test puts it.

// The lints that forbid these spare functions marked as tests, but not what tests share.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod authentication;
mod bodies;
mod client;
mod desk;
mod device;
mod enrollment;
mod live;
mod operator;
mod pulling;
mod pushing;
mod secrecy;
mod survey;
mod trouble;
mod world;
