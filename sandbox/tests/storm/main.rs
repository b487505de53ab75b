//! Real processes over TLS on the loopback, through a line that fails: phones and a server that are killed under load.
//!
//! In every round phones ask and sync while something goes wrong, by a seed; then it is mended, and every phone must have
//! nothing left to send. In the end the server is read as a clinician reads it: every question that a phone acknowledged is
//! there once, and nothing else.

// The lints that forbid these spare functions marked as tests, but not what tests share.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod oracle;
mod phone;
mod server;
mod trouble;
mod world;

use std::time::Instant;

use world::World;

const ROUNDS: usize = 240;
const MANY_ROUNDS: usize = 2_000;
const SEED: u64 = 20_211_001;

/// Another seed than the one of every run: `YORISOI_STORM_SEED=7 cargo test -p yorisoi-sandbox --test storm`.
fn seed() -> u64 {
    std::env::var("YORISOI_STORM_SEED").map_or(SEED, |seed| seed.parse().expect("a seed is a number"))
}

async fn storm(rounds: usize) {
    let (begun, seed) = (Instant::now(), seed());
    let mut world = World::new(seed).await;
    for round in 0..rounds {
        world.round(round).await;
    }
    let counted = world.counted();
    oracle::check(world).await;
    println!("seed {seed}, {rounds} rounds in {:.1} s: {counted:?}", begun.elapsed().as_secs_f64());
    counted.all_struck();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_there_twice_whatever_the_line_does_and_whoever_is_killed() {
    storm(ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: cargo xtask test long"]
async fn nothing_is_lost_and_nothing_is_there_twice_in_two_thousand_rounds() {
    storm(MANY_ROUNDS).await;
}
