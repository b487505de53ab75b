//! One world: a server of its own, a network before it, clinicians, cards, and a clock.
//!
//! [`World::call`] is all that can be done with it, by name and in JSON, so that the tests of every language say the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use yorisoi_protocol::{EnrollmentCode, Timestamp};
use yorisoi_sandbox::line::{Direction, Weather};
use yorisoi_sandbox::rig::RigError;
use yorisoi_sandbox::{FaultyLine, FaultyProxy, trust};
use yorisoi_server::service::DATABASE_FILE;
use yorisoi_server::{FileClock, ServerConfig, Service};

use crate::clinicians::Clinicians;
use crate::family;
use crate::faults::{Faults, Onset};
use crate::offer::Offer;
use crate::server_process::{ServerPlace, ServerProcess};

/// Whatever went wrong in the kit itself, in words.
pub type KitError = RigError;

/// What a world is made with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// Ids of programmes that ship as data, or [`crate::offer::YEAR`] alone; all that ship if none is named.
    pub programmes: Vec<String>,
    /// What time it is, in RFC 3339, and stays until it is set. Without it the world lives today, with one programme that
    /// is open now.
    pub now: Option<String>,
    /// Other values at these places (RFC 6901) of the first programme's file, such as `/rules/use`.
    pub changes: BTreeMap<String, Value>,
    /// The port of the loopback at which phones find the server; a free one if absent.
    pub port: Option<u16>,
}

/// A world. Its server ends and its files go when this is dropped.
pub struct World {
    place: ServerPlace,
    server: Option<ServerProcess>,
    proxy: FaultyProxy,
    line: FaultyLine,
    faults: Arc<Faults>,
    offer: Offer,
    clinicians: Clinicians,
    directory: TempDir,
}

/// What a verb needs; each takes what it knows.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct With {
    now: Option<String>,
    programme: Option<String>,
    code: Option<String>,
    role: Option<String>,
    text: Option<String>,
    name: Option<String>,
    times: Option<u64>,
    directory: Option<PathBuf>,
}

impl World {
    /// Sets a world up and starts its server.
    ///
    /// # Errors
    /// [`KitError`].
    pub async fn begin(setting: &Setting) -> Result<Self, KitError> {
        let directory = tempfile::Builder::new().prefix("yorisoi-kit-").tempdir()?;
        let clock = setting.now.as_ref().map(|_| directory.path().join("clock"));
        let place = ServerPlace {
            data: directory.path().join("server"),
            clock,
            log: directory.path().join("server.log"),
        };
        let offer = match &setting.now {
            Some(now) => {
                set_clock(&place, now)?;
                Offer::shipped(&setting.programmes)?
            }
            None if setting.programmes.is_empty() => Offer::open_at(today())?,
            None => return Err("the programmes that ship as data are over: name a time in `now`".into()),
        };
        let offer = offer.with_changes(&setting.changes)?;
        let config = config(&place)?;
        Service::init(&config.data, &config.keys, config.randomness.as_ref())?;
        let service = config.open()?;
        for text in &offer.programmes {
            service.add_programme(text)?;
        }
        service.keep_rescue_key(&offer.programme(None)?.id, trust::RESCUE_SECRET)?;
        service.publish_manifest(&offer.manifest, &offer.roots()?)?;
        let clinicians = Clinicians::engage(&service)?;
        let (proxy, line, faults) = (
            FaultyProxy::start().await?,
            FaultyLine::open_at(setting.port.unwrap_or(0)).await?,
            Arc::new(Faults::default()),
        );
        line.lead_to(Some(proxy.address()));
        let asked = Arc::clone(&faults);
        proxy.fail(move |target| asked.strike(target));
        let mut world = Self { place, server: None, proxy, line, faults, offer, clinicians, directory };
        world.start_server().await?;
        Ok(world)
    }

