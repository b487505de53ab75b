//! The command line, read into a value. Nothing here acts.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::swift_release::Binary;

/// What a person may type.
pub(crate) const USAGE: &str = "\
usage: cargo xtask <command>

  test [STEP…]               everything CI checks, or only the named steps; `long` runs only if it is named
  tour [-- ARG…]             build and run the tour (`cargo tour` is the same)
  sandbox [-- ARG…]          a server with a programme of today, cards, a clinician who answers, faults on request
  errors                     write docs/errors.md from the code
  notices                    write the licences of what is linked (bindings/THIRD-PARTY-LICENCES.txt) and its SBOM (in
                             target/package)
  bindings [--out DIR]       generate Swift and Kotlin (default: target/bindings)
  package kotlin [--jni DIR] lay out what a release for Kotlin carries (in target/package/kotlin); the AAR with the
                             libraries that Android's linker made in DIR, one folder for each ABI
  surface                    write what apps can see of Swift and Kotlin into bindings/surface
  exercised FILE             which part of the border a suite did not touch, by the file in which it noted what it did
  check-targets              type-check the library for Android and iOS
  package swift [--url URL --checksum SUM]
                             lay out what a release for Swift carries, in target/package/swift
  size                       the stripped size of the library that ships inside an app, and each dependency's share
  bench [store|sync|size|cards|ffi]…
                             compare with the references; ends with 1 if one is short
  simulate [--seeds N] [--seed S]
                             phones and a server in a world that goes wrong, N lives (default: 300), the first of seed S
  fuzz [TARGET] [--seconds N]
                             hostile bytes for every decoder, or one, for so long each (default: 60)
  fuzz TARGET --input FILE   one input once more, with everything it prints
  help                       this text";

/// One parsed command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Test { steps: Vec<String> },
    Tour { args: Vec<String> },
    Sandbox { args: Vec<String> },
    Errors,
    Notices,
    Bindings { out: Option<PathBuf> },
    CheckTargets,
    Surface,
    PackageKotlin { jni: Option<PathBuf> },
    Exercised { noted: PathBuf },
    PackageSwift { binary: Binary },
    Size,
    Bench { groups: Vec<Group> },
    Simulate { seeds: u64, seed: u64 },
    Fuzz { target: Option<String>, seconds: u32 },
    FuzzInput { target: String, input: PathBuf },
}

/// One group of benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Store,
    Sync,
    Size,
    Cards,
    Ffi,
}

impl Group {
    /// All groups, in the order they are printed.
    pub(crate) const ALL: [Self; 5] = [Self::Store, Self::Sync, Self::Size, Self::Cards, Self::Ffi];

    /// The word for it on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Sync => "sync",
            Self::Size => "size",
            Self::Cards => "cards",
            Self::Ffi => "ffi",
        }
    }
}

impl Command {
    /// Reads the arguments that follow `cargo xtask`.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, Failure> {
        let mut args = args.into_iter();
        let Some(word) = args.next() else {
            return Err(Failure::Usage("which command?".into()));
        };
        let rest: Vec<String> = args.collect();
        match word.as_str() {
            "help" | "-h" | "--help" => nothing_more(&rest, Self::Help),
            "test" => Ok(Self::Test { steps: rest }),
            "tour" => Ok(Self::Tour { args: without_separator(rest) }),
            "sandbox" => Ok(Self::Sandbox { args: without_separator(rest) }),
            "errors" => nothing_more(&rest, Self::Errors),
            "notices" => nothing_more(&rest, Self::Notices),
            "check-targets" => nothing_more(&rest, Self::CheckTargets),
            "package" => parse_package(&rest),
            "surface" => nothing_more(&rest, Self::Surface),
            "exercised" => match rest.as_slice() {
                [noted] => Ok(Self::Exercised { noted: noted.into() }),
                _ => Err(Failure::Usage("`exercised` takes one file".into())),
            },
            "size" => nothing_more(&rest, Self::Size),
            "bindings" => parse_bindings(&rest),
            "bench" => parse_bench(&rest),
            "simulate" => parse_simulate(&rest),
            "fuzz" => parse_fuzz(&rest),
            other => Err(Failure::Usage(format!("there is no command `{other}`"))),
        }
    }
}

