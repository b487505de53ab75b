//! The sandbox of a person: a world of today, cards to enrol with, a clinician who answers by themselves, faults on request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::world::{Setting, World};
use crate::{FAULTS, KitError};

/// What the clinician answers. It says what it is: nobody should take it for a doctor's word.
const ANSWER: &str = "サンドボックスの返信です。医師・助産師の回答ではありません。 / An answer of the sandbox, not of a clinician.";
/// How often the clinician looks at the desk.
const LOOK: Duration = Duration::from_secs(1);

/// What a person decides.
#[derive(Debug, clap::Args)]
pub struct Sandbox {
    /// The port of the loopback at which phones find the server.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// Where to write what an app brings along: `sandbox.cose` and `roots.txt`.
    #[arg(long, value_name = "DIR", default_value = "yorisoi-sandbox")]
    out: PathBuf,
    /// After how many seconds a question is answered; `0` for never.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    answer_after: u64,
}

impl Sandbox {
    /// Runs until standard input ends or says `quit`.
    ///
    /// # Errors
    /// [`KitError`] if the world cannot be set up.
    pub async fn run(self) -> Result<(), KitError> {
        let setting = Setting { port: Some(self.port), ..Setting::default() };
        let mut world = World::begin(&setting).await?;
        self.tell(&mut world).await?;
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let mut looks = tokio::time::interval(LOOK);
        let mut waiting = 0;
        loop {
            tokio::select! {
                line = lines.next_line() => match line? {
                    Some(line) if line.trim() != "quit" => say(&obey(&mut world, line.trim()).await),
                    _ => return Ok(()),
                },
                _ = looks.tick(), if self.answer_after > 0 => waiting = self.look(&mut world, waiting).await,
            }
        }
    }

    /// Takes what waits, and answers it when it has waited for long enough. Gives for how many looks something has waited.
    async fn look(&self, world: &mut World, waited: u64) -> u64 {
        // Where nothing new waits to be taken, what was taken before may still wait for its answer.
        let taken = world.call("take", Value::Null).await.is_ok();
        let waited = if taken { waited.max(1) } else { waited };
        match waited {
            0 => 0,
            waited if waited < self.answer_after => waited + 1,
            _ => {
                while world.call("answer", json!({"text": ANSWER})).await.is_ok() {
                    say(&Ok("answered".into()));
                }
                0
            }
        }
    }

    /// Says what an app needs, once.
    async fn tell(&self, world: &mut World) -> Result<(), KitError> {
        let description = world.description()?;
        let text = |name: &str| description.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let roots = description.get("roots").and_then(Value::as_array).cloned().unwrap_or_default();
        let roots: Vec<&str> = roots.iter().filter_map(Value::as_str).collect();
        std::fs::create_dir_all(&self.out)?;
        let manifest = self.out.join("sandbox.cose");
        std::fs::write(&manifest, BASE64.decode(text("manifest").as_bytes())?)?;
        std::fs::write(self.out.join("roots.txt"), roots.join("\n") + "\n")?;
        println!("server    {}", text("server"));
        for root in roots {
            println!("root      {root}");
        }
        println!("manifest  {}", shown(&manifest));
        for _ in 0..3 {
            println!("card      {}", card(world).await?);
        }
        match self.answer_after {
            0 => println!("Nobody answers by themselves: type `answer TEXT`."),
            seconds => println!("A clinician answers whatever is asked after {seconds} s."),
        }
        println!("{HELP}");
        Ok(())
    }
}

const HELP: &str =
    "Commands: card | answer TEXT | faults | fault NAME [TIMES] | heal | kill | start | figures | quit";

async fn card(world: &mut World) -> Result<String, KitError> {
    let card = world.call("issue_card", Value::Null).await?;
    let text = |name: &str| card.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(format!("{}  {}", text("code"), text("ticket")))
}

async fn obey(world: &mut World, line: &str) -> Result<String, KitError> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let done = match word {
        "" => return Ok(String::new()),
        "card" => return card(world).await,
        "faults" => {
            let lines = FAULTS.iter().map(|fault| format!("{:<18} {}", fault.name, fault.words));
            return Ok(lines.collect::<Vec<_>>().join("\n"));
        }
        "answer" => world.call("answer", json!({"text": rest})).await?,
        "fault" => {
            let (name, times) = rest.split_once(' ').unwrap_or((rest, ""));
            let times = match times {
                "" => Value::Null,
                times => times.parse::<u64>()?.into(),
            };
            world.call("fault", json!({"name": name, "times": times})).await?
        }
        "heal" => world.call("heal", Value::Null).await?,
        "kill" => world.call("kill_server", Value::Null).await?,
        "start" => world.call("start_server", Value::Null).await?,
        "figures" => world.call("figures", Value::Null).await?,
        _ => return Ok(HELP.to_owned()),
    };
    Ok(done.to_string())
}

/// Whoever reads may have gone; there is nobody to tell then.
fn say(done: &Result<String, KitError>) {
    match done {
        Ok(text) if text.is_empty() => {}
        Ok(text) => println!("{text}"),
        Err(error) => println!("not done: {error}"),
    }
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
