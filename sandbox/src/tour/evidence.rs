//! What the tour prints: numbered steps, and under each who did what and what was found.

use std::fmt::Display;
use std::io::Write;

use yorisoi_protocol::Words;
use yorisoi_sandbox::proxy::Traffic;

/// The printed story so far.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    step: u32,
}

impl Evidence {
    /// Which step is being told; 0 before the first.
    pub(crate) fn current(&self) -> u32 {
        self.step
    }

    /// Begins a step.
    pub(crate) fn step(&mut self, number: u32, title: &str) {
        self.step = number;
        print(&format!("\n{number:>2}  {title}"));
    }

    /// Says who did or found something.
    pub(crate) fn line(&self, who: &str, what: impl Display) {
        print(format!("    {who:<9} {what}").trim_end());
    }

    /// What a person reads on the phone.
    pub(crate) fn shows(&self, words: &Words) {
        self.line("phone", format_args!("「{}」 {}", words.ja, words.en));
    }

    /// What passed the proxy.
    pub(crate) fn wire(&self, passed: &Traffic, targets: &[String]) {
        let targets = match targets {
            [] => String::new(),
            targets => format!(" ({})", targets.join(", ")),
        };
        let count = |count: u64, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            other => format!("{other} {many}"),
        };
        let mut text = format!(
            "{}{targets}, {} bytes up, {} bytes down",
            count(passed.requests, "request", "requests"),
            passed.bytes_up,
            passed.bytes_down
        );
        if passed.cut > 0 {
            text += &format!("; {} lost on the way", count(passed.cut, "reply", "replies"));
        }
        if passed.unreachable > 0 {
            text += "; no server there";
        }
        self.line("wire", text);
    }
}

/// Writes a line. Where nobody reads any more, the exit status still tells.
pub(crate) fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
