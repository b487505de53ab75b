//! `simulate --seeds N [--from S]`: lives so many lives, and tells of each that broke a rule.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use yorisoi_simulation::{Toll, live};

/// Phones and a server in a world that goes wrong, repeatable from a seed.
#[derive(Parser)]
struct Arguments {
    /// How many lives.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The seed of the first; the others follow it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What all lives came to.
#[derive(Default)]
struct Sum {
    toll: Toll,
    messages: u64,
    slowest: i64,
    broken: Vec<(u64, String)>,
}

fn main() -> ExitCode {
    let Arguments { seeds, seed } = Arguments::parse();
    let (next, sum) = (AtomicU64::new(seed), Mutex::new(Sum::default()));
    let end = seed.saturating_add(seeds);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let lived = live(seed);
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    match lived {
                        Ok(ended) => {
                            sum.toll.add(&ended.toll);
                            sum.messages += ended.messages;
                            sum.slowest = sum.slowest.max(ended.drained_millis);
                        }
                        Err(broken) => {
                            println!("seed {seed}: {broken}");
                            sum.broken.push((seed, broken));
                        }
                    }
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    report(seeds, &sum)
}

fn report(seeds: u64, sum: &Sum) -> ExitCode {
    print!("{}", sum.toll);
    println!("{} messages; nothing waited {} ms after the healing at the latest", sum.messages, sum.slowest);
    // A few lives cannot meet with everything.
    let dark = if seeds >= 100 { sum.toll.dark() } else { Vec::new() };
    for trouble in &dark {
        println!("{trouble:?} never struck");
    }
    let broken = sum.broken.len() as u64;
    println!("{} passed, {broken} failed", seeds - broken);
    if broken > 0 || !dark.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
