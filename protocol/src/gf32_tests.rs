//! Proofs of what the check finds and places, by algebra over all cases; samples only tie the algebra to real words.

use std::collections::{BTreeSet, HashMap, HashSet};

use proptest::prelude::*;

use super::*;

/// Pairs of places × pairs of errors: every way to have two wrong symbols.
const TWO_WRONG: u32 = 120 * 31 * 31;

type Syndromes = [u8; 3];

/// What an error at a place adds to the syndromes. That it does so for every word is the first test below but one.
fn effect(index: usize, error: u8) -> Syndromes {
    [1, 2, 3].map(|root| multiply(error, power(place(index), root)))
}

fn sum(a: Syndromes, b: Syndromes) -> Syndromes {
    [a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2]]
}

/// What swapping this symbol and the next adds, if they differ by `difference`.
fn swap_effect(index: usize, difference: u8) -> Syndromes {
    sum(effect(index, difference), effect(index + 1, difference))
}

fn errors() -> std::ops::Range<u8> {
    1..32
}

/// Every pair of places, the smaller first.
fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..WORD).flat_map(|i| (i + 1..WORD).map(move |j| (i, j)))
}

fn wrong(word: &[u8; WORD], index: usize, error: u8) -> [u8; WORD] {
    let mut changed = *word;
    changed[index] ^= error;
    changed
}

fn any_data() -> impl Strategy<Value = [u8; DATA]> {
    proptest::array::uniform13(0u8..32)
}

/// Whether version 1 may have been issued, as the parser of codes asks.
fn version_one(word: &[u8; WORD]) -> bool {
    word[0] == 1
}

#[test]
fn multiplication_is_that_of_a_field() {
    for a in 0..32 {
        assert_eq!(multiply(a, 1), a);
        for b in 0..32 {
            assert_eq!(multiply(a, b), multiply(b, a));
            assert_eq!(multiply(a, b) == 0, a == 0 || b == 0);
            for c in 0..32 {
                assert_eq!(multiply(a ^ b, c), multiply(a, c) ^ multiply(b, c));
                assert_eq!(multiply(multiply(a, b), c), multiply(a, multiply(b, c)));
            }
        }
    }
    let powers: BTreeSet<u8> = (0..31).map(|exponent| power(2, exponent)).collect();
    assert_eq!(powers.len(), 31, "the powers of α are all that is not zero");
    assert_eq!(power(2, 31), 1);
}

#[test]
fn the_generator_polynomial_is_the_product_of_its_roots() {
    // (x−α)(x−α²)(x−α³), constant term last.
    let mut product = vec![1u8];
    for root in [2u8, 4, 8] {
        let shifted: Vec<u8> = product.iter().copied().chain([0]).collect();
        let scaled = std::iter::once(0).chain(product.iter().map(|c| multiply(*c, root)));
        product = shifted.iter().zip(scaled).map(|(a, b)| a ^ b).collect();
    }
    assert_eq!(product, [&[1], &GENERATOR[..]].concat());
}

