//! How many bytes Yorisoi adds to an app.

use std::fs;
use std::process::ExitCode;

use crate::bench::{self, Row, Verdict};
use crate::failure::Failure;
use crate::library_share;
use crate::shipped;
use crate::workspace::Workspace;

/// The bar, for an x86-64 `.so`.
const BAR: u64 = 3_600_000;

/// Prints what the size is made of and the row of it, and ends with 1 if it is over the bar.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode, Failure> {
    let row = measure(workspace)?;
    library_share::tell(workspace)?;
    Ok(bench::show(&[row]))
}

/// Builds what ships and weighs it.
pub(crate) fn measure(workspace: &Workspace) -> Result<Row, Failure> {
    let library = shipped::library(workspace)?;
    let bytes = fs::metadata(&library).map_err(Failure::file(&library))?.len();
    Ok(row(bytes, cfg!(all(target_arch = "x86_64", target_os = "linux"))))
}

fn row(bytes: u64, comparable: bool) -> Row {
    let verdict = match (comparable, bytes <= BAR) {
        (false, _) => Verdict::NotRun,
        (true, true) => Verdict::Ok,
        (true, false) => Verdict::Short,
    };
    Row {
        name: "library, stripped, x86-64 .so".into(),
        ours: format!("{bytes} bytes"),
        reference: format!("{BAR} bytes"),
        ratio: format!("{}.{:02}", bytes / BAR, bytes * 100 / BAR % 100),
        bar: "≤ 1.00".into(),
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_itself_is_still_allowed_and_one_byte_more_is_not() {
        assert_eq!(row(BAR, true).verdict, Verdict::Ok);
        assert_eq!(row(BAR + 1, true).verdict, Verdict::Short);
        assert_eq!(row(3_230_840, true).ratio, "0.89");
    }

    #[test]
    fn another_platform_is_not_judged_by_this_bar() {
        assert_eq!(row(1, false).verdict, Verdict::NotRun);
    }
}
