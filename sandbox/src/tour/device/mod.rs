//! A phone as a process of its own: the real library over a real directory, driven by lines of JSON.
//!
//! It ends with its standard input, so it never outlives whoever started it.

pub(crate) mod command;
mod host;
mod mouth;
pub(crate) mod reply;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::task::JoinHandle;
use yorisoi_core::client::{ConsentText, NewDraft, SyncBudget};
use yorisoi_core::transport::Authorities;
use yorisoi_core::{ClientConfig, YorisoiClient, YorisoiError};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_sandbox::trust;

use command::{Command, Decision, Draft};
use mouth::Mouth;
use reply::{Event, Line, Refusal};

/// More than a tour ever writes.
const PAGE: u32 = 500;

/// Which phone this is.
#[derive(Debug, Args)]
pub(crate) struct Phone {
    /// The directory of its database, by its absolute path.
    #[arg(long)]
    pub(crate) directory: PathBuf,
    /// The file of its key, outside that directory.
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// The file with the time.
    #[arg(long)]
    pub(crate) clock: PathBuf,
    /// The server's address.
    #[arg(long)]
    pub(crate) server: String,
    /// A file with the certificate of the only authority to believe, where the server's is signed by none of the public ones.
    #[arg(long)]
    pub(crate) authority: Option<PathBuf>,
}

/// The process: commands in, replies and events out.
struct Device {
    client: Arc<YorisoiClient>,
    mouth: Arc<Mouth>,
    live: Option<JoinHandle<()>>,
}

/// Runs until told to stop or until nobody speaks any more.
pub(crate) async fn run(phone: Phone) -> ExitCode {
    let mouth = Arc::new(Mouth);
    let host = host::new(phone.key, phone.clock, Arc::clone(&mouth));
    let (Ok(roots), Ok(manifest)) = (trust::roots(), trust::manifest()) else {
        return ExitCode::FAILURE;
    };
    let Some(authorities) = authorities(phone.authority.as_deref()) else {
        return ExitCode::FAILURE;
    };
    let Phone { directory, server, .. } = phone;
    let config = ClientConfig { directory, server, authorities, roots, manifest: Some(manifest) };
    let client = match YorisoiClient::open(&config, host) {
        Ok(client) => Arc::new(client),
        Err(error) => {
            mouth.say(&Line::Error(Refusal::from(&error)));
            return ExitCode::FAILURE;
        }
    };
    mouth.tell(Event::Ready);
    let live = None;
    Device { client, mouth, live }.listen().await;
    ExitCode::SUCCESS
}

impl Device {
    async fn listen(mut self) {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.trim().is_empty() {
                continue;
            }
            let command = match serde_json::from_str(&line) {
                Ok(Command::Stop) => break,
                Ok(command) => command,
                Err(error) => {
                    self.mouth.say(&Line::Error(misunderstood(&error)));
                    continue;
                }
            };
            let line = match self.obey(command).await {
                Ok(value) => Line::Ok(value),
                Err(error) => Line::Error(Refusal::from(&error)),
            };
            self.mouth.say(&line);
        }
        self.live_stop();
    }

    async fn obey(&mut self, command: Command) -> Result<Value, YorisoiError> {
        let client = Arc::clone(&self.client);
        Ok(match command {
            Command::CheckCard { typed } => value(reply::Card::from(client.check_card(&typed)?)),
            Command::Enroll { typed } => value(reply::Enrollment::from(client.enroll(&typed).await?)),
            Command::Enrollment => value(client.enrollment()?.map(reply::Enrollment::from)),
            Command::MayAsk => value(reply::May::from(client.may_ask()?)),
            Command::SafetyContacts => value(all::<reply::Contact, _>(client.safety_contacts())),
            Command::DecideConsent(decision) => {
                let (purpose, state, text) = consent(decision);
                value(client.decide_consent(purpose, state, &text)?)
            }
            Command::Consents => value(all::<reply::Consent, _>(client.consents()?)),
            Command::SaveDraft(draft) => value(client.save_draft(&new_draft(draft))?),
            Command::Drafts => value(all::<reply::KeptDraft, _>(client.drafts(None, PAGE)?.drafts)),
            Command::SendDraft { id } => value(client.send_draft(id)?),
            Command::DiscardDraft { id } => value(client.discard_draft(id)?),
            Command::Ask { service, subject, text } => value(client.ask(service, subject, &text)?),
            Command::FollowUp { consultation, text } => value(client.follow_up(consultation, &text)?),
            Command::Consultations => {
                value(all::<reply::Consultation, _>(client.consultations(None, PAGE)?.consultations))
            }
            Command::Messages { consultation } => {
                value(all::<reply::Message, _>(client.messages(consultation, None, PAGE)?.messages))
            }
            Command::MarkRead { consultation } => value(client.mark_read(consultation, u32::MAX)?),
            Command::UnreadCount => value(client.unread_count()?),
            Command::Search { words } => value(all::<reply::Hit, _>(client.search(&words)?)),
            Command::Survey => value(client.survey()?.map(reply::Survey::from)),
            Command::AnswerSurvey { answers } => value(client.answer_survey(&answers)?),
            Command::LossMode => value(client.loss_mode()?),
            Command::SetLossMode { on } => value(client.set_loss_mode(on)?),
            Command::Export { to } => value(client.export(&to)?),
            Command::Sync => value(reply::Synced::from(client.sync().await?)),
            Command::SyncWithin { seconds } => {
                let budget = SyncBudget { seconds, metered: false, low_power: false };
                value(reply::Synced::from(client.sync_within(budget).await?))
            }
            Command::SyncState => value(reply::SyncState::from(client.sync_state()?)),
            Command::LiveStart => self.live_start(),
            Command::LiveStop | Command::Stop => self.live_stop(),
        })
    }

    fn live_start(&mut self) -> Value {
        self.live_stop();
        let (client, mouth) = (Arc::clone(&self.client), Arc::clone(&self.mouth));
        self.live = Some(tokio::spawn(async move {
            if let Err(error) = client.live().await {
                mouth.tell(Event::LiveEnded(Refusal::from(&error)));
            }
        }));
        Value::Null
    }

    fn live_stop(&mut self) -> Value {
        if let Some(live) = self.live.take() {
            live.abort();
        }
        Value::Null
    }
}

fn authorities(file: Option<&Path>) -> Option<Authorities> {
    match file {
        Some(file) => Authorities::only(&std::fs::read(file).ok()?).ok(),
        None => Some(Authorities::default()),
    }
}

fn consent(decision: Decision) -> (Purpose, ConsentState, ConsentText) {
    let text = ConsentText { id: decision.text_id, language: decision.language, text: decision.text };
    (decision.purpose, decision.state, text)
}

fn new_draft(draft: Draft) -> NewDraft {
    NewDraft {
        id: draft.id,
        service: draft.service,
        subject: draft.subject,
        consultation: draft.consultation,
        text: draft.text,
    }
}

fn all<Reply: From<View>, View>(views: Vec<View>) -> Vec<Reply> {
    views.into_iter().map(Reply::from).collect()
}

fn value(value: impl Serialize) -> Value {
    // These are records of texts and numbers with texts as keys: they always have a JSON text.
    serde_json::to_value(value).unwrap_or_default()
}

fn misunderstood(error: &serde_json::Error) -> Refusal {
    Refusal {
        kind: "setting".to_owned(),
        code: "command_unknown".to_owned(),
        ja: "この命令は読み取れません。".to_owned(),
        en: format!("This command cannot be read: {error}."),
    }
}