    /// What a phone needs to know of this world.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn description(&self) -> Result<Value, KitError> {
        let server = format!("http://{}", self.line.address());
        let manifest = BASE64.encode(&self.offer.manifest);
        Ok(json!({"server": server, "roots": trust::roots()?, "manifest": manifest, "now": utc(self.now()?)}))
    }

    /// Does what the verb says.
    ///
    /// # Errors
    /// [`KitError`] for a verb that does not exist, for arguments it does not know, and where it could not be done.
    pub async fn call(&mut self, verb: &str, with: Value) -> Result<Value, KitError> {
        let with: With = if with.is_null() { With::default() } else { serde_json::from_value(with)? };
        match verb {
            "set_clock" => self.set_clock(&with),
            "issue_card" => self.issue_card(&with),
            "revoke_card" => self.revoke_card(&with),
            "set_phrase" => self.set_phrase(&with),
            "take" => {
                let taken = self.clinicians.take(self.server()?.address, with.role.as_deref()).await?;
                Ok(json!({"consultation": taken.to_string()}))
            }
            "answer" => self.answer(&with).await,
            "fault" => self.fault(&with),
            "heal" => self.heal().await,
            "kill_server" => self.kill_server().await,
            "start_server" => self.start_server().await,
            "keep_backup" => self.keep_backup().await,
            "restore_backup" => self.restore_backup().await,
            "figures" => self.figures(),
            "family_year" => Box::pin(self.family_year(&with)).await,
            other => Err(format!("there is no verb `{other}`").into()),
        }
    }

    /// Where the world keeps its files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn server(&self) -> Result<&ServerProcess, KitError> {
        self.server.as_ref().ok_or_else(|| "the server does not run".into())
    }

    fn now(&self) -> Result<Timestamp, KitError> {
        Ok(config(&self.place)?.clock.now())
    }

    fn set_clock(&self, with: &With) -> Result<Value, KitError> {
        if self.place.clock.is_none() {
            return Err("this world lives today: its clock is the machine's".into());
        }
        set_clock(&self.place, needed(with.now.as_ref(), "now")?)?;
        Ok(json!({}))
    }

    fn issue_card(&self, with: &With) -> Result<Value, KitError> {
        let programme = self.offer.programme(with.programme.as_deref())?;
        let cards = config(&self.place)?.open()?.issue_cards(&programme.id, 1)?;
        let code = cards.first().ok_or("no card was issued")?;
        Ok(json!({"code": code.grouped(), "ticket": self.offer.ticket(code)?, "programme": programme.id}))
    }

    fn revoke_card(&self, with: &With) -> Result<Value, KitError> {
        let typed = needed(with.code.as_ref(), "code")?;
        let code = EnrollmentCode::parse(typed)?;
        let programme = self.offer.programme_of(&code)?;
        config(&self.place)?.open()?.revoke_card_at_hand(&programme.id, typed)?;
        Ok(json!({}))
    }

    fn set_phrase(&self, with: &With) -> Result<Value, KitError> {
        let programme = self.offer.programme(with.programme.as_deref())?;
        let joins = yorisoi_server::service::JOINS_PER_DAY_MAX;
        config(&self.place)?.open()?.set_phrase(&programme.id, needed(with.text.as_ref(), "text")?, joins)?;
        Ok(json!({}))
    }

    async fn answer(&mut self, with: &With) -> Result<Value, KitError> {
        let (server, text) = (self.server()?.address, needed(with.text.as_ref(), "text")?);
        let answered = self.clinicians.answer(server, with.role.as_deref(), text).await?;
        Ok(json!({"consultation": answered.to_string()}))
    }

    fn fault(&self, with: &With) -> Result<Value, KitError> {
        match self.faults.turn_on(needed(with.name.as_ref(), "name")?, with.times)? {
            Onset::AtTheProxy => {}
            Onset::Weather(weather) => self.line.weather(weather),
            Onset::Strike(strike) => {
                for _ in 0..with.times.unwrap_or(1) {
                    self.line.strike(Direction::Down, 0, strike);
                }
            }
        }
        Ok(json!({}))
    }

    async fn heal(&mut self) -> Result<Value, KitError> {
        self.faults.heal();
        self.line.weather(Weather::default());
        self.line.heal();
        if self.server.is_none() {
            self.start_server().await?;
        }
        self.figures()
    }

    /// Fills a directory with the year of a family, as their phone would hold it at the end.
    async fn family_year(&mut self, with: &With) -> Result<Value, KitError> {
        let directory = with.directory.as_ref().ok_or("`directory` is missing")?;
        family::live_a_year(self, directory).await
    }

    async fn kill_server(&mut self) -> Result<Value, KitError> {
        if let Some(server) = self.server.take() {
            self.proxy.forward_to_nobody();
            server.kill().await?;
        }
        Ok(json!({}))
    }

    async fn start_server(&mut self) -> Result<Value, KitError> {
        if self.server.is_none() {
            let server = ServerProcess::start(&self.place).await?;
            self.proxy.forward_to(server.address);
            self.server = Some(server);
        }
        Ok(json!({}))
    }

    async fn keep_backup(&mut self) -> Result<Value, KitError> {
        self.kill_server().await?;
        copy(&self.place.data, &self.backup())?;
        self.start_server().await
    }

    async fn restore_backup(&mut self) -> Result<Value, KitError> {
        if !self.backup().exists() {
            return Err("no backup was kept".into());
        }
        self.kill_server().await?;
        std::fs::remove_dir_all(&self.place.data)?;
        copy(&self.backup(), &self.place.data)?;
        self.start_server().await
    }

    fn backup(&self) -> PathBuf {
        self.directory.path().join("backup")
    }

    fn figures(&self) -> Result<Value, KitError> {
        let (traffic, passed) = (self.proxy.traffic(), self.line.passed());
        let mut struck: BTreeMap<&str, u64> = self.faults.struck();
        let of_the_line =
            [("slow_network", passed.slowed), ("stalled", passed.stalls), ("connection_reset", passed.reset)];
        struck.extend(of_the_line.into_iter().filter(|(_, count)| *count > 0));
        let database = rusqlite::Connection::open(self.place.data.join(DATABASE_FILE))?;
        let messages: i64 =
            database.query_row("SELECT count(*) FROM entry WHERE consultation IS NOT NULL", [], |row| {
                row.get(0)
            })?;
        Ok(json!({
            "requests": traffic.requests, "replies": traffic.replies, "struck": struck, "messages": messages,
        }))
    }
}

/// What a verb cannot do without.
fn needed<'a>(given: Option<&'a String>, name: &str) -> Result<&'a str, KitError> {
    given.map(String::as_str).ok_or_else(|| format!("`{name}` is missing").into())
}

fn config(place: &ServerPlace) -> Result<ServerConfig, KitError> {
    let mut config = ServerConfig::new(&place.data);
    if let Some(clock) = &place.clock {
        config.clock = Arc::new(FileClock::open(clock)?);
    }
    Ok(config)
}

fn set_clock(place: &ServerPlace, now: &str) -> Result<(), KitError> {
    let (Some(clock), Some(at)) = (&place.clock, Timestamp::parse(now)) else {
        return Err("`now` is no time in RFC 3339".into());
    };
    // Renamed into place, so that no reader meets half a number.
    let new = clock.with_extension("new");
    std::fs::write(&new, at.millis().to_string())?;
    Ok(std::fs::rename(&new, clock)?)
}

fn today() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// As everything the kit says of time.
pub(crate) fn utc(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_millis(at.millis()).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A directory with everything in it.
fn copy(from: &Path, to: &Path) -> Result<(), KitError> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
