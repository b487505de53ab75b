//! The one command of everything: the steps in order, the first failure ends it, a table of times closes it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::program::Program;
use crate::table::aligned;
use crate::workspace::Workspace;
use crate::{
    android, bindings, cards, error_page, fuzz, house, kit, kotlin, kotlin_package, licences, simulate,
    surface, swift, targets, tour,
};

/// One step and what it runs.
struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<(), Failure>,
}

/// Cheap ones first, so that a slip is told early.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: |w| cargo(w, &["fmt", "--all", "--check"]) },
    Step {
        name: "clippy",
        run: |w| cargo(w, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Step { name: "house", run: house::check },
    Step { name: "docs", run: docs },
    Step { name: "test", run: test },
    Step { name: "scenarios", run: kit::check },
    Step { name: "simulate", run: simulate::check },
    Step { name: "licences", run: licences::check },
    Step { name: "errors", run: error_page::check },
    Step { name: "bindings", run: bindings::check },
    Step { name: "surface", run: surface::check },
    Step { name: "targets", run: targets::check },
    Step { name: "fuzz", run: fuzz::check },
    Step { name: "tour", run: tour::check },
    Step { name: "cards", run: cards::check },
    Step { name: "kotlin", run: kotlin::check },
    Step { name: "android", run: android::check },
    Step { name: "package", run: kotlin_package::check },
    Step { name: "swift", run: swift::check },
];

/// Those that take long, and run only if they are named: what a step of `test` tries at some places, tried at every one.
const LONG: &[Step] = &[Step { name: "long", run: long }];

/// Runs all steps, or only those named, and tells how each ended.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<ExitCode, Failure> {
    let steps = chosen(STEPS, LONG, only)?;
    let mut times = Vec::new();
    for step in &steps {
        println!("== {}", step.name);
        let started = Instant::now();
        let outcome = (step.run)(workspace);
        times.push((step.name, started.elapsed()));
        if let Err(failure) = outcome {
            println!("FAILED: {}: {failure}", step.name);
            println!("{}", summary(&times, true, steps.len()));
            return Ok(ExitCode::FAILURE);
        }
    }
    println!("{}", summary(&times, false, steps.len()));
    Ok(ExitCode::SUCCESS)
}

fn chosen<'a>(steps: &'a [Step], long: &'a [Step], only: &[String]) -> Result<Vec<&'a Step>, Failure> {
    let all = || steps.iter().chain(long);
    if let Some(stranger) = only.iter().find(|name| all().all(|step| step.name != **name)) {
        let known: Vec<&str> = all().map(|step| step.name).collect();
        return Err(Failure::Usage(format!("there is no step `{stranger}`, only {}", known.join(", "))));
    }
    if only.is_empty() {
        return Ok(steps.iter().collect());
    }
    Ok(all().filter(|step| only.iter().any(|name| name == step.name)).collect())
}

/// The table of times and, last, the line that counts the steps.
fn summary(times: &[(&'static str, Duration)], last_failed: bool, of: usize) -> String {
    let failed = usize::from(last_failed);
    let passed = times.len() - failed;
    let rows: Vec<[String; 3]> = times
        .iter()
        .enumerate()
        .map(|(index, (name, time))| {
            let verdict = if index < passed { "ok" } else { "FAILED" };
            [(*name).into(), format!("{:>6.1} s", time.as_secs_f64()), verdict.into()]
        })
        .collect();
    let not_run = match of - times.len() {
        0 => String::new(),
        count => format!(", {count} not run"),
    };
    format!("\n{}\n{passed} passed, {failed} failed{not_run}", aligned(&rows))
}

fn cargo(workspace: &Workspace, args: &[&str]) -> Result<(), Failure> {
    Program::cargo(&workspace.root).args(args).run()
}

/// The daily loop, and the bindings, which it leaves out.
fn test(workspace: &Workspace) -> Result<(), Failure> {
    cargo(workspace, &["test"])?;
    cargo(workspace, &["test", "-p", "yorisoi-bindings", "--lib"])
}

/// Three hundred killed processes, a full and a failing disk at every call, a loss of power at every step of many lives; a
/// connection of TLS lost at every byte, and two thousand rounds of killed phones and servers.
fn long(workspace: &Workspace) -> Result<(), Failure> {
    cargo(
        workspace,
        &["test", "-p", "yorisoi-core", "--lib", "--", "--ignored", "a_process", "a_full", "the_power"],
    )?;
    // The server's program is killed and started as it is.
    cargo(workspace, &["build", "-p", "yorisoi-server", "--bin", "yorisoi-server"])?;
    cargo(
        workspace,
        &[
            "test",
            "-p",
            "yorisoi-sandbox",
            "--test",
            "tls",
            "--test",
            "storm",
            "--",
            "--ignored",
            "--nocapture",
        ],
    )
}

fn docs(workspace: &Workspace) -> Result<(), Failure> {
    Program::cargo(&workspace.root)
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-Dwarnings")
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_last_line_counts_the_steps() {
        let text = summary(&[("fmt", SECOND), ("clippy", SECOND * 12)], false, 2);
        assert_eq!(text.lines().last(), Some("2 passed, 0 failed"));
        assert!(text.contains("clippy |   12.0 s | ok"), "{text}");
    }

    #[test]
    fn a_failed_step_is_never_counted_as_passed() {
        let text = summary(&[("fmt", SECOND), ("clippy", SECOND)], true, 9);
        assert_eq!(text.lines().last(), Some("1 passed, 1 failed, 7 not run"));
        assert!(text.contains("clippy |    1.0 s | FAILED"), "{text}");
    }

    #[test]
    fn steps_keep_their_order_and_strangers_are_refused() {
        let named = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            chosen(STEPS, LONG, &only).map(|steps| steps.iter().map(|step| step.name).collect::<Vec<_>>())
        };
        assert_eq!(named(&[]).unwrap().len(), STEPS.len());
        assert_eq!(named(&["house", "fmt"]).unwrap(), ["fmt", "house"]);
        assert!(named(&["hose"]).is_err());
        assert!(!named(&[]).unwrap().contains(&"long"), "only if it is named");
        assert_eq!(named(&["long", "fmt"]).unwrap(), ["fmt", "long"]);
    }
}
