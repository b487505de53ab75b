//! The server from outside: real sockets, real database files, a clock that stands where a test puts it.

// The lints that forbid these spare functions marked as tests, but not what tests share.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod authentication;
mod batches;
mod bodies;
mod card_inspect;
mod card_states;
mod cards_command;
mod client;
mod crowd;
mod desk;
mod device;
mod eligibility;
mod enrollment;
mod erasures;
mod limits;
mod live;
mod manifest;
mod operator;
mod operator_manifest;
mod photos;
mod phrase;
mod printing;
mod pulling;
mod pushing;
mod races;
mod rescues;
mod secrecy;
mod survey;
mod trouble;
mod world;
