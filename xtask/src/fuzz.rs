//! Fuzzing on stable Rust: builds the targets of `fuzz/` with libFuzzer's counters and runs them one after the other.
//!
//! Every target starts from its committed seeds and keeps what it learns under `target/fuzz`, outside the tree. Input,
//! memory and time of one execution are bounded; a target that exceeds them, or panics, is a finding.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::cargo_build::Built;
use crate::failure::Failure;
use crate::fuzz_log::FuzzLog;
use crate::program::Program;
use crate::workspace::Workspace;

/// What `cargo fuzz --sanitizer none` passes: counters on every edge, and the operands of every comparison.
const RUSTFLAGS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
const MANIFEST: &str = "fuzz/Cargo.toml";
/// Bytes of the longest input, MiB of the whole process, seconds of one execution.
const BOUNDS: [&str; 3] = ["-max_len=16384", "-rss_limit_mb=256", "-timeout=5"];

/// The targets of the house, and where what they make is put.
pub(crate) struct Fuzzing<'a> {
    workspace: &'a Workspace,
    /// Everything made here: builds, corpora, logs, inputs that failed.
    place: PathBuf,
    /// The platform we are on. Naming it keeps the flags from build scripts and macros.
    host: String,
    targets: Vec<String>,
}

/// For how long a target runs.
enum Effort {
    /// Seconds, continuing with what earlier runs learned.
    Seconds(u32),
    /// From the seeds alone and with the same random numbers each time: enough to see that a target works.
    Trial,
}

