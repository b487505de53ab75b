//! Rules of the simulation itself, and a few lives; `cargo xtask simulate` lives many.
//!
//! What a seed found is kept as a test of its own beside what was wrong: another fault in the world makes another life of the
//! same seed.

use yorisoi_simulation::{Toll, live};

#[test]
fn the_same_seed_lives_the_same_life() {
    assert_eq!(live(15).unwrap(), live(15).unwrap());
    assert_ne!(live(15).unwrap().trace, live(16).unwrap().trace);
}

#[test]
fn in_every_life_nothing_is_lost_nothing_is_there_twice_and_nothing_stays_stuck() {
    let mut toll = Toll::default();
    for seed in 1..=10 {
        match live(seed) {
            Ok(ended) => toll.add(&ended.toll),
            Err(broken) => panic!("seed {seed}: {broken}"),
        }
    }
    assert!(toll.dark().len() < 4, "never struck: {:?}", toll.dark());
}
