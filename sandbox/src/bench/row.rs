//! One row of a benchmark.

/// Prints a row that no bar judges: the ratio is told, and that is all.
pub(crate) fn told(name: &str, ours: &str, reference: &str, ratio: f64) {
    println!("{name}\t{ours}\t{reference}\t{ratio:.2}\t-\tok");
}

/// Prints a row. `ok` if `ratio` is at most `bar`.
pub(crate) fn print(name: &str, ours: &str, reference: &str, ratio: f64, bar: f64) {
    let verdict = if ratio <= bar { "ok" } else { "short" };
    println!("{name}\t{ours}\t{reference}\t{ratio:.2}\t{bar:.2}\t{verdict}");
}

/// Prints a row whose reference could not be had: it is neither content nor short.
pub(crate) fn not_run(name: &str, ours: &str, bar: Option<f64>) {
    let bar = bar.map_or_else(|| "-".to_owned(), |bar| format!("{bar:.2}"));
    println!("{name}\t{ours}\t-\t-\t{bar}\tnot run");
}
