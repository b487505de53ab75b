//! The real server in a process of its own: this program once more, told by lines what an operator and a clinician do.
//!
//! What it serves goes over its socket like everything a device says. Only cards, the clinician's log-in and answers by
//! the thousand are asked for by line, each answered by one line.

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use yorisoi_core::host::{SystemRandomness, random};
use yorisoi_protocol::ids::{ChangeId, ConsultationId, Series};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_sandbox::programmes::FUCHU_2021;
use yorisoi_sandbox::rig::RigError;
use yorisoi_server::desk_api::{AnswerRequest, LogIn};
use yorisoi_server::service::PASSWORD_ITERATIONS;
use yorisoi_server::{Server, ServerConfig, Service};

use super::message;
use super::running_clock::RunningClock;

/// The argument with which this program becomes the server.
pub(crate) const COMMAND: &str = "sync-server";
const LOGIN: &str = "bench";

/// A server that runs until this is dropped.
pub(super) struct ServerProcess {
    pub(super) address: SocketAddr,
    pub(super) clock: RunningClock,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl ServerProcess {
    /// Starts one over a new database in this directory.
    pub(super) async fn start(directory: &Path) -> Result<Self, RigError> {
        let clock = RunningClock::in_the_window()?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(COMMAND)
            .arg(directory)
            .arg(clock.behind_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().ok_or("the server hears nothing")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("the server says nothing")?).lines();
        let address = output.next_line().await?.ok_or("the server did not start")?.parse()?;
        Ok(Self { address, clock, input, output, child })
    }

    /// Its process.
    pub(super) fn pid(&self) -> Result<u32, RigError> {
        self.child.id().ok_or_else(|| "the server ended".into())
    }

    /// A new card.
    pub(super) async fn card(&mut self) -> Result<String, RigError> {
        self.tell("card").await
    }

    /// The token of a clinician who is logged in.
    pub(super) async fn token(&mut self) -> Result<String, RigError> {
        self.tell("token").await
    }

    /// Lets the clinician take these.
    pub(super) async fn take(&mut self, ids: &[ConsultationId]) -> Result<(), RigError> {
        self.done(&format!("take{}", listed(ids))).await
    }

    /// Lets the clinician answer so many times, one consultation after the other. They must be taken.
    pub(super) async fn answer(&mut self, count: usize, ids: &[ConsultationId]) -> Result<(), RigError> {
        self.done(&format!("answer {count}{}", listed(ids))).await
    }

    async fn done(&mut self, line: &str) -> Result<(), RigError> {
        match self.tell(line).await?.as_str() {
            "done" => Ok(()),
            other => Err(format!("the server said {other}").into()),
        }
    }

    async fn tell(&mut self, line: &str) -> Result<String, RigError> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        self.output.next_line().await?.ok_or_else(|| "the server ended".into())
    }
}

fn listed(ids: &[ConsultationId]) -> String {
    ids.iter().map(|id| format!(" {id}")).collect()
}

/// Becomes the server until the standard input ends.
pub(crate) async fn serve(arguments: &[String]) -> Result<(), RigError> {
    let [directory, behind_millis] = arguments else {
        return Err("a directory and milliseconds were expected".into());
    };
    let mut config = ServerConfig::new(directory);
    config.clock = Arc::new(RunningClock::behind(behind_millis.parse()?));
    Service::init(&config.data, &config.keys, config.randomness.as_ref())?;
    let server = Server::bind(config).await?;
    let service = server.service();
    service.add_programme(FUCHU_2021)?;
    println!("{}", server.local_addr());
    let (ended, end) = oneshot::channel();
    let listening = std::thread::spawn(move || {
        let result = obey(&service);
        // The receiver is gone only where the server ended first.
        let _ = ended.send(());
        result
    });
    server.serve(async { drop(end.await) }).await?;
    listening.join().map_err(|_| "the server broke off")?
}

fn obey(service: &Service) -> Result<(), RigError> {
    let password = service.add_clinician(LOGIN, ClinicianRole::Pediatrician, PASSWORD_ITERATIONS)?;
    let token = service.log_in(&LogIn { login: LOGIN.to_owned(), password })?.token;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let said = match words.next() {
            Some("card") => {
                let cards = service.issue_cards("fuchu-2021", 1)?;
                cards.first().map(|card| card.grouped()).ok_or("no card was issued")?
            }
            Some("token") => token.clone(),
            Some("take") => {
                let clinician = service.session(Some(&token))?;
                for id in words {
                    service.take(&clinician, ConsultationId::parse(id)?)?;
                }
                "done".to_owned()
            }
            Some("answer") => {
                let count = words.next().ok_or("how many answers?")?.parse()?;
                let ids: Vec<_> = words.map(ConsultationId::parse).collect::<Result<_, _>>()?;
                answer(service, &token, count, &ids)?;
                "done".to_owned()
            }
            _ => return Err(format!("the server does not know {line:?}").into()),
        };
        println!("{said}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn answer(service: &Service, token: &str, count: usize, ids: &[ConsultationId]) -> Result<(), RigError> {
    let clinician = service.session(Some(token))?;
    let randomness = SystemRandomness::default();
    let series = Series::from_bytes(random(&randomness)?);
    for id in ids.iter().cycle().take(count) {
        let name = ChangeId::from_bytes(series.drawn(random(&randomness)?));
        let answer = AnswerRequest { id: name, text: message()? };
        service.answer(&clinician, *id, &answer)?;
    }
    Ok(())
}
