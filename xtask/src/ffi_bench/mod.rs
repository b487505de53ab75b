//! What a call costs over the language border: Kotlin and Swift on the library that ships, against the core called directly
//! from Rust, which is built the same way.
//!
//! Each language is a process of its own that does a round of calls when it is told to, in its own copy of one store. The
//! rounds take turns, so that whatever the machine does befalls all.

mod player;
mod rounds;

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::Row;
use crate::bindings;
use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::kotlin;
use crate::program::Program;
use crate::shipped;
use crate::swift;
use crate::swift_package::empty;
use crate::workspace::Workspace;

use player::Player;
use rounds::{LANGUAGES, Measured, TASKS};

/// Builds everything, plays, and gives the rows.
pub(crate) fn run(workspace: &Workspace) -> Result<Vec<Row>, Failure> {
    let library = shipped::library(workspace)?;
    let build = ["build", "--release", "-p", "yorisoi-ffi-bench"];
    let rust = Built::by_cargo(workspace, &build, "the same work in Rust")?.executable("ffi-bench")?;
    let programs = programs(workspace, &library)?;
    let store = Store::fill(workspace, &rust)?;
    let start = |program: Program, language: &str| store.start(workspace, program, language);
    let mut reference = store.start_reference(workspace, &rust)?;
    let mut players = Vec::new();
    for (program, language) in programs.into_iter().zip(LANGUAGES) {
        players.push(program.map(|program| start(program, language)).transpose()?);
    }
    let mut rows = Vec::new();
    for task in &TASKS {
        rows.extend(play(task, &mut reference, &mut players)?.rows(task));
    }
    for player in players.into_iter().flatten().chain([reference]) {
        player.end()?;
    }
    Ok(rows)
}

/// The program of each language, in the order of [`LANGUAGES`]; none where its tool chain cannot be had.
fn programs(workspace: &Workspace, library: &Path) -> Result<[Option<Program>; 2], Failure> {
    let made = bindings::fresh(workspace)?;
    let kotlin = had("Kotlin", kotlin::set_up(workspace))
        .then(|| kotlin::bench(workspace, &made, library))
        .transpose()?;
    let swift = had("Swift", swift::set_up(workspace))
        .then(|| swift::bench(workspace, &made, library))
        .transpose()?;
    Ok([kotlin, swift])
}

/// Only a tool chain that cannot be had makes a row `not run`: what does not compile with it is a failure.
fn had(language: &str, set_up: Result<(), Failure>) -> bool {
    if let Err(failure) = &set_up {
        eprintln!("{language} cannot be had, its rows are not run: {failure}");
    }
    set_up.is_ok()
}

/// The rounds of a task, the first of each language for warming up alone. Each round begins with another language.
fn play(
    task: &rounds::Task,
    reference: &mut Player,
    players: &mut [Option<Player>],
) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    reference.round(task.name, task.warm_up)?;
    for player in players.iter_mut().flatten() {
        player.round(task.name, task.warm_up)?;
    }
    for round in 0..rounds::ROUNDS {
        for turn in 0..=LANGUAGES.len() {
            match (round + turn) % (LANGUAGES.len() + 1) {
                0 => measured.rust.push(reference.round(task.name, task.calls)?),
                place => {
                    let place = place - 1;
                    let player = players.get_mut(place).and_then(Option::as_mut);
                    if let (Some(player), Some(figures)) = (player, measured.languages.get_mut(place)) {
                        figures.push(player.round(task.name, task.calls)?);
                    }
                }
            }
        }
    }
    Ok(measured)
}

/// A store that was filled, and of which each language has a copy.
struct Store {
    directory: PathBuf,
    key: String,
}

impl Store {
    fn fill(workspace: &Workspace, rust: &Path) -> Result<Self, Failure> {
        let directory = workspace.target.join("ffi-bench");
        empty(&directory)?;
        let store = Self { directory, key: String::new() };
        let original = store.copy_for("original")?;
        let key =
            Program::new(rust, &workspace.root).args(["fill".as_ref(), original.as_os_str()]).printed()?;
        Ok(Self { key: key.trim().to_owned(), ..store })
    }

    /// An empty directory for this language.
    fn copy_for(&self, language: &str) -> Result<PathBuf, Failure> {
        let directory = self.directory.join(language);
        empty(&directory)?;
        Ok(directory)
    }

    fn copied(&self, language: &str) -> Result<PathBuf, Failure> {
        let (original, copy) = (self.directory.join("original"), self.copy_for(language)?);
        for entry in fs::read_dir(&original).map_err(Failure::file(&original))? {
            let entry = entry.map_err(Failure::file(&original))?;
            let to = copy.join(entry.file_name());
            if entry.path().is_file() {
                fs::copy(entry.path(), &to).map_err(Failure::file(&to))?;
            }
        }
        Ok(copy)
    }

    fn start_reference(&self, workspace: &Workspace, rust: &Path) -> Result<Player, Failure> {
        let copy = self.copied("rust")?;
        Player::start(
            Program::new(rust, &workspace.root).args(["play".as_ref(), copy.as_os_str()]).args([&self.key]),
        )
    }

    fn start(&self, workspace: &Workspace, program: Program, language: &str) -> Result<Player, Failure> {
        let manifest = workspace.root.join("sandbox/manifest");
        let copy = self.copied(language)?;
        let program = program.args([&copy]).args([&self.key]);
        Player::start(program.args([manifest.join("roots.txt"), manifest.join("sandbox.cose")]))
    }
}
