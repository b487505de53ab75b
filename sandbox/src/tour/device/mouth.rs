//! The output of a device process: whole lines, whoever writes them.

use std::io::Write;

use super::reply::{Event, Line};

/// Writes lines to standard output, one at a time.
#[derive(Debug, Default)]
pub(super) struct Mouth;

impl Mouth {
    /// Writes a line. Where nobody listens any more, the end of standard input ends the process soon.
    pub(super) fn say(&self, line: &Line) {
        let Ok(mut text) = serde_json::to_vec(line) else {
            return;
        };
        text.push(b'\n');
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(&text).and_then(|()| out.flush());
    }

    pub(super) fn tell(&self, event: Event) {
        self.say(&Line::Event(event));
    }
}
