//! The tasks, and what their figures mean.

use crate::bench::{Row, Verdict};

/// Rounds of each task that count.
pub(crate) const ROUNDS: usize = 7;
/// Beside Rust.
pub(crate) const LANGUAGES: [&str; 2] = ["kotlin", "swift"];

/// A task, in the words of the programs that do it.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    /// Calls before the first round that counts: until the JVM has compiled what it runs often.
    pub(crate) warm_up: u32,
    /// Calls in a round.
    pub(crate) calls: u32,
    /// What the ratio may be, in hundredths.
    bar: Option<u64>,
}

/// All tasks, in the order in which they are done: what writes comes last, so that every list and search is of one size.
pub(crate) const TASKS: [Task; 4] = [
    Task { name: "list_of_50", warm_up: 4000, calls: 300, bar: Some(300) },
    Task { name: "search", warm_up: 100, calls: 30, bar: None },
    Task { name: "save_queued", warm_up: 8000, calls: 40, bar: Some(150) },
    Task { name: "change_notices_1000", warm_up: 1000, calls: 1000, bar: None },
];

/// Nanoseconds that one call in ten beat, for each round.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) rust: Vec<u64>,
    /// In the order of [`LANGUAGES`]; none for one that is not run.
    pub(crate) languages: [Vec<u64>; 2],
}

impl Measured {
    /// A row for each language.
    pub(crate) fn rows(mut self, task: &Task) -> Vec<Row> {
        let rust = median(&mut self.rust);
        let languages = LANGUAGES.iter().zip(&mut self.languages);
        languages.map(|(language, figures)| row(task, language, median(figures), rust)).collect()
    }
}

fn row(task: &Task, language: &str, ours: Option<u64>, rust: Option<u64>) -> Row {
    // Rounded up: what is over the bar by a hair is not shown as the bar.
    let ratio = ours.zip(rust).map(|(ours, rust)| ours.saturating_mul(100).div_ceil(rust.max(1)));
    let told = |figure: Option<u64>| figure.map_or_else(|| "-".into(), micros);
    Row {
        name: format!("{}_{language}", task.name),
        ours: told(ours),
        reference: told(rust),
        ratio: ratio.map_or_else(|| "-".into(), hundredths),
        bar: task.bar.map_or_else(|| "-".into(), |bar| format!("≤ {}", hundredths(bar))),
        verdict: match (ratio, task.bar) {
            (None, _) => Verdict::NotRun,
            (Some(ratio), Some(bar)) if ratio > bar => Verdict::Short,
            (Some(_), _) => Verdict::Ok,
        },
    }
}

fn median(figures: &mut [u64]) -> Option<u64> {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied()
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

fn micros(nanos: u64) -> String {
    format!("{} µs", nanos.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rust: &[u64], kotlin: &[u64], swift: &[u64], bar: Option<u64>) -> Vec<Row> {
        let task = Task { name: "list", warm_up: 1, calls: 1, bar };
        Measured { rust: rust.into(), languages: [kotlin.into(), swift.into()] }.rows(&task)
    }

    #[test]
    fn a_row_is_the_medians_and_their_ratio() {
        let rows = rows(&[2000, 90_000, 1000], &[4000, 3000, 5000], &[1_000_000, 6001, 1], Some(300));
        let shown =
            |row: &Row| [&row.name, &row.ours, &row.reference, &row.ratio, &row.bar].map(Clone::clone);
        let [kotlin, swift] = rows.as_slice() else { unreachable!("two rows") };
        assert_eq!(shown(kotlin), ["list_kotlin", "4 µs", "2 µs", "2.00", "≤ 3.00"]);
        assert_eq!(kotlin.verdict, Verdict::Ok);
        // Over the bar by a hair.
        assert_eq!(shown(swift), ["list_swift", "7 µs", "2 µs", "3.01", "≤ 3.00"]);
        assert_eq!(swift.verdict, Verdict::Short);
    }

    #[test]
    fn a_language_without_figures_is_not_run_and_one_without_a_bar_is_never_short() {
        let verdicts = |rows: &[Row]| rows.iter().map(|row| row.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(&rows(&[1000], &[], &[1000], Some(150))), [Verdict::NotRun, Verdict::Ok]);
        assert_eq!(verdicts(&rows(&[1000], &[90_000], &[], None)), [Verdict::Ok, Verdict::NotRun]);
        assert_eq!(verdicts(&rows(&[], &[1], &[1], None)), [Verdict::NotRun; 2]);
    }

    #[test]
    fn nothing_that_writes_comes_before_what_reads() {
        assert_eq!(
            TASKS.map(|task| task.name),
            ["list_of_50", "search", "save_queued", "change_notices_1000"]
        );
    }
}
