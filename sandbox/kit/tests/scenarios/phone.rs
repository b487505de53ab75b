//! A made-up phone under the real library: its directory, its key store, its clock, and what it was told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, Notice, Notices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::{ClientConfig, Host, YorisoiClient, YorisoiError};
use yorisoi_protocol::Timestamp;

use crate::arguments::Arguments;
use crate::exercised::{note, snake};

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Phone {
    directory: TempDir,
    keys: Arc<FakeKeys>,
    clock: Arc<FakeClock>,
    heard: Arc<Heard>,
    pub client: Option<Arc<YorisoiClient>>,
    pub live: Option<tokio::task::JoinHandle<Result<(), YorisoiError>>>,
}

impl Phone {
    pub fn new(now: Timestamp) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            keys: Arc::default(),
            clock: Arc::new(FakeClock(Mutex::new(Set { now, ..Set::default() }))),
            heard: Arc::default(),
            client: None,
            live: None,
        }
    }

    /// What the phone itself does.
    pub async fn os(
        &mut self,
        name: &str,
        with: &mut Arguments,
        world: &Value,
    ) -> Result<Value, YorisoiError> {
        match name {
            "open" => return self.open(with, world),
            "close" | "kill" => {
                self.client = None;
                if let Some(live) = self.live.take() {
                    live.abort();
                }
            }
            "keys" => *locked(&self.keys.state) = with.text("state"),
            "clock" => self.clock.set(with),
            "write_file" => {
                let path = self.directory.path().join(with.text("name"));
                std::fs::write(&path, BASE64.decode(with.text("base64").as_bytes()).unwrap()).unwrap();
                return Ok(path.to_string_lossy().into());
            }
            "damage" => {
                let database = self.directory.path().join("yorisoi").join(yorisoi_core::store::DATABASE_FILE);
                std::fs::write(database, b"no database any more").unwrap();
            }
            "new_path" => return Ok(self.directory.path().join(with.text("name")).to_string_lossy().into()),
            "file" => {
                let Ok(bytes) = std::fs::read(with.text("path")) else { return Ok(Value::Null) };
                let head = HEXLOWER.encode(&bytes[..bytes.len().min(16)]);
                return Ok(json!({"bytes": bytes.len(), "head": head}));
            }
            "heard" => self.heard.wait_for(&with.value("notice")).await,
            other => panic!("a phone cannot `{other}`"),
        }
        Ok(Value::Null)
    }

    fn open(&mut self, with: &mut Arguments, world: &Value) -> Result<Value, YorisoiError> {
        self.client = None;
        locked(&self.heard.notices).clear();
        let of_world = |name: &str, given: Value| if given.is_null() { world[name].clone() } else { given };
        let roots: Vec<String> = serde_json::from_value(of_world("roots", with.value("roots"))).unwrap();
        let manifest = match with.value("manifest") {
            Value::String(none) if none == "none" => None,
            given => Some(BASE64.decode(of_world("manifest", given).as_str().unwrap().as_bytes()).unwrap()),
        };
        let config = ClientConfig {
            directory: self.directory.path().join("yorisoi"),
            server: of_world("server", with.value("server")).as_str().unwrap().to_owned(),
            authorities: Authorities::default(),
            roots: roots.try_into().map_err(|_| YorisoiError::Setting("two root keys are needed"))?,
            manifest,
        };
        let host = Host {
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            notices: self.heard.clone(),
            randomness: Arc::new(SystemRandomness::default()),
        };
        let client = match with.text_perhaps("as").as_deref() {
            Some("start_over") => {
                note("call start_over".to_owned());
                YorisoiClient::start_over(&config, host)?
            }
            None => {
                note("call open".to_owned());
                YorisoiClient::open(&config, host)?
            }
            Some(other) => panic!("a phone cannot open as `{other}`"),
        };
        self.client = Some(Arc::new(client));
        Ok(Value::Null)
    }
}

#[derive(Default)]
struct FakeKeys {
    key: Mutex<Option<Vec<u8>>>,
    /// `ready` while empty.
    state: Mutex<String>,
}

