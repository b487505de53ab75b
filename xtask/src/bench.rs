//! The benchmarks: what we measured, beside the reference measured in the same run, against the bar.

use std::process::ExitCode;

use crate::anki;
use crate::command::Group;
use crate::failure::Failure;
use crate::ffi_bench;
use crate::library_size;
use crate::program::Program;
use crate::table::aligned;
use crate::workspace::Workspace;

/// One comparison, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) ours: String,
    pub(crate) reference: String,
    pub(crate) ratio: String,
    pub(crate) bar: String,
    pub(crate) verdict: Verdict,
}

/// How a comparison ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ok,
    Short,
    NotRun,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Short => "short",
            Self::NotRun => "not run",
        }
    }
}

impl Row {
    /// Reads a row as a benchmark prints it: six fields with tabs between.
    fn parse(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [name, ours, reference, ratio, bar, word] = fields.as_slice() else {
            return Err(format!("not six fields with tabs between: {line:?}"));
        };
        let verdict = [Verdict::Ok, Verdict::Short, Verdict::NotRun]
            .into_iter()
            .find(|verdict| verdict.word() == *word)
            .ok_or_else(|| format!("`{word}` is not ok, short or not run: {line:?}"))?;
        let [name, ours, reference, ratio, bar] =
            [name, ours, reference, ratio, bar].map(|&field| field.to_owned());
        Ok(Self { name, ours, reference, ratio, bar, verdict })
    }

    fn cells(&self) -> [String; 6] {
        let Self { name, ours, reference, ratio, bar, verdict } = self.clone();
        [name, ours, reference, ratio, bar, verdict.word().into()]
    }
}

/// Runs the groups, prints every row, and ends with 1 if one is short.
pub(crate) fn run(workspace: &Workspace, groups: &[Group]) -> Result<ExitCode, Failure> {
    let mut rows = Vec::new();
    for group in groups {
        match group {
            Group::Size => rows.push(library_size::measure(workspace)?),
            Group::Ffi => rows.extend(ffi_bench::run(workspace)?),
            Group::Store | Group::Sync | Group::Cards => rows.extend(measured(workspace, *group)?),
        }
    }
    Ok(show(&rows))
}

/// Prints the table of `rows`; the code is 1 if one is short.
pub(crate) fn show(rows: &[Row]) -> ExitCode {
    print!("{}", table(rows));
    if rows.iter().any(|row| row.verdict == Verdict::Short) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn table(rows: &[Row]) -> String {
    let header = ["name", "ours", "reference", "ratio", "bar", "ok"].map(String::from);
    let cells: Vec<_> = std::iter::once(header).chain(rows.iter().map(Row::cells)).collect();
    aligned(&cells)
}

fn measured(workspace: &Workspace, group: Group) -> Result<Vec<Row>, Failure> {
    let cargo = Program::cargo(&workspace.root)
        .args(["run", "--quiet", "--profile", "bench", "-p", "yorisoi-sandbox", "--bin", "bench", "--"])
        .args([group.name()]);
    let python = if group == Group::Sync { anki::python(&workspace.root) } else { None };
    let cargo = match python {
        Some(python) => cargo.env(anki::VARIABLE, python),
        None => cargo,
    };
    let program = cargo.shown().to_owned();
    let text = cargo.printed()?;
    parse_all(&text).map_err(|reason| Failure::Answer { program, reason })
}

/// A benchmark that prints nothing must not pass for one that is content.
fn parse_all(text: &str) -> Result<Vec<Row>, String> {
    let rows: Vec<Row> =
        text.lines().filter(|line| !line.trim().is_empty()).map(Row::parse).collect::<Result<_, _>>()?;
    if rows.is_empty() { Err("no rows".into()) } else { Ok(rows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVE: &str = "save a question\t1.10 ms\t1.00 ms\t1.10\t≤ 1.25\tok\n";

    #[test]
    fn rows_are_lined_up_under_the_header() {
        let rows = parse_all(&format!("{SAVE}idle sync\t1\t1\t1\t1\tnot run\n")).unwrap();
        assert_eq!(
            table(&rows),
            "name            | ours    | reference | ratio | bar    | ok\n\
             save a question | 1.10 ms | 1.00 ms   | 1.10  | ≤ 1.25 | ok\n\
             idle sync       | 1       | 1         | 1     | 1      | not run\n"
        );
    }

    #[test]
    fn only_a_short_row_fails() {
        let code = |text: &str| format!("{:?}", show(&parse_all(text).unwrap()));
        let success = format!("{:?}", ExitCode::SUCCESS);
        assert_eq!(code(SAVE), success);
        assert_eq!(code("a\t-\t-\t-\t-\tnot run"), success);
        assert_ne!(code(&format!("{SAVE}b\t2\t1\t2\t1\tshort")), success);
    }

    #[test]
    fn silence_and_gibberish_are_refused() {
        for text in ["", "\n", "warming up", "a\tb\tc\td\te\tfine", "a\tb\tc\td\te\tf\tok"] {
            assert!(parse_all(text).is_err(), "{text:?}");
        }
    }
}