/// One to three errors whose effects never cancel are noticed in whatever word they happen, because effects add up
/// (see the property at the end). A common factor can be divided out, so the first error may be fixed to 1.
#[test]
fn no_two_valid_words_differ_in_three_symbols_or_fewer() {
    let mut seen = 0u32;
    for i in 0..WORD {
        let one = effect(i, 1);
        assert_ne!(one, [0; 3]);
        for (j, e) in (i + 1..WORD).flat_map(|j| errors().map(move |e| (j, e))) {
            let two = sum(one, effect(j, e));
            assert_ne!(two, [0; 3]);
            for k in j + 1..WORD {
                for f in errors() {
                    assert_ne!(sum(two, effect(k, f)), [0; 3]);
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 560 * 31 * 31, "every three of sixteen places");
}

#[test]
fn some_valid_words_differ_in_four_symbols() {
    // So "three" cannot be promised higher.
    let words = [encode([0; DATA]), encode([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])];
    assert_eq!(words[0].iter().zip(&words[1]).filter(|(a, b)| a != b).count(), 4);
}

#[test]
fn no_two_slips_have_the_same_effect() {
    let symbols = (0..WORD).flat_map(|index| errors().map(move |error| effect(index, error)));
    let swaps = (0..WORD - 1).flat_map(|index| errors().map(move |error| swap_effect(index, error)));
    let all: Vec<Syndromes> = symbols.chain(swaps).collect();
    assert_eq!(all.len(), 31 * 31, "16 places and 15 borders, 31 errors each");
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    assert!(!all.contains(&[0; 3]));
}

#[test]
fn two_wrong_symbols_never_have_the_effect_of_one_wrong_symbol() {
    let single: HashSet<Syndromes> =
        (0..WORD).flat_map(|index| errors().map(move |error| effect(index, error))).collect();
    let mut seen = 0;
    for (i, j) in pairs() {
        for (e, f) in errors().flat_map(|e| errors().map(move |f| (e, f))) {
            assert!(!single.contains(&sum(effect(i, e), effect(j, f))));
            seen += 1;
        }
    }
    assert_eq!(seen, TWO_WRONG);
}

/// The figures in the documentation of [`slip`].
///
/// Where two errors have the effect of a swap of other places, the word is explained by that swap only if the two
/// symbols there differ by just the right value. Any two symbols of a valid word are independent and even (any 13 are;
/// also under a fixed first symbol), so that happens in one word of 32.
#[test]
fn two_wrong_symbols_are_taken_for_a_swap_elsewhere_exactly_as_seldom_as_documented() {
    let swaps: HashMap<Syndromes, usize> = (0..WORD - 1)
        .flat_map(|index| errors().map(move |error| (swap_effect(index, error), index)))
        .collect();
    let (mut elsewhere, mut elsewhere_in_version_one, mut themselves) = (0u32, 0u32, 0u32);
    for (i, j) in pairs() {
        for (e, f) in errors().flat_map(|e| errors().map(move |f| (e, f))) {
            match swaps.get(&sum(effect(i, e), effect(j, f))) {
                // The two errors may themselves be a swap: then the right place is named.
                Some(&index) if (index, index + 1) == (i, j) => themselves += 1,
                Some(&index) => {
                    assert!(i != index && i != index + 1 && j != index && j != index + 1);
                    elsewhere += 1;
                    // A swap that touches the first symbol, or one that leaves it wrong, explains no issued word.
                    elsewhere_in_version_one += u32::from(i != 0 && index != 0);
                }
                None => {}
            }
        }
    }
    assert_eq!(themselves, 15 * 31);
    // Shares of 32 · TWO_WRONG = 31 · 119,040.
    assert_eq!(32 * TWO_WRONG, 31 * 119_040);
    assert_eq!(elsewhere, 31 * 44);
    assert_eq!(elsewhere_in_version_one, 31 * 33);
}

#[test]
fn every_swap_of_every_two_different_neighbours_is_placed() {
    for index in 0..WORD - 1 {
        // Two data symbols whose values run the two neighbours through all pairs.
        let (a, b) = if index + 1 < DATA { (index, index + 1) } else { (DATA - 2, DATA - 1) };
        let mut seen = HashSet::new();
        for (x, y) in (0..32).flat_map(|x| (0..32).map(move |y| (x, y))) {
            let mut data = [7; DATA];
            (data[a], data[b]) = (x, y);
            let mut word = encode(data);
            seen.insert((word[index], word[index + 1]));
            if word[index] != word[index + 1] {
                word.swap(index, index + 1);
                assert_eq!(slip(&word, |_| true), Some(Slip::Swap(index)));
            }
        }
        assert_eq!(seen.len(), 32 * 32);
    }
}

#[test]
fn every_wrong_symbol_of_the_zero_word_is_placed() {
    let word = encode([0; DATA]);
    for (index, error) in (0..WORD).flat_map(|index| errors().map(move |error| (index, error))) {
        assert_eq!(slip(&wrong(&word, index, error), |_| true), Some(Slip::Symbol(index)));
    }
}

#[test]
fn a_slip_from_a_word_that_was_never_issued_is_not_placed() {
    let word = encode([2; DATA]);
    for index in 0..WORD {
        assert_eq!(slip(&wrong(&word, index, 5), version_one), None, "{index}");
    }
    // The first two symbols are a 1 and a 9 here: only swapped back do they begin an issued word.
    let mut data = [3; DATA];
    (data[0], data[1]) = (1, 9);
    let mut word = encode(data);
    word.swap(0, 1);
    assert_eq!(slip(&word, version_one), Some(Slip::Swap(0)));
    (data[0], data[1]) = (9, 1);
    let mut word = encode(data);
    word.swap(0, 1);
    assert_eq!(slip(&word, version_one), None);
}

proptest! {
    /// What makes a count of effects a proof about words.
    #[test]
    fn an_error_adds_its_effect_to_the_syndromes_of_every_word(
        word in proptest::array::uniform16(0u8..32), index in 0..WORD, error in 1u8..32
    ) {
        prop_assert_eq!(syndromes(&wrong(&word, index, error)), sum(syndromes(&word), effect(index, error)));
    }

    #[test]
    fn two_wrong_symbols_are_explained_only_by_a_swap_that_would_do_the_same(
        data in any_data(), (i, j) in (0..WORD, 0..WORD), (e, f) in (1u8..32, 1u8..32)
    ) {
        prop_assume!(i != j);
        let word = wrong(&wrong(&encode(data), i, e), j, f);
        let effect = sum(effect(i, e), effect(j, f));
        let swapped = (0..WORD - 1).find(|index| {
            let difference = word[*index] ^ word[index + 1];
            difference != 0 && swap_effect(*index, difference) == effect
        });
        prop_assert_eq!(slip(&word, |_| true), swapped.map(Slip::Swap));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_wrong_symbol_of_every_word_is_placed(data in any_data()) {
        let word = encode(data);
        prop_assert!(valid(&word));
        for index in 0..WORD {
            for error in errors() {
                prop_assert_eq!(slip(&wrong(&word, index, error), |_| true), Some(Slip::Symbol(index)));
            }
        }
    }
}