/// `cargo tour -- --keep` arrives with the separator, `cargo tour --keep` without: both mean the same.
fn without_separator(mut args: Vec<String>) -> Vec<String> {
    if args.first().is_some_and(|first| first == "--") {
        args.remove(0);
    }
    args
}

fn parse_bindings(rest: &[String]) -> Result<Command, Failure> {
    match rest {
        [] => Ok(Command::Bindings { out: None }),
        [flag, dir] if flag == "--out" => Ok(Command::Bindings { out: Some(dir.into()) }),
        _ => Err(Failure::Usage("`bindings` takes `--out DIR` or nothing".into())),
    }
}

fn parse_package(rest: &[String]) -> Result<Command, Failure> {
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["kotlin"] => Ok(Command::PackageKotlin { jni: None }),
        ["kotlin", "--jni", dir] => Ok(Command::PackageKotlin { jni: Some(dir.into()) }),
        ["swift"] => Ok(Command::PackageSwift { binary: Binary::Beside }),
        ["swift", "--url", url, "--checksum", checksum] if url.starts_with("https://") => {
            let (url, checksum) = ((*url).to_owned(), (*checksum).to_owned());
            Ok(Command::PackageSwift { binary: Binary::At { url, checksum } })
        }
        _ => {
            let takes = "`package` takes `swift`, with `--url https://… --checksum SUM` or nothing, or `kotlin`, with `--jni DIR` or nothing";
            Err(Failure::Usage(takes.into()))
        }
    }
}

fn parse_bench(rest: &[String]) -> Result<Command, Failure> {
    if rest.is_empty() {
        return Ok(Command::Bench { groups: Group::ALL.to_vec() });
    }
    let find = |word: &String| {
        Group::ALL
            .into_iter()
            .find(|group| group.name() == word)
            .ok_or_else(|| Failure::Usage(format!("there is no benchmark group `{word}`")))
    };
    Ok(Command::Bench { groups: rest.iter().map(find).collect::<Result<_, _>>()? })
}

fn parse_simulate(rest: &[String]) -> Result<Command, Failure> {
    let (mut seeds, mut seed) = (300, 1);
    for pair in rest.chunks(2) {
        let (place, number) = match pair {
            [flag, number] if flag == "--seeds" => (&mut seeds, number),
            [flag, number] if flag == "--seed" => (&mut seed, number),
            _ => return Err(Failure::Usage("`simulate` takes `--seeds N` and `--seed S`".into())),
        };
        *place = match number.parse() {
            Ok(number) if number > 0 => number,
            _ => return Err(Failure::Usage(format!("`{number}` is no number of seeds"))),
        };
    }
    Ok(Command::Simulate { seeds, seed })
}

fn parse_fuzz(rest: &[String]) -> Result<Command, Failure> {
    let (target, flags) = match rest {
        [first, flags @ ..] if !first.starts_with("--") => (Some(first.clone()), flags),
        flags => (None, flags),
    };
    match (target, flags) {
        (target, []) => Ok(Command::Fuzz { target, seconds: 60 }),
        (target, [flag, number]) if flag == "--seconds" => match number.parse() {
            Ok(seconds) if seconds > 0 => Ok(Command::Fuzz { target, seconds }),
            _ => Err(Failure::Usage(format!("`{number}` is no number of seconds"))),
        },
        (Some(target), [flag, file]) if flag == "--input" => {
            Ok(Command::FuzzInput { target, input: file.into() })
        }
        _ => Err(Failure::Usage("`fuzz` takes a target, and `--seconds N` or `--input FILE`".into())),
    }
}

