//! Rules of printing cards: a card works once it is printed, and nothing is issued where nothing can be printed.

use yorisoi_protocol::wire::{EnrollmentRefusal, EnrollmentResult};
use yorisoi_server::SetupError;

use crate::device::Device;
use crate::operator::{done, failed, fuchu};
use crate::world::{PROGRAMME, World};

#[test]
fn a_prepared_card_works_only_once_it_is_issued() {
    let world = World::new();
    world.card();
    let prepared = world.service.prepare_cards(PROGRAMME, 3).unwrap();
    let numbers: Vec<u32> = prepared.cards.iter().map(|card| card.number).collect();
    assert_eq!(numbers, [2, 3, 4]);
    let code = prepared.cards[0].code.compact();
    let mut device = Device::new(&world, 1);
    assert_eq!(device.enroll(&code), EnrollmentResult::Refused(EnrollmentRefusal::UnknownCode));
    assert_eq!(world.service.cards(PROGRAMME).unwrap().len(), 1);
    world.service.issue_prepared(&prepared).unwrap();
    assert!(matches!(device.enroll(&code), EnrollmentResult::Granted(_)));
    let cards = world.service.cards(PROGRAMME).unwrap();
    let issued: Vec<(u32, u32)> = cards.iter().map(|card| (card.number, card.batch)).collect();
    assert_eq!(issued, [(1, 1), (2, 2), (3, 2), (4, 2)]);
}

#[test]
fn prepared_cards_are_issued_once_and_never_under_numbers_of_others() {
    let world = World::new();
    let slow = world.service.prepare_cards(PROGRAMME, 2).unwrap();
    let quick = world.service.prepare_cards(PROGRAMME, 1).unwrap();
    world.service.issue_prepared(&quick).unwrap();
    for refused in [&slow, &quick] {
        assert!(matches!(world.service.issue_prepared(refused), Err(SetupError::CardsMoved)));
    }
    let cards = world.service.cards(PROGRAMME).unwrap();
    assert_eq!(cards.len(), 1);
    let again = world.service.prepare_cards(PROGRAMME, 2).unwrap();
    world.service.issue_prepared(&again).unwrap();
    assert_eq!(world.service.cards(PROGRAMME).unwrap().len(), 3);
}

#[test]
fn where_no_sheet_can_be_printed_no_card_is_issued_and_no_file_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    done(&data, "init");
    done(&data, &format!("programme add {}", fuchu(dir.path())));
    let sheets = dir.path().join("sheets");
    std::fs::create_dir(&sheets).unwrap();
    let broken = dir.path().join("broken.ttf");
    std::fs::write(&broken, "no font").unwrap();
    let (out, broken) = (sheets.join("cards.pdf").display().to_string(), broken.display().to_string());
    let whole =
        format!("--programme fuchu-2021 --count 4 --host soudan.example.jp --out {out} --font {broken}");
    for (from, to, reason) in [
        ("", "", "no TrueType or OpenType font"),
        ("broken.ttf", "none.ttf", "the font file cannot be read"),
        ("soudan.example.jp", "https://soudan", "the host has"),
        ("fuchu-2021", "fuchu-2022", "no such programme"),
        ("--count 4", "--count 0", "1 to 2000 cards"),
        ("--count 4", "--count 2001", "1 to 2000 cards"),
        ("cards.pdf", "none/cards.pdf", "the output file cannot be written"),
    ] {
        let message = failed(&data, &format!("cards sheet {}", whole.replace(from, to)), 1);
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(std::fs::read_dir(&sheets).unwrap().count(), 0);
    std::fs::write(&out, "mine").unwrap();
    assert!(failed(&data, &format!("cards sheet {whole}"), 1).contains("exists already"));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    assert_eq!(
        done(&data, "cards list --programme fuchu-2021"),
        "issued 0 redeemed 0 revoked 0 replaced 0\n"
    );
}
