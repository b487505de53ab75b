//! What the strict reading of CBOR refuses, and that `ciborium` agrees about what it accepts.

use ciborium::Value;
use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.replace(' ', "").as_bytes()).unwrap()
}

fn problem(hex: &str) -> (usize, CborProblem) {
    let error = check(&bytes(hex)).expect_err(hex);
    (error.offset, error.problem)
}

#[test]
fn every_offence_is_named_with_its_place() {
    use CborProblem::*;
    for (hex, offset, expected) in [
        ("", 0, Cut),
        ("18", 1, Cut),
        ("42 01", 2, Cut),
        ("82 01", 2, Cut),
        ("a1 01", 2, Cut),
        ("9b ffffffffffffffff", 9, Cut),
        ("5b ffffffffffffffff 00", 10, Cut),
        ("01 01", 1, Trailing),
        ("80 ff", 1, Trailing),
        ("18 17", 0, NotShortest),
        ("19 00ff", 0, NotShortest),
        ("1a 0000ffff", 0, NotShortest),
        ("1b 00000000ffffffff", 0, NotShortest),
        ("38 00", 0, NotShortest),
        ("58 01 00", 0, NotShortest),
        ("78 00", 0, NotShortest),
        ("98 01 00", 0, NotShortest),
        ("b8 00", 0, NotShortest),
        ("9f 01 ff", 0, Indefinite),
        ("bf ff", 0, Indefinite),
        ("5f ff", 0, Indefinite),
        ("7f ff", 0, Indefinite),
        ("81 ff", 1, Indefinite),
        ("d2 80", 0, Tag),
        ("c1 00", 0, Tag),
        ("f4", 0, FloatOrSimple),
        ("f6", 0, FloatOrSimple),
        ("f9 3c00", 0, FloatOrSimple),
        ("fa 3f800000", 0, FloatOrSimple),
        ("a1 01 fb 3ff0000000000000", 2, FloatOrSimple),
        ("1c", 0, Reserved),
        ("1f", 0, Reserved),
        ("3f", 0, Reserved),
        ("62 c328", 0, NotUtf8),
        ("63 eda080", 0, NotUtf8),
        ("a2 02 00 01 00", 3, KeyOrder),
        ("a2 20 00 18 18 00", 3, KeyOrder),
        ("a2 01 00 01 00", 3, KeyTwice),
        ("81 81 81 81 80", 4, TooDeep),
        ("a1 01 a1 01 a1 01 a1 01 a0", 8, TooDeep),
    ] {
        assert_eq!(problem(hex), (offset, expected), "{hex}");
    }
}

#[test]
fn what_is_canonical_is_accepted() {
    for hex in [
        "00",
        "17",
        "18 18",
        "18 ff",
        "19 0100",
        "1a 00010000",
        "1b 0000000100000000",
        "20",
        "38 18",
        "40",
        "41 00",
        "60",
        "62 c3a9",
        "80",
        "81 81 81 80",
        "a0",
        "a2 01 00 02 00",
        "a2 18 18 00 20 00",
        "a2 07 00 3a 00011170 a0",
    ] {
        check(&bytes(hex)).expect(hex);
    }
}

#[test]
fn a_cut_anywhere_is_refused() {
    let whole = bytes("a2 01 82 42 0102 61 61 3a 00011170 a1 01 1a 00010000");
    check(&whole).unwrap();
    for length in 0..whole.len() {
        assert_eq!(check(&whole[..length]).unwrap_err().problem, CborProblem::Cut, "{length}");
    }
}

#[test]
fn the_reader_takes_exactly_what_stands_there_and_says_where_it_does_not() {
    let item = bytes("83 39 03e7 43 010203 62 6869");
    let mut reader = Reader::new(&item).unwrap();
    reader.array(3, "three").unwrap();
    assert_eq!(reader.clone().exactly(-1, "minus one").unwrap_err().offset, 1);
    reader.exactly(-1000, "minus a thousand").unwrap();
    let wrong = reader.clone().bytes_of::<4>("four bytes").unwrap_err();
    assert_eq!((wrong.offset, wrong.problem), (4, CborProblem::Expected("four bytes")));
    assert_eq!(reader.bytes_of::<3>("three bytes"), Ok([1, 2, 3]));
    assert_eq!(reader.end().unwrap_err().problem, CborProblem::Trailing);
    assert_eq!(reader.clone().map(0, "a map").unwrap_err().within(10).offset, 18);
    assert_eq!(reader.text("a greeting"), Ok("hi"));
    reader.end().unwrap();
    let five = Reader::new(&[5]).unwrap();
    assert_eq!(five.clone().unsigned(5, "five"), Ok(5));
    assert!(five.clone().unsigned(4, "four").is_err());
}

#[test]
fn the_writer_writes_the_shortest_form_of_every_integer() {
    let edges = [0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff, 0x1_0000_0000, i64::MAX];
    for integer in edges.into_iter().flat_map(|edge| [edge, -edge, !edge]) {
        let written = Writer::new().integer(integer).done();
        check(&written).unwrap();
        assert_eq!(written, model(&Value::from(integer)), "{integer}");
        Reader::new(&written).unwrap().exactly(integer, "it").unwrap();
    }
}

fn model(value: &Value) -> Vec<u8> {
    let mut written = Vec::new();
    ciborium::into_writer(value, &mut written).unwrap();
    written
}

/// Integers of every width, most of them near where a width ends.
fn integers() -> impl Strategy<Value = Value> {
    let near = |edge: i64| (edge - 30..edge + 30).prop_map(Value::from);
    prop_oneof![
        near(0),
        near(256),
        near(-256),
        near(65_536),
        near(1 << 32),
        any::<i64>().prop_map(Value::from)
    ]
}

/// Values as deep as is allowed, their maps sorted as the canonical form wants them.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        integers(),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        "\\PC{0,12}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(u32::from(DEPTH_MAX), 40, 5, |inner| {
        let pairs = prop::collection::vec((integers(), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::Array),
            pairs.prop_map(|mut pairs| {
                pairs.sort_by_key(|(key, _)| model(key));
                pairs.dedup_by_key(|(key, _)| model(key));
                Value::Map(pairs)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_another_library_writes_canonically_is_accepted(value in values()) {
        prop_assert_eq!(check(&model(&value)), Ok(()));
    }

    /// One meaning, one spelling: whatever is accepted is written back to the same bytes by a library that writes
    /// shortest forms. One changed byte of canonical bytes comes near enough to reach every rule.
    #[test]
    fn what_is_accepted_is_the_only_spelling_of_its_meaning(
        value in values(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = model(&value);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if check(&bytes).is_ok() {
            let read: Value = ciborium::from_reader(bytes.as_slice()).unwrap();
            prop_assert_eq!(model(&read), bytes);
        }
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic_and_the_place_lies_inside(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Err(error) = check(&bytes) {
            prop_assert!(error.offset <= bytes.len());
        }
    }
}