fn nothing_more(rest: &[String], command: Command) -> Result<Command, Failure> {
    match rest.first() {
        None => Ok(command),
        Some(extra) => Err(Failure::Usage(format!("`{extra}` is one word too many"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Failure> {
        Command::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn simulate_takes_how_many_and_which() {
        assert_eq!(parse("simulate").unwrap(), Command::Simulate { seeds: 300, seed: 1 });
        assert_eq!(parse("simulate --seed 7 --seeds 1").unwrap(), Command::Simulate { seeds: 1, seed: 7 });
        for wrong in ["simulate 7", "simulate --seeds", "simulate --seeds 0", "simulate --seed x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tour_takes_its_arguments_with_and_without_the_separator() {
        let keep = Command::Tour { args: vec!["--keep".into()] };
        assert_eq!(parse("tour -- --keep").unwrap(), keep);
        assert_eq!(parse("tour --keep").unwrap(), keep);
        assert_eq!(parse("tour").unwrap(), Command::Tour { args: vec![] });
    }

    #[test]
    fn bench_without_a_group_means_all_of_them() {
        assert_eq!(parse("bench").unwrap(), Command::Bench { groups: Group::ALL.to_vec() });
        assert_eq!(parse("bench sync").unwrap(), Command::Bench { groups: vec![Group::Sync] });
        assert_eq!(
            parse("bench ffi size").unwrap(),
            Command::Bench { groups: vec![Group::Ffi, Group::Size] }
        );
    }

    #[test]
    fn fuzzing_takes_a_target_and_a_time_or_an_input() {
        let fuzz = |target: Option<&str>, seconds| Command::Fuzz { target: target.map(Into::into), seconds };
        assert_eq!(parse("fuzz").unwrap(), fuzz(None, 60));
        assert_eq!(parse("fuzz --seconds 5").unwrap(), fuzz(None, 5));
        assert_eq!(parse("fuzz gzip --seconds 5").unwrap(), fuzz(Some("gzip"), 5));
        let input = Command::FuzzInput { target: "gzip".into(), input: "x".into() };
        assert_eq!(parse("fuzz gzip --input x").unwrap(), input);
    }

    #[test]
    fn bindings_may_be_sent_elsewhere() {
        assert_eq!(parse("bindings --out x").unwrap(), Command::Bindings { out: Some("x".into()) });
    }

    #[test]
    fn a_package_is_for_a_language() {
        assert_eq!(parse("package kotlin").unwrap(), Command::PackageKotlin { jni: None });
        let jni = Command::PackageKotlin { jni: Some("x".into()) };
        assert_eq!(parse("package kotlin --jni x").unwrap(), jni);
    }

    #[test]
    fn a_release_takes_the_address_of_its_library_with_the_checksum() {
        let package = |line: &str| match parse(line) {
            Ok(Command::PackageSwift { binary }) => Some(binary),
            _ => None,
        };
        assert_eq!(package("package swift"), Some(Binary::Beside));
        let at = Binary::At { url: "https://example.jp/y.zip".into(), checksum: "0f".into() };
        assert_eq!(package("package swift --url https://example.jp/y.zip --checksum 0f"), Some(at));
        for wrong in
            ["", " cobol", " swift --url https://example.jp/y.zip", " swift --url ftp://x --checksum 0"]
        {
            assert_eq!(package(&format!("package{wrong}")), None);
        }
    }

    #[test]
    fn words_we_do_not_know_are_refused() {
        for line in [
            "",
            "tets",
            "bench speed",
            "bindings x",
            "size now",
            "surface swift",
            "check-targets ios",
            "package",
            "package kotlin --jni",
            "exercised",
            "errors 1",
            "notices 1",
            "fuzz --seconds 0",
            "fuzz --input x",
            "fuzz a b",
        ] {
            assert!(matches!(parse(line), Err(Failure::Usage(_))), "{line:?}");
        }
    }
}
