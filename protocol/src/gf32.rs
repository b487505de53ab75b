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
/// At most one exists: a wrong symbol and a swap that both explained it would be two valid words at distance three.
pub(crate) fn slip(word: &[u8; WORD], issued: impl Fn(&[u8; WORD]) -> bool) -> Option<Slip> {
    let syndromes = syndromes(word);
    for (index, &symbol) in word.iter().enumerate() {
        let place = power(2, WORD - 1 - index);
        for error in 1..32u8 {
            let effect = [1, 2, 3].map(|root| multiply(error, power(place, root)));
            if effect == syndromes {
                return issued(&with(word, index, symbol ^ error)).then_some(Slip::Symbol(index));
            }
        }
    }
    (0..WORD - 1).find_map(|index| {
        let mut swapped = *word;
        swapped.swap(index, index + 1);
        (swapped != *word && valid(&swapped) && issued(&swapped)).then_some(Slip::Swap(index))
    })
}

fn with(word: &[u8; WORD], index: usize, symbol: u8) -> [u8; WORD] {
    let mut changed = *word;
    if let Some(place) = changed.get_mut(index) {
        *place = symbol;
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// The code is linear, so the lightest valid difference is its minimum distance. Counting all words of weight
    /// three that are multiples of the generator proves that none exists.
    #[test]
    fn no_two_valid_words_differ_in_three_symbols_or_fewer() {
        let effects: Vec<[u8; 3]> =
            (0..WORD).map(|i| [1, 2, 3].map(|root| power(power(2, WORD - 1 - i), root))).collect();
        let scaled = |i: usize, e: u8| effects[i].map(|x| multiply(x, e));
        let add = |a: [u8; 3], b: [u8; 3]| [a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2]];
        for i in 0..WORD {
            // A scale factor can be divided out, so the first error may be fixed to 1.
            assert_ne!(scaled(i, 1), [0; 3]);
            for j in i + 1..WORD {
                for e in 1..32 {
                    let two = add(scaled(i, 1), scaled(j, e));
                    assert_ne!(two, [0; 3]);
                    for k in j + 1..WORD {
                        for f in 1..32 {
                            assert_ne!(add(two, scaled(k, f)), [0; 3]);
                        }
                    }
                }
            }
        }
    }
}
