//! The kit as a test of an app meets it: its program, told over HTTP; and the sandbox as a person meets it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use serde_json::{Value, json};
use yorisoi_core::client::ConsentText;
use yorisoi_core::host::{Clock, ClockReading, KeyStore, KeyStoreError, NoNotices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::view::MessageStep;
use yorisoi_core::{ClientConfig, Host, YorisoiClient};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::question::{Service, Subject};

const PATIENCE: Duration = Duration::from_secs(30);

/// The program, ended with the test.
struct Program(Child, Lines<BufReader<ChildStdout>>);

impl Program {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yorisoi-kit"));
        let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self(child, lines)
    }

    fn line(&mut self) -> String {
        self.1.next().unwrap().unwrap()
    }

    /// The rest of the first line that begins so.
    fn told(&mut self, beginning: &str) -> String {
        loop {
            if let Some(rest) = self.line().strip_prefix(beginning) {
                return rest.trim().to_owned();
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn post(control: &str, path: &str, body: &Value) -> (u16, Value) {
    let address = control.strip_prefix("http://").unwrap();
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: kit\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, json) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(json).unwrap())
}

struct Set(Timestamp);

impl Clock for Set {
    fn read(&self) -> ClockReading {
        ClockReading { wall: self.0, since_boot_millis: 60_000, boot: "boot-1".into(), trusted: None }
    }
}

#[derive(Default)]
struct Keys(Mutex<Option<Vec<u8>>>);

impl KeyStore for Keys {
    fn load(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&self, key: &[u8]) -> Result<(), KeyStoreError> {
        *self.0.lock().unwrap() = Some(key.to_vec());
        Ok(())
    }
}

fn host(now: Timestamp, key: Option<Vec<u8>>) -> Host {
    Host {
        keys: Arc::new(Keys(Mutex::new(key))),
        clock: Arc::new(Set(now)),
        notices: Arc::new(NoNotices),
        randomness: Arc::new(SystemRandomness::default()),
    }
}

#[test]
fn a_family_s_year_is_a_directory_that_any_phone_opens_with_its_key() {
    let mut kit = Program::start(&[]);
    let control = kit.told("control ");
    let (status, world) =
        post(&control, "/worlds", &json!({"programmes": ["sandbox-year"], "now": "2021-04-01"}));
    assert_eq!(status, 200, "{world}");
    let name = world["world"].as_str().unwrap();
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("yorisoi");
    let (status, year) =
        post(&control, &format!("/worlds/{name}/family_year"), &json!({"directory": directory}));
    assert_eq!(status, 200, "{year}");
    assert_eq!(
        (&year["consultations"], &year["unread"], &year["drafts"]),
        (&json!(37), &json!(3), &json!(2))
    );

    let roots: Vec<String> = serde_json::from_value(world["roots"].clone()).unwrap();
    let config = ClientConfig {
        directory,
        server: world["server"].as_str().unwrap().to_owned(),
        authorities: Authorities::default(),
        roots: roots.try_into().unwrap(),
        manifest: Some(BASE64.decode(world["manifest"].as_str().unwrap().as_bytes()).unwrap()),
    };
    let key = BASE64.decode(year["root_key"].as_str().unwrap().as_bytes()).unwrap();
    let now = Timestamp::parse(year["now"].as_str().unwrap()).unwrap();
    let client = YorisoiClient::open(&config, host(now, Some(key))).unwrap();
    let page = client.consultations(None, 500).unwrap();
    assert_eq!((page.total, page.unread, client.drafts(None, 10).unwrap().total), (37, 3, 2));
    assert_eq!(page.consultations.iter().filter(|it| it.step == MessageStep::Answered).count(), 37);
    assert!(!client.search("湿疹").unwrap().is_empty());
    let (status, _) = post(&control, &format!("/worlds/{name}/end"), &json!({}));
    assert_eq!(status, 200);
    let (status, error) = post(&control, &format!("/worlds/{name}/figures"), &json!({}));
    assert_eq!((status, error["error"].as_str()), (400, Some("there is no such world")));
}

#[test]
fn a_kit_ends_with_whoever_started_it_and_takes_its_servers_along() {
    let mut kit = Program::start(&[]);
    let control = kit.told("control ");
    let (_, world) = post(&control, "/worlds", &json!({}));
    let server = world["server"].as_str().unwrap().strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(server).is_ok());
    drop(kit.0.stdin.take());
    assert!(kit.0.wait().unwrap().success());
    assert!(TcpStream::connect(server).is_err());
    assert!(TcpStream::connect(control.strip_prefix("http://").unwrap()).is_err());
}

#[test]
fn the_sandbox_answers_by_itself_what_an_app_asks_today() {
    let out = tempfile::tempdir().unwrap();
    let args = ["sandbox", "--port", "0", "--answer-after", "1", "--out", out.path().to_str().unwrap()];
    let mut sandbox = Program::start(&args);
    let server = sandbox.told("server ");
    let roots = [sandbox.told("root "), sandbox.told("root ")];
    let manifest = std::fs::read(sandbox.told("manifest ")).unwrap();
    let card = sandbox.told("card ");
    let code = card.split_whitespace().next().unwrap().to_owned();
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("yorisoi");
    let config = ClientConfig {
        directory,
        server,
        authorities: Authorities::default(),
        roots,
        manifest: Some(manifest),
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_millis(since.as_millis().try_into().unwrap());
    let client = YorisoiClient::open(&config, host(now, None)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let id = runtime.block_on(async {
        client.enroll(&code).await.unwrap();
        let text = ConsentText { id: "service-ja-1".into(), language: "ja".into(), text: "…".into() };
        client.decide_consent(Purpose::Service, ConsentState::Grant, &text).unwrap();
        let id = client.ask(Service::Pediatrics, Subject::Child { born: None }, "湿疹について").unwrap();
        client.sync().await.unwrap();
        id
    });
    assert_eq!(sandbox.told("answered"), "");
    runtime.block_on(client.sync()).unwrap();
    let page = client.messages(id, None, 10).unwrap();
    assert_eq!((page.total, page.messages[0].step), (2, Some(MessageStep::Answered)));
    writeln!(sandbox.0.stdin.as_mut().unwrap(), "quit").unwrap();
    assert!(sandbox.0.wait().unwrap().success());
}
