//! What a run of libFuzzer tells in the end, read from everything it prints.

use std::fmt;
use std::time::Duration;

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FuzzLog {
    executions: u64,
    edges: u64,
    seconds: u64,
    memory_mb: u64,
    finding: Option<String>,
}

impl FuzzLog {
    /// Reads the log of a run; `succeeded` is how its process ended, and `time` how long it took.
    ///
    /// A run that executed nothing, or saw nothing of the code it executed, is refused: it would never find anything.
    pub(crate) fn read(log: &str, succeeded: bool, time: Duration) -> Result<Self, &'static str> {
        let finding = if succeeded { None } else { Some(finding(log)) };
        let executions = figure(log, "stat::number_of_executed_units:").unwrap_or(0);
        let edges = figure(log, " cov: ").unwrap_or(0);
        if finding.is_none() && executions == 0 {
            return Err("nothing was executed");
        }
        if finding.is_none() && edges == 0 {
            return Err("the build has no counters, so the fuzzer is blind");
        }
        Ok(Self {
            executions,
            edges,
            seconds: time.as_secs(),
            memory_mb: figure(log, "stat::peak_rss_mb:").unwrap_or(0),
            finding,
        })
    }

    /// What was found, in the fuzzer's own words.
    pub(crate) fn finding(&self) -> Option<&str> {
        self.finding.as_deref()
    }
}

impl fmt::Display for FuzzLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executions, edges, seconds, memory_mb, finding } = self;
        let found = if finding.is_some() { "A FINDING" } else { "no finding" };
        write!(f, "{executions:>9} executions, {seconds:>4} s, {edges:>5} edges, {memory_mb:>3} MB, {found}")
    }
}

/// The number that follows the last `name`.
fn figure(log: &str, name: &str) -> Option<u64> {
    let (_, after) = log.rsplit_once(name)?;
    let after = after.trim_start();
    after.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}

/// The lines that say what went wrong and where the input is, without stack and registers.
fn finding(log: &str) -> String {
    let mut told = Vec::new();
    let mut lines = log.lines();
    while let Some(line) = lines.next() {
        if line.contains(" panicked at ") {
            told.push(line);
            told.extend(lines.by_ref().take_while(|next| *next != "stack backtrace:").take(20));
        } else if line.contains("ERROR: libFuzzer") || line.contains("Test unit written to") {
            told.push(line);
        }
    }
    if told.is_empty() { "it ended without saying why".into() } else { told.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(9);
    const QUIET: &str = "\
#66\tINITED cov: 188 ft: 231 corp: 9/1Kb exec/s: 0 rss: 27Mb
#4096\tpulse  cov: 190 ft: 240 corp: 11/2Kb lim: 226 exec/s: 2048 rss: 27Mb
Done 2661808 runs in 9 second(s)
stat::number_of_executed_units: 2661808
stat::peak_rss_mb:              27
";
    const LOUD: &str = "\
#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 27Mb

thread '<unnamed>' (1) panicked at src/bin/gzip.rs:6:9:
assertion failed
stack backtrace:
   0: rust_begin_unwind
==1== ERROR: libFuzzer: deadly signal
artifact_prefix='./'; Test unit written to ./gzip-crash-b43
stat::number_of_executed_units: 17
";

    #[test]
    fn a_quiet_run_is_told_in_figures() {
        let log = FuzzLog::read(QUIET, true, TIME).unwrap();
        assert_eq!((log.executions, log.edges, log.seconds, log.memory_mb), (2_661_808, 190, 9, 27));
        assert_eq!(log.finding(), None);
        assert!(log.to_string().ends_with("no finding"));
    }

    #[test]
    fn a_finding_is_told_with_its_words_and_its_input() {
        let log = FuzzLog::read(LOUD, false, TIME).unwrap();
        assert_eq!(log.executions, 17);
        let finding = log.finding().unwrap();
        assert!(finding.contains("gzip.rs:6:9") && finding.contains("assertion failed"), "{finding}");
        assert!(finding.contains("gzip-crash-b43") && !finding.contains("rust_begin_unwind"), "{finding}");
        assert!(log.to_string().ends_with("A FINDING"));
    }

    #[test]
    fn a_process_that_ended_badly_is_a_finding_even_if_it_was_silent() {
        assert!(FuzzLog::read("", false, TIME).unwrap().finding().is_some());
        assert!(FuzzLog::read(QUIET, false, TIME).unwrap().finding().is_some());
    }

    #[test]
    fn a_run_that_saw_nothing_is_refused() {
        assert!(FuzzLog::read("", true, TIME).is_err());
        assert!(FuzzLog::read(&QUIET.replace("cov: 190", "cov: 0"), true, TIME).is_err());
        assert!(FuzzLog::read(&QUIET.replace("units: 2661808", "units: 0"), true, TIME).is_err());
    }
}
