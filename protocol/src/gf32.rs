//! The field GF(32) and the Reed–Solomon check of a typed code.
//!
//! Polynomial x⁵+x³+1 (0x29), generator α = 2, generator polynomial (x−α)(x−α²)(x−α³), so any two valid words
//! differ in at least four symbols: up to three wrong symbols are always noticed, and one wrong symbol can be placed.
//! Nothing here corrects a word: a corrected code could be a neighbour's.

/// Symbols in a whole word.
pub(crate) const WORD: usize = 16;
/// Symbols of data at its start.
pub(crate) const DATA: usize = 13;
/// Added to the check symbols, so that neither all zeros nor a rotation of a valid word is valid.
const OFFSET: [u8; 3] = [19, 7, 28];
/// Coefficients of the generator polynomial below its leading 1.
const GENERATOR: [u8; 3] = [14, 17, 18];

/// What single slip explains an invalid word, if exactly one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// One symbol at this index is wrong.
    Symbol(usize),
    /// The symbols at this index and the next stand in each other's place.
    Swap(usize),
}

fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut b, mut product) = (a, b, 0u8);
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 0x20 != 0 {
            a ^= 0x29;
        }
        b >>= 1;
    }
    product
}

fn power(base: u8, exponent: usize) -> u8 {
    (0..exponent).fold(1, |product, _| multiply(product, base))
}

/// The whole word for these data symbols.
pub(crate) fn encode(data: [u8; DATA]) -> [u8; WORD] {
    let mut remainder = [0u8; 3];
    for symbol in data {
        let [first, second, third] = remainder;
        let [high, middle, low] = GENERATOR;
        let lead = first ^ symbol;
        remainder = [second ^ multiply(lead, high), third ^ multiply(lead, middle), multiply(lead, low)];
    }
    let mut word = [0u8; WORD];
    let check = remainder.into_iter().zip(OFFSET).map(|(symbol, offset)| symbol ^ offset);
    for (place, symbol) in word.iter_mut().zip(data.into_iter().chain(check)) {
        *place = symbol;
    }
    word
}

/// The three syndromes; all zero for a valid word.
fn syndromes(word: &[u8; WORD]) -> [u8; 3] {
    let mut plain = *word;
    for (symbol, offset) in plain.iter_mut().skip(DATA).zip(OFFSET) {
        *symbol ^= offset;
    }
    [1, 2, 3].map(|root| {
        let root = power(2, root);
        plain.iter().fold(0, |sum, symbol| multiply(sum, root) ^ symbol)
    })
}

/// Whether the check symbols fit the data symbols.
pub(crate) fn valid(word: &[u8; WORD]) -> bool {
    syndromes(word) == [0; 3]
}

/// The one slip that turns some valid word accepted by `issued` into `word`.
///
/// No two slips explain the same word. Two wrong symbols, or a wrong symbol and a swap, would put two valid words at
/// distance three or less. Swaps by `g` at the neighbours X and `h` at Y would need g·X = h·Y and g·X² = h·Y² (the
/// first two syndromes, divided by 1+α⁻¹ and 1+α⁻²), so X = Y.
///
/// A slip is a help, not a proof. Two wrong symbols are never taken for one wrong symbol elsewhere, but now and then for
/// a swap elsewhere: in exactly 33 of 119,040 cases (0.028 %) where only version 1 is issued, counted over every pair
/// of places and every pair of errors as equally likely, and every valid word that begins with 1 as equally likely.
/// Where `issued` accepts every word, it is 44 of 119,040 (0.037 %). The tests count both.
pub(crate) fn slip(word: &[u8; WORD], issued: impl Fn(&[u8; WORD]) -> bool) -> Option<Slip> {
    wrong_symbol(word, &issued).or_else(|| swap(word, &issued))
}

/// An error e at the place X has the syndromes e·X, e·X² and e·X³.
fn wrong_symbol(word: &[u8; WORD], issued: &impl Fn(&[u8; WORD]) -> bool) -> Option<Slip> {
    let [first, second, third] = syndromes(word);
    let fits = |place: u8| multiply(first, place) == second && multiply(second, place) == third;
    let index = (0..WORD).find(|index| first != 0 && fits(place(*index)))?;
    // X³¹ = 1, so X³⁰ divides by X.
    let error = multiply(first, power(place(index), 30));
    let mut before = *word;
    *before.get_mut(index)? ^= error;
    issued(&before).then_some(Slip::Symbol(index))
}

fn swap(word: &[u8; WORD], issued: &impl Fn(&[u8; WORD]) -> bool) -> Option<Slip> {
    (0..WORD - 1).find_map(|index| {
        let mut before = *word;
        before.swap(index, index + 1);
        (before != *word && valid(&before) && issued(&before)).then_some(Slip::Swap(index))
    })
}

/// The power of α that belongs to the symbol at `index`: α¹⁵ for the first, 1 for the last.
fn place(index: usize) -> u8 {
    power(2, WORD.saturating_sub(index + 1))
}

#[cfg(test)]
#[path = "gf32_tests.rs"]
mod tests;
