//! The scenario files, played by the Rust library against a real server. Swift and Kotlin play the same files.
//!
//! `sandbox/scenarios/README.md` says how they are written. `YORISOI_SCENARIO` names one to play alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod arguments;
mod calls;
mod exercised;
mod matching;
mod phone;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use yorisoi_core::YorisoiError;
use yorisoi_core::error::ErrorKind;
use yorisoi_kit::World;
use yorisoi_kit::world::Setting;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::code::CodeError;

use arguments::Arguments;
use exercised::{note, snake};
use phone::Phone;
use values::Shown;

/// Only ends what would hang.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    #[expect(dead_code, reason = "for readers")]
    name: String,
    #[expect(dead_code, reason = "for readers")]
    journeys: Vec<u8>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    kit: Option<String>,
    os: Option<String>,
    call: Option<String>,
    phone: Option<String>,
    session: Option<String>,
    #[serde(default)]
    with: Value,
    #[serde(default, deserialize_with = "given")]
    expect: Option<Value>,
    error: Option<Value>,
    save: Option<String>,
}

/// `null` is something that can be expected.
fn given<'a, D: serde::Deserializer<'a>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

#[derive(Default)]
struct Play {
    world: Option<World>,
    description: Value,
    phones: BTreeMap<String, Phone>,
    saved: BTreeMap<String, Value>,
}

#[test]
fn every_scenario_goes_as_it_is_written() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let only = std::env::var("YORISOI_SCENARIO").ok();
    let files = files();
    let played = files.iter().filter(|file| {
        only.as_ref().is_none_or(|only| file.file_stem().unwrap().to_string_lossy().contains(only.as_str()))
    });
    let mut failures = Vec::new();
    for file in played {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let scenario: Scenario = serde_json::from_slice(&std::fs::read(file).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // A task of its own: one that breaks off or hangs must not take the others with it.
        let playing = runtime.spawn(async move { tokio::time::timeout(PATIENCE, play(&scenario)).await });
        let outcome = match runtime.block_on(playing) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err("it does not end".to_owned()),
            Err(broke_off) => Err(broke_off.to_string()),
        };
        failures.extend(outcome.err().map(|why| format!("{name}, {why}")));
    }
    exercised::write_down();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(!files.is_empty());
}

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    files
}

async fn play(scenario: &Scenario) -> Result<(), String> {
    let mut play = Play::default();
    for (index, step) in scenario.steps.iter().enumerate() {
        let what =
            [&step.kit, &step.os, &step.call].into_iter().flatten().next().cloned().unwrap_or_default();
        let found = play.step(step).await;
        let fitted = match (&step.expect, &step.error, &found) {
            (None, None, Ok(_)) => Ok(()),
            (Some(expected), None, Ok(found)) => {
                matching::fits(&matching::filled(expected, &play.saved), found)
            }
            (None, Some(expected), Err(error)) => matching::fits(expected, &shown(error)),
            (_, Some(expected), Ok(found)) => Err(format!("expected the error {expected}, found {found}")),
            (_, _, Err(error)) => Err(format!("failed: {}", shown(error))),
        };
        fitted.map_err(|why| format!("step {} ({what}): {why}", index + 1))?;
        if let (Some(name), Ok(found)) = (&step.save, found) {
            play.saved.insert(name.clone(), found);
        }
    }
    Ok(())
}

impl Play {
    async fn step(&mut self, step: &Step) -> Result<Value, YorisoiError> {
        let with = matching::filled(&step.with, &self.saved);
        if let Some(verb) = &step.kit {
            return Ok(self.kit(verb, with).await);
        }
        let mut with = Arguments::new(with);
        let done = match (&step.os, &step.call) {
            (Some(os), None) => {
                let name = step.phone.as_ref().expect("a phone");
                let now = self.description["now"]
                    .as_str()
                    .map_or_else(Timestamp::default, |now| Timestamp::parse(now).unwrap());
                let phone = self.phones.entry(name.clone()).or_insert_with(|| Phone::new(now));
                phone.os(os, &mut with, &self.description).await
            }
            (None, Some(call)) => self.call(step, call, &mut with).await,
            _ => panic!("a step is one of kit, os and call"),
        };
        if done.is_ok() {
            with.finish();
        }
        done
    }

    async fn kit(&mut self, verb: &str, with: Value) -> Value {
        if verb == "world" {
            let setting: Setting =
                if with.is_null() { Setting::default() } else { serde_json::from_value(with).unwrap() };
            let world = World::begin(&setting).await.unwrap();
            self.description = world.description().unwrap();
            self.world = Some(world);
            return self.description.clone();
        }
        let world = self.world.as_mut().expect("a world comes first");
        world.call(verb, with).await.unwrap_or_else(|error| panic!("{verb}: {error}"))
    }

    async fn call(&mut self, step: &Step, call: &str, with: &mut Arguments) -> Result<Value, YorisoiError> {
        let Some(name) = &step.phone else {
            return Ok(free(call, with));
        };
        let phone = self.phones.get_mut(name).expect("a phone that was opened");
        let client = phone.client.clone().expect("a phone that is open");
        match call {
            "start_live" => {
                note("call start_live".to_owned());
                phone.live = Some(tokio::spawn(async move { client.live().await }));
                Ok(Value::Null)
            }
            "stop" => {
                assert!(step.session.is_some(), "which session?");
                note("call stop".to_owned());
                phone.live.as_ref().expect("a session").abort();
                Ok(Value::Null)
            }
            "ended" => {
                assert!(step.session.is_some(), "which session?");
                note("call ended".to_owned());
                match phone.live.take().expect("a session").await {
                    Err(stopped) => assert!(stopped.is_cancelled(), "{stopped}"),
                    Ok(ended) => ended?,
                }
                Ok(Value::Null)
            }
            _ => calls::call(&client, call, with).await,
        }
    }
}

/// Functions without a client.
fn free(call: &str, with: &mut Arguments) -> Value {
    note(format!("call {call}"));
    match call {
        "compiled_in_contacts" => {
            use yorisoi_protocol::{loss::FamilyStatus, safety};
            safety::shown(None, Timestamp::default(), FamilyStatus::default()).shown()
        }
        "lock_screen_words" => yorisoi_protocol::loss::lock_screen_words().shown(),
        "message_step_words" => {
            use yorisoi_core::view::MessageStep;
            let all = [
                MessageStep::SavedHere,
                MessageStep::HeldByServer,
                MessageStep::TakenByClinician,
                MessageStep::Answered,
                MessageStep::Refused,
            ];
            let name = with.text("step");
            let step = all.into_iter().find(|step| values::plain("MessageStep", step) == name.as_str());
            step.expect("a step").words().shown()
        }
        other => panic!("there is no function `{other}`"),
    }
}

fn shown(error: &YorisoiError) -> Value {
    let kind = snake(&format!("{:?}", error.kind()));
    note(format!("error {kind}"));
    let mut shown = json!({
        "kind": kind, "code": error.code(), "retryable": error.retryable(), "words": error.words().shown(),
    });
    if let (ErrorKind::Card, YorisoiError::Card(CodeError::CheckFailed { groups })) = (error.kind(), error) {
        shown["groups"] = json!(groups);
    } else if error.kind() == ErrorKind::Card {
        shown["groups"] = json!([]);
    }
    shown
}
