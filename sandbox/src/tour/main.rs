//! `cargo tour`: the path of a question, on real parts.
//!
//! A real server process on its own database, real phones as processes that are really killed, a network that really
//! loses replies. Every step checks what it says; the first that is not as it should be ends the tour with status 1.

mod device;
mod device_process;
mod evidence;
mod failure;
mod kept;
mod process_guard;
mod sealed;
mod server_process;
mod stage;
mod story_answer;
mod story_end;
mod story_enroll;
mod story_held;
mod story_night;
mod story_proof;
mod story_setting;
mod story_survey;
mod texts;
mod unpacked;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use evidence::print;
use failure::Failure;
use stage::Stage;

/// The path of a question: card, phone, server, clinician, phone.
#[derive(Parser)]
#[command(name = "tour", version)]
struct Cli {
    /// Stops after the third step and leaves the server, cards and a phone for you to go on by hand.
    #[arg(long)]
    keep: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Runs one phone, driven by lines of JSON on standard input.
    #[command(hide = true)]
    Device(device::Phone),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(0, &Failure::broken(error)),
    };
    let status = runtime.block_on(async {
        match cli.part {
            Some(Part::Device(phone)) => device::run(phone).await,
            None => tour(cli.keep).await,
        }
    });
    // A read of standard input may still be waiting; nothing is lost with it.
    runtime.shutdown_background();
    status
}

async fn tour(keep: bool) -> ExitCode {
    let started = Instant::now();
    print(
        "Yorisoi: the path of a question. Every name, text and number is made up; nothing leaves this machine.",
    );
    let mut stage = match Stage::new().await {
        Ok(stage) => stage,
        Err(failure) => return failed(0, &failure),
    };
    let told = tokio::select! {
        told = tell(&mut stage, keep) => told,
        failure = interrupted() => Err(failure),
    };
    let step = stage.evidence.current();
    let kept = keep && told.is_ok();
    let ended = match kept {
        true => kept::leave(stage).await,
        false => stage.clear().await,
    };
    match told.and(ended) {
        Err(failure) => failed(step, &failure),
        Ok(()) if kept => ExitCode::SUCCESS,
        Ok(()) => {
            let seconds = started.elapsed().as_secs_f32();
            print(&format!(
                "\nEvery step was as it should be ({seconds:.1} s). Processes ended, directory removed."
            ));
            ExitCode::SUCCESS
        }
    }
}

/// The story, step by step.
async fn tell(stage: &mut Stage, only_the_beginning: bool) -> Result<(), Failure> {
    story_setting::set_up(stage).await?;
    story_setting::begin(stage).await?;
    story_enroll::enroll(stage).await?;
    if only_the_beginning {
        return Ok(());
    }
    let night = story_night::write(stage).await?;
    story_held::hold(stage, &night).await?;
    story_held::take(stage, &night).await?;
    story_answer::answer(stage, &night).await?;
    story_survey::survey(stage).await?;
    let export = story_end::end(stage, &night).await?;
    story_proof::report_to_the_city(stage).await?;
    story_proof::prove(stage, &export).await
}

/// Returns when somebody wants the tour to end.
async fn interrupted() -> Failure {
    let listen = || Some((signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?));
    let Some((mut interrupt, mut terminate)) = listen() else {
        return Failure::broken("signals cannot be listened for");
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Failure::broken("interrupted")
}

/// Says it at the end of the story, and on standard error for whoever looks only there.
fn failed(step: u32, failure: &Failure) -> ExitCode {
    let place = match step {
        0 => "The stage could not be set".to_owned(),
        step => format!("Step {step} is not as it should be"),
    };
    print(&format!("\n{place}. {failure}"));
    // Where this cannot be written either, the status still tells.
    let _ = writeln!(std::io::stderr(), "tour: {place}. {failure}");
    ExitCode::FAILURE
}
