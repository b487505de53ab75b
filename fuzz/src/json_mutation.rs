//! Changes JSON as JSON: moves, copies, wraps, drops and bends its values, so that a changed file is still a file and
//! its values are what is judged. Every second change is one of bytes, by libFuzzer itself.

use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Value, json};

/// Values that stand at the edge of something: of a type, of the calendar, of a cap.
const EDGES: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "-1",
    "64",
    "744",
    "745",
    "1023",
    "1024",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1.5",
    "\"\"",
    "[]",
    "{}",
    "\"0001-01-01\"",
    "\"9999-12-31\"",
    "\"2020-02-29\"",
    "\"2021-12-31\"",
    "\"2022-01-01\"",
    "\"132063\"",
    "\"131121\"",
    "\"END_ON_DATE\"",
    "{\"GraceDays\":30}",
    "\"EndOfMonth\"",
    "\"AgeLaw\"",
    "\"Art140\"",
    "{\"programme\":37}",
    "{\"resides\":\"132063\"}",
    "{\"window\":[\"2021-08-02\",\"2021-12-31\"]}",
    "{\"child_age_lt\":{\"months\":12,\"count\":\"AgeLaw\"}}",
    "{\"caregiver_of_infant\":{}}",
    "{\"delivered_within\":{\"days\":30,\"count\":\"Art140\"}}",
    "{\"later\":[]}",
];

/// What `fuzz_mutator!` asks for: changes the first `size` bytes of `data` and returns how many there are now.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Dice(u64::from(seed));
    let parsed = data.get(..size).and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let Some(mut value) = parsed.filter(|_| dice.roll(2) == 0) else {
        return fuzzer_mutate(data, size, max_size);
    };
    for _ in 0..=dice.roll(3) {
        change(&mut value, &mut dice);
    }
    let Ok(text) = serde_json::to_vec(&value) else { return fuzzer_mutate(data, size, max_size) };
    match data.get_mut(..text.len()) {
        Some(place) if text.len() <= max_size => {
            place.copy_from_slice(&text);
            text.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}

fn change(value: &mut Value, dice: &mut Dice) {
    let nodes = count(value);
    let mut donor = Value::Null;
    visit(value, &mut dice.roll(nodes), &mut |found| donor = found.clone());
    let (kind, edge) = (dice.roll(8), dice.roll(EDGES.len()));
    let mut inner = Dice(dice.next());
    visit(value, &mut dice.roll(nodes), &mut |found| bend(found, kind, edge, &donor, &mut inner));
}

fn bend(found: &mut Value, kind: usize, edge: usize, donor: &Value, dice: &mut Dice) {
    match (kind, found) {
        (0, found) => {
            *found = EDGES.get(edge).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        }
        (1, found) => *found = donor.clone(),
        (2, found) => *found = json!({ "not": found.take() }),
        (3, found) => {
            let word = if dice.roll(2) == 0 { "all" } else { "any" };
            *found = json!({ word: [found.take(), donor] });
        }
        (_, Value::Array(items)) if !items.is_empty() => {
            let (from, to) = (dice.roll(items.len()), dice.roll(items.len()));
            match kind {
                4 => drop(items.remove(from)),
                5 => items.push(donor.clone()),
                _ => items.swap(from, to),
            }
        }
        (_, Value::Object(fields)) if !fields.is_empty() => {
            let name = fields.keys().nth(dice.roll(fields.len())).cloned().unwrap_or_default();
            match kind {
                4 | 5 => drop(fields.remove(&name)),
                _ => drop(fields.insert(name, donor.clone())),
            }
        }
        (_, Value::Number(number)) => {
            let step = [-1, 1, -1000, 86_400_000][dice.roll(4)];
            let bent = number.as_i64().unwrap_or_default().saturating_add(step);
            *number = bent.into();
        }
        (_, Value::String(text)) => bend_text(text, dice),
        (_, found) => *found = donor.clone(),
    }
}

/// Another digit or letter in one place, a place less, or one twice.
fn bend_text(text: &mut String, dice: &mut Dice) {
    let mut signs: Vec<char> = text.chars().collect();
    if signs.is_empty() {
        return text.push('0');
    }
    let place = dice.roll(signs.len());
    match dice.roll(4) {
        0 => drop(signs.remove(place)),
        1 => signs.insert(place, signs[place]),
        _ => signs[place] = ['0', '1', '2', '9', '-', '/', 'a', 'U', '.', 'ー', '熱'][dice.roll(11)],
    }
    *text = signs.into_iter().collect();
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Shows the value that is `left` further in; 0 is this one.
fn visit(value: &mut Value, left: &mut usize, show: &mut dyn FnMut(&mut Value)) -> bool {
    if *left == 0 {
        show(value);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, left, show)),
        Value::Object(fields) => fields.values_mut().any(|field| visit(field, left, show)),
        _ => false,
    }
}

/// Numbers from a seed (SplitMix64, Steele, Lea and Flood 2014): the same seed, the same change.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % (sides.max(1) as u64)).unwrap_or_default()
    }
}