/// Runs the targets, or only one, for so many seconds each; ends with 1 if one of them found something.
pub(crate) fn run(workspace: &Workspace, only: Option<&str>, seconds: u32) -> Result<ExitCode, Failure> {
    let fuzzing = Fuzzing::new(workspace, only)?;
    let findings = fuzzing.all(&Effort::Seconds(seconds))?;
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one input through one target, with everything it prints.
pub(crate) fn repeat(workspace: &Workspace, target: &str, input: &Path) -> Result<ExitCode, Failure> {
    let input = fs::canonicalize(input).map_err(Failure::file(input))?;
    let fuzzing = Fuzzing::new(workspace, Some(target))?;
    let program = fuzzing.built()?.executable(target)?;
    let status = Program::new(program, &workspace.root).args(BOUNDS).args([input]).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As a step of the suite: the targets are tidy, and each runs over its seeds and a little further.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let fuzzing = Fuzzing::new(workspace, None)?;
    fuzzing.cargo("fmt").args(["--check"]).run()?;
    fuzzing.compiling("clippy").args(["--lib", "--bins", "--", "-D", "warnings"]).run()?;
    match fuzzing.all(&Effort::Trial)? {
        0 => Ok(()),
        count => Err(Failure::broken(format!("{count} targets found something"))),
    }
}

impl<'a> Fuzzing<'a> {
    fn new(workspace: &'a Workspace, only: Option<&str>) -> Result<Self, Failure> {
        if !Program::new("c++", &workspace.root).args(["--version"]).works() {
            let missing = "libFuzzer needs a C++ compiler: `apt-get install build-essential`";
            return Err(Failure::broken(missing));
        }
        let known = names_in(&workspace.root.join("fuzz/src/bin"))?;
        let targets = match only {
            None => known,
            Some(name) if known.iter().any(|target| target == name) => vec![name.to_owned()],
            Some(name) => {
                let known = known.join(", ");
                return Err(Failure::Usage(format!("there is no fuzz target `{name}`, only {known}")));
            }
        };
        let host = host(&Program::cargo(&workspace.root).args(["-vV"]).printed()?)?;
        Ok(Self { workspace, place: workspace.target.join("fuzz"), host, targets })
    }

    /// How many targets found something.
    fn all(&self, effort: &Effort) -> Result<usize, Failure> {
        let built = self.built()?;
        let mut findings = 0;
        for target in &self.targets {
            let log = self.one(&built.executable(target)?, target, effort)?;
            println!("{target:<20} {log}");
            if let Some(finding) = log.finding() {
                println!("{finding}\nagain: cargo xtask fuzz {target} --input FILE");
                findings += 1;
            }
        }
        Ok(findings)
    }

    fn one(&self, program: &Path, target: &str, effort: &Effort) -> Result<FuzzLog, Failure> {
        let seeds = self.workspace.root.join("fuzz/seeds").join(target);
        if names_in(&seeds)?.is_empty() {
            return Err(Failure::broken(format!("fuzz/seeds/{target} holds no seed")));
        }
        let corpus = self.corpus(target, effort)?;
        let crashes = self.directory("crashes")?;
        let kept = self.directory("logs")?.join(format!("{target}.log"));
        let mut prefix = OsString::from("-artifact_prefix=");
        prefix.push(crashes.join(format!("{target}-")));
        let started = Instant::now();
        let status = Program::new(program, &self.workspace.root)
            .args(BOUNDS)
            .args(effort.arguments())
            .args(["-print_final_stats=1".into(), prefix, corpus.into(), seeds.into()])
            .logged(&kept)?;
        let time = started.elapsed();
        let text = fs::read(&kept).map_err(Failure::file(&kept))?;
        FuzzLog::read(&String::from_utf8_lossy(&text), status.success(), time)
            .map_err(|reason| Failure::broken(format!("{target}: {reason}; see {}", kept.display())))
    }

    fn corpus(&self, target: &str, effort: &Effort) -> Result<PathBuf, Failure> {
        match effort {
            Effort::Seconds(_) => self.directory(&format!("corpus/{target}")),
            Effort::Trial => {
                let name = format!("trial/{target}");
                let old = self.directory(&name)?;
                fs::remove_dir_all(&old).map_err(Failure::file(&old))?;
                self.directory(&name)
            }
        }
    }

    fn directory(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.place.join(name);
        fs::create_dir_all(&path).map_err(Failure::file(&path))?;
        Ok(path)
    }

    fn built(&self) -> Result<Built, Failure> {
        let mut cargo = self.compiling("build").args(["--quiet", "--message-format=json-render-diagnostics"]);
        if let [only] = self.targets.as_slice() {
            cargo = cargo.args(["--bin", only]);
        }
        Built::by(cargo, "the fuzz targets")
    }

    fn cargo(&self, command: &str) -> Program {
        Program::cargo(&self.workspace.root).args([command, "--manifest-path", MANIFEST])
    }

    /// A cargo command that compiles: into a directory of its own, because the flags are its own.
    fn compiling(&self, command: &str) -> Program {
        self.cargo(command)
            .args(["--release", "--locked", "--target", &self.host, "--target-dir"])
            .args([&self.place])
            // The variable that wins over every other setting of flags.
            .env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\u{1f}"))
    }
}

impl Effort {
    fn arguments(&self) -> Vec<String> {
        match self {
            Self::Seconds(seconds) => vec![format!("-max_total_time={seconds}")],
            Self::Trial => ["-seed=1", "-runs=20000", "-max_total_time=5"].map(String::from).to_vec(),
        }
    }
}

/// The platform that cargo says it runs on.
fn host(version: &str) -> Result<String, Failure> {
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| Failure::broken("`cargo -vV` names no host"))
}

/// The names of the files in `directory` without their endings, in order.
fn names_in(directory: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(directory).map_err(Failure::file(directory))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(Failure::file(directory))?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_every_seed_a_target() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let targets = names_in(&fuzz.join("src/bin")).unwrap();
        assert_eq!(targets, names_in(&fuzz.join("seeds")).unwrap());
        for target in targets {
            assert!(!names_in(&fuzz.join("seeds").join(&target)).unwrap().is_empty(), "{target}");
        }
    }

    #[test]
    fn the_platform_is_the_one_cargo_runs_on() {
        assert_eq!(host("cargo 1.95.0\nrelease: 1.95.0\nhost: x-y-z\nos: Debian\n").unwrap(), "x-y-z");
        assert!(host("cargo 1.95.0").is_err());
    }

    #[test]
    fn a_target_that_is_not_there_is_misuse() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let workspace = Workspace { root, target: PathBuf::new(), packages: Vec::new() };
        assert!(matches!(Fuzzing::new(&workspace, Some("tyepd_text")), Err(Failure::Usage(_))));
    }
}
