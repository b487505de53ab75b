//! A process that does rounds of calls: it says `ready`, and answers each line `TASK CALLS` with the
//! nanoseconds that one call in ten beat.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use crate::failure::Failure;
use crate::program::Program;

/// Such a process. Dropped before its end, it is ended.
pub(crate) struct Player {
    child: Child,
    say: Option<ChildStdin>,
    hear: BufReader<ChildStdout>,
    shown: String,
}

impl Player {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(program: Program) -> Result<Self, Failure> {
        // The whole line names a class path; the first word is enough.
        let shown = program.shown().split(' ').next().unwrap_or_default().to_owned();
        let mut child = program.started()?;
        let (say, hear) = (child.stdin.take(), child.stdout.take());
        let hear = hear.ok_or_else(|| Failure::broken(format!("`{shown}` has no output")))?;
        let mut player = Self { child, say, hear: BufReader::new(hear), shown };
        match player.line()?.as_str() {
            "ready" => Ok(player),
            other => Err(player.unexpected(&format!("{other:?} in place of `ready`"))),
        }
    }

    /// Nanoseconds that one in ten of so many calls beat.
    pub(crate) fn round(&mut self, task: &str, calls: u32) -> Result<u64, Failure> {
        let said = self.say.as_mut().map(|say| writeln!(say, "{task} {calls}").and_then(|()| say.flush()));
        if !matches!(said, Some(Ok(()))) {
            return Err(self.unexpected("it does not listen any more"));
        }
        let line = self.line()?;
        match line.parse() {
            Ok(nanos) if nanos > 0 => Ok(nanos),
            _ => Err(self.unexpected(&format!("{line:?} in place of nanoseconds"))),
        }
    }

    /// Lets it end by itself.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        drop(self.say.take());
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::Ended { program: self.shown.clone(), status }),
            Err(source) => Err(Failure::Start { program: self.shown.clone(), source }),
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.hear.read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line.trim().to_owned()),
            _ => Err(self.unexpected("nothing: it ended")),
        }
    }

    fn unexpected(&self, reason: &str) -> Failure {
        Failure::Answer { program: self.shown.clone(), reason: reason.to_owned() }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // One that has ended is no matter.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::*;

    fn player(script: &str) -> Result<Player, Failure> {
        Player::start(Program::new("sh", Path::new(".")).args(["-c", script]))
    }

    #[test]
    fn a_round_is_told_and_its_figure_heard() {
        let mut player =
            player("echo ready; while read task calls; do echo ${calls}0; done; exit 0").unwrap();
        assert_eq!(player.round("list", 7).unwrap(), 70);
        assert_eq!(player.round("list", 2).unwrap(), 20);
        player.end().unwrap();
    }

    #[test]
    fn one_that_is_not_ready_that_ends_or_that_talks_is_a_failure() {
        assert!(player("echo hello").is_err());
        assert!(player("exit 1").is_err());
        assert!(player("echo ready; read line").unwrap().round("list", 1).is_err());
        for said in ["fast", "0", "-5", ""] {
            let mut player = player(&format!("echo ready; read line; echo '{said}'; read line")).unwrap();
            assert!(player.round("list", 1).is_err(), "{said:?}");
        }
        let ended_badly = player("echo ready; read line; exit 3").unwrap().end();
        assert!(matches!(ended_badly, Err(Failure::Ended { .. })));
    }
}
