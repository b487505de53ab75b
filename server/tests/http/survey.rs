//! Rules of the survey.

use std::collections::BTreeMap;

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::wire::{OperationBody, OutcomeResult, RefusalCode};

use crate::device::Device;
use crate::world::{World, on};

fn survey(choices: [Option<u8>; 2], at: Timestamp) -> OperationBody {
    let [first, second] = choices;
    OperationBody::Survey {
        survey: "endline-2021".to_owned(),
        version: 1,
        answers: BTreeMap::from([("q1".to_owned(), first), ("q2".to_owned(), second)]),
        day: at.civil_date(),
        blind: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    }
}

fn refusal(device: &mut Device<'_>, body: OperationBody) -> Option<RefusalCode> {
    let operation = device.operation(body);
    match device.sync(&[operation]).outcomes.remove(0).result {
        OutcomeResult::Refused(refusal) => Some(refusal.code),
        OutcomeResult::Applied(_) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_survey_is_answered_once_and_its_answers_are_kept_apart_from_the_member() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let now = on("2021-12-18", 0);
    world.clock.set(now);
    assert_eq!(refusal(&mut device, survey([Some(0), None], now)), None);
    let again = refusal(&mut device, survey([Some(1), Some(1)], now));
    assert_eq!(again, Some(RefusalCode::SurveyAnswered));
    assert_eq!(device.sync(&[]).digest, device.digest, "the operation itself is in the stream");

    let database = rusqlite::Connection::open(world.data.join("yorisoi.db")).unwrap();
    let columns: String = database
        .query_row("SELECT group_concat(name) FROM pragma_table_info('survey_answer')", (), |row| row.get(0))
        .unwrap();
    assert_eq!(columns, "id,programme,survey,version,answers,day");
    let rows: i64 = database.query_row("SELECT count(*) FROM survey_answer", (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
    let id: Vec<u8> = database.query_row("SELECT id FROM survey_answer", (), |row| row.get(0)).unwrap();
    for (table, column) in [("refused", "id"), ("entry", "id"), ("member", "id"), ("device", "id")] {
        let found: i64 = database
            .query_row(&format!("SELECT count(*) FROM {table} WHERE {column} = ?1"), (&id,), |row| row.get(0))
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
    let kept: i64 = database
        .query_row("SELECT count(*) FROM entry WHERE sealed IS NOT NULL", (), |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 0, "the answers are not in the stream");
}

#[test]
fn a_survey_is_open_on_its_days_and_an_answer_given_in_time_may_come_late() {
    let world = World::new();
    let cases = [
        (1, on("2021-12-18", -1), 0, Some(RefusalCode::SurveyClosed)),
        (2, on("2021-12-18", 0), 0, None),
        (3, on("2022-01-22", -1), 0, None),
        (4, on("2022-01-22", 0), 0, Some(RefusalCode::SurveyClosed)),
        (5, on("2022-01-22", 0), -1, None),
        (6, on("2022-01-25", 0), -3 * 86_400 - 1, Some(RefusalCode::SurveyClosed)),
    ];
    let mut devices: Vec<Device<'_>> =
        cases.iter().map(|(number, ..)| Device::enrolled(&world, *number)).collect();
    for ((_, now, given, expected), device) in cases.into_iter().zip(&mut devices) {
        let at = now.plus_millis(given * 1000);
        world.clock.set(at);
        let operation = device.operation(survey([Some(0), Some(0)], at));
        world.clock.set(now);
        let found = match device.sync(&[operation]).outcomes.remove(0).result {
            OutcomeResult::Refused(refusal) => Some(refusal.code),
            _ => None,
        };
        assert_eq!(found, expected, "{now}");
    }
}

#[test]
fn answers_that_do_not_fit_are_refused_and_may_be_given_again() {
    let world = World::new();
    let mut device = Device::enrolled(&world, 1);
    let now = on("2021-12-20", 0);
    world.clock.set(now);
    let mismatch = Some(RefusalCode::SurveyMismatch);
    assert_eq!(refusal(&mut device, survey([Some(6), None], now)), mismatch);
    let mut other = survey([None, None], now);
    if let OperationBody::Survey { version, .. } = &mut other {
        *version = 2;
    }
    assert_eq!(refusal(&mut device, other), mismatch);
    assert_eq!(refusal(&mut device, survey([Some(5), None], now)), None);
}
