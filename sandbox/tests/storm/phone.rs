//! A phone as a process of its own: the tour's, driven by lines of JSON. What it acknowledged is remembered here, outside.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::server::{PATIENCE, killed};

/// How a phone is started, always the same way.
pub(crate) struct Places {
    root: PathBuf,
    clock: PathBuf,
    authority: PathBuf,
    server: String,
}

/// A phone and what its owner knows of it.
pub(crate) struct Phone {
    places: Places,
    number: usize,
    process: Option<Process>,
    written: usize,
    /// Texts that the phone said it had saved.
    pub(crate) acknowledged: Vec<String>,
    /// Texts that were on their way into the phone when it was killed.
    pub(crate) in_doubt: Vec<String>,
    /// Consultations that were begun here.
    consultations: Vec<String>,
}

struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What a phone answered: what was asked for, or the code of an error.
pub(crate) type Answer = Result<Value, String>;

impl Places {
    pub(crate) fn new(root: PathBuf, clock: &Path, authority: &Path, server: String) -> Self {
        Self { root, clock: clock.to_owned(), authority: authority.to_owned(), server }
    }

    async fn start(&self) -> Process {
        std::fs::create_dir_all(self.root.join("database")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tour"));
        command.arg("device").arg("--directory").arg(self.root.join("database"));
        command.arg("--key").arg(self.root.join("key")).arg("--clock").arg(&self.clock);
        command.args(["--server", &self.server]).arg("--authority").arg(&self.authority);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = timeout(PATIENCE, lines.next_line()).await.expect("a phone does not start").unwrap();
        assert_eq!(ready.as_deref(), Some(r#"{"event":"ready"}"#));
        Process { child, stdin, lines }
    }
}

impl Process {
    async fn say(&mut self, command: &Value) {
        let line = format!("{command}\n");
        self.stdin.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next answer; none if the process ended before.
    async fn answer(&mut self) -> Option<Answer> {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.expect("a phone does not answer");
            // A process that is killed may leave half a line.
            let said: Value = serde_json::from_str(&line.unwrap()?).ok()?;
            if let Some(value) = said.get("ok") {
                return Some(Ok(value.clone()));
            }
            if let Some(error) = said.get("error") {
                return Some(Err(error["code"].as_str().unwrap().to_owned()));
            }
        }
    }
}

impl Phone {
    /// A phone that is enrolled with this card and may ask.
    pub(crate) async fn enrolled(number: usize, places: Places, card: &str) -> Self {
        let process = Some(places.start().await);
        let (acknowledged, in_doubt, consultations) = (Vec::new(), Vec::new(), Vec::new());
        let mut phone = Self { places, number, process, written: 0, acknowledged, in_doubt, consultations };
        phone.get(json!({"do": "enroll", "typed": card})).await;
        let consent = json!({"do": "decide_consent", "purpose": "service", "state": "grant",
            "text_id": "service-ja-1", "language": "ja", "text": "…"});
        phone.get(consent).await;
        phone
    }

    pub(crate) async fn tell(&mut self, command: Value) -> Answer {
        let process = self.process.as_mut().unwrap();
        process.say(&command).await;
        process.answer().await.expect("a phone ended by itself")
    }

    /// What must be to be had.
    pub(crate) async fn get(&mut self, command: Value) -> Value {
        let name = command["do"].clone();
        self.tell(command).await.unwrap_or_else(|code| panic!("phone {}: {name}: {code}", self.number))
    }

    /// Writes a new question, or more about an older one; the phone must take it, whatever the network does.
    pub(crate) async fn ask(&mut self, follow_up: Option<usize>) {
        let (text, command) = self.next_text(follow_up);
        let value = self.get(command).await;
        self.acknowledge(text, &value);
    }

    fn next_text(&mut self, follow_up: Option<usize>) -> (String, Value) {
        self.written += 1;
        let text = format!("電話{}の{}番目の質問", self.number, self.written);
        let older =
            follow_up.and_then(|which| self.consultations.get(which % self.consultations.len().max(1)));
        let command = match older {
            Some(consultation) => {
                json!({"do": "follow_up", "consultation": consultation, "text": text})
            }
            None => json!({"do": "ask", "service": "pediatrics", "subject": "parent", "text": text}),
        };
        (text, command)
    }

    fn acknowledge(&mut self, text: String, value: &Value) {
        self.acknowledged.push(text);
        // A question gives its consultation, a follow-up nothing.
        self.consultations.extend(value.as_str().map(str::to_owned));
    }

    /// Begins a sync and does not wait for its end.
    pub(crate) async fn begin_sync(&mut self) {
        self.process.as_mut().unwrap().say(&json!({"do": "sync"})).await;
    }

    /// Waits for the answer to what was begun.
    pub(crate) async fn answered(&mut self) -> Answer {
        self.process.as_mut().unwrap().answer().await.expect("a phone ended by itself")
    }

    /// SIGKILL in the middle of whatever it does, and a new start over the same files.
    pub(crate) async fn killed_and_started(&mut self) {
        killed(self.process.take().unwrap().child).await;
        self.process = Some(self.places.start().await);
    }

    /// Writes so many questions in one go and is killed once it has acknowledged `answers` of them. The rest are in doubt.
    pub(crate) async fn killed_while_asking(&mut self, questions: usize, answers: usize) {
        let asked: Vec<(String, Value)> = (0..questions).map(|_| self.next_text(None)).collect();
        let mut process = self.process.take().unwrap();
        for (_, command) in &asked {
            process.say(command).await;
        }
        let mut texts = asked.into_iter().map(|(text, _)| text);
        for text in texts.by_ref().take(answers) {
            let value = process.answer().await.unwrap().unwrap();
            self.acknowledge(text, &value);
        }
        let Process { child, mut lines, .. } = process;
        killed(child).await;
        // What it had said before it died counts.
        while let Ok(Some(line)) = lines.next_line().await {
            let said: Option<Value> = serde_json::from_str(&line).ok();
            if let Some(value) = said.as_ref().and_then(|said| said.get("ok"))
                && let Some(text) = texts.next()
            {
                self.acknowledge(text, value);
            }
        }
        self.in_doubt.extend(texts);
        self.process = Some(self.places.start().await);
    }
}