impl KeyStore for FakeKeys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        note("callback KeyStore.load".to_owned());
        match locked(&self.state).as_str() {
            "" | "ready" => Ok(locked(&self.key).clone()),
            "missing" => Ok(None),
            "foreign" => Ok(Some(vec![7; 32])),
            "locked" => Err(refused(KeyStoreError::Locked)),
            "failing" | "throwing" => Err(refused(KeyStoreError::Failing)),
            other => panic!("there is no key store that is {other}"),
        }
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        note("callback KeyStore.save".to_owned());
        let state = locked(&self.state).clone();
        match state.as_str() {
            "locked" => Err(KeyStoreError::Locked),
            "failing" | "throwing" => Err(KeyStoreError::Failing),
            _ => {
                *locked(&self.key) = Some(key.to_vec());
                // A key that was saved is the one that is there.
                "ready".clone_into(&mut locked(&self.state));
                Ok(())
            }
        }
    }
}

fn refused(error: KeyStoreError) -> KeyStoreError {
    note(format!("variant KeyStoreFailure.{}", snake(&format!("{error:?}"))));
    error
}

struct FakeClock(Mutex<Set>);

#[derive(Clone)]
struct Set {
    now: Timestamp,
    since_boot_millis: i64,
    boot: String,
    trusted: Option<Timestamp>,
    throws: bool,
}

impl Default for Set {
    fn default() -> Self {
        let boot = "boot-1".to_owned();
        Self { now: Timestamp::default(), since_boot_millis: 60_000, boot, trusted: None, throws: false }
    }
}

impl FakeClock {
    fn set(&self, with: &mut Arguments) {
        let time = |text: String| Timestamp::parse(&text).unwrap();
        let mut set = locked(&self.0);
        let before = set.clone();
        let now = with.text_perhaps("now").map_or(before.now, time);
        *set = Set {
            now,
            // A phone that is on counts on with the clock on its wall, if nothing else is said.
            since_boot_millis: with.number_perhaps("since_boot_millis").map_or_else(
                || (before.since_boot_millis + now.since(before.now)).max(0),
                |millis| millis.try_into().unwrap(),
            ),
            boot: with.text_perhaps("boot").unwrap_or(before.boot),
            trusted: with.text_perhaps("trusted").map(time),
            throws: with.value("throws") == true,
        };
    }
}

impl Clock for FakeClock {
    fn read(&self) -> ClockReading {
        note("callback Clock.read".to_owned());
        let Set { now, since_boot_millis, boot, trusted, throws } = locked(&self.0).clone();
        if throws {
            note("variant HostFailure.threw".to_owned());
            // What the bindings do where the app's clock throws.
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let wall = Timestamp::from_millis(since.as_millis().try_into().unwrap());
            return ClockReading { wall, since_boot_millis: 0, boot: String::new(), trusted: None };
        }
        ClockReading { wall: now, since_boot_millis, boot, trusted }
    }
}

#[derive(Default)]
struct Heard {
    notices: Mutex<Vec<Value>>,
    told: Notify,
}

impl Notices for Heard {
    fn changed(&self, changes: &[Notice]) {
        note("callback Notices.changed".to_owned());
        locked(&self.notices).extend(changes.iter().map(shown));
        self.told.notify_one();
    }
}

impl Heard {
    async fn wait_for(&self, wanted: &Value) {
        let waiting = async {
            loop {
                let found = {
                    let mut notices = locked(&self.notices);
                    let found =
                        notices.iter().position(|notice| crate::matching::fits(wanted, notice).is_ok());
                    found.map(|index| notices.drain(..=index).count())
                };
                match found {
                    Some(_) => return,
                    None => self.told.notified().await,
                }
            }
        };
        let heard = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(heard.is_ok(), "{wanted} was never heard, only {:?}", locked(&self.notices));
    }
}

fn shown(notice: &Notice) -> Value {
    let name = match notice {
        Notice::Consultation(_) => "consultation".to_owned(),
        other => snake(&format!("{other:?}")),
    };
    note(format!("variant Notice.{name}"));
    match notice {
        Notice::Consultation(id) => Value::Object(Map::from_iter([(name, json!({"id": id.to_string()}))])),
        _ => name.into(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
