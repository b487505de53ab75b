//! The operator's way from a programme to tickets that phones believe, run as real processes: the root key in a place of
//! its own, the server in another.

use std::path::PathBuf;
use std::sync::Arc;

use ring::signature::Ed25519KeyPair;
use yorisoi_protocol::carriage::TicketText;
use yorisoi_protocol::manifest::{Manifest, Roots};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::ticket::{TicketError, TicketTerms};
use yorisoi_protocol::wire::{MANIFEST_PATH, PublicKey};
use yorisoi_protocol::{EnrollmentCode, Programme, Ticket};
use yorisoi_server::{FileClock, ServerConfig};

use crate::client::send;
use crate::operator::{Serving, done, failed, fuchu};
use crate::world::{FUCHU, on};

/// A server's directory, and another one with a root key that the server never sees.
struct Town {
    dir: tempfile::TempDir,
    root: String,
}

impl Town {
    /// With the programme of Fuchu, on 1 August 2021.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let town = Self { root: String::new(), dir };
        town.set_clock("2021-08-01", 0);
        done(&town.data(), "init");
        done(&town.data(), &format!("programme add {}", fuchu(town.dir.path())));
        let root = town.elsewhere(&["root", "--out", &town.path("root.pk8")]);
        Self { root: root.trim_end().to_owned(), ..town }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn set_clock(&self, day: &str, seconds: i64) {
        std::fs::write(self.path("clock"), on(day, seconds).millis().to_string()).unwrap();
    }

    /// What a command prints on the server.
    fn here(&self, command: &str) -> String {
        done(&self.data(), &format!("{command} --clock {}", self.path("clock")))
    }

    /// What a `manifest` command prints where no server is.
    fn elsewhere(&self, arguments: &[&str]) -> String {
        let command = std::process::Command::new(env!("CARGO_BIN_EXE_yorisoi-server"))
            .arg("manifest")
            .args(arguments)
            .output()
            .unwrap();
        assert!(command.status.success(), "{}", String::from_utf8_lossy(&command.stderr));
        String::from_utf8(command.stdout).unwrap()
    }

    /// Drafts, signs and publishes the next manifest, and reads it as a device does.
    fn publish(&self, name: &str) -> Manifest {
        let (draft, signed) = (self.path(&format!("{name}.json")), self.path(&format!("{name}.cose")));
        std::fs::write(&draft, self.here("manifest draft --not-after 2021-10-31")).unwrap();
        let root = self.path("root.pk8");
        self.elsewhere(&["sign", "--root", &root, "--in", &draft, "--out", &signed]);
        let published = self.here(&format!("manifest publish {signed} --root {}", self.root));
        let verified = self.elsewhere(&["verify", &signed, "--root", &self.root, "--at", "2021-10-31"]);
        let manifest = Manifest::verify(&std::fs::read(&signed).unwrap(), &self.roots()).unwrap();
        assert_eq!(published, format!("version {}\n", manifest.version));
        assert!(verified.starts_with(&published.replace('\n', " signed by ")), "{verified}");
        assert!(verified.ends_with("in force until 2021-11-01 00:00:00 JST\n"), "{verified}");
        manifest
    }

    fn roots(&self) -> Roots {
        let root = PublicKey::try_from(self.root.clone()).unwrap();
        Roots([root, root])
    }

    /// The ticket of a card, as it would be printed now.
    fn ticket(&self, code: &EnrollmentCode) -> String {
        let mut config = ServerConfig::new(self.data());
        config.clock = Arc::new(FileClock::open(self.path("clock").as_ref()).unwrap());
        let programme = Programme::parse(FUCHU).unwrap();
        config.open().unwrap().sign_ticket(&programme, code).unwrap().to_prefixed()
    }

    /// The ticket that whoever has the file of a key signs now, retired or not.
    fn signed_by_hand(&self, key: &str, code: &EnrollmentCode) -> String {
        let pair = std::fs::read(self.data().join("keys").join(format!("tickets-{key}.pk8"))).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(&pair).unwrap();
        let terms = TicketTerms {
            issuer: Municipality::parse("132063").unwrap(),
            not_before: on("2021-08-02", 0),
            expires: on("2022-01-01", 0),
            issued_at: on("2021-08-01", 1),
            rule_set_version: 1,
        };
        TicketText::of(&Ticket::sign(&terms, code, &pair).unwrap()).to_prefixed()
    }

    /// Whether a device with this manifest believes the ticket, and that it is of this card.
    fn believed(manifest: &Manifest, ticket: &str, code: &EnrollmentCode) -> Result<(), TicketError> {
        let ticket = Ticket::parse(ticket, manifest.ticket_keys())?;
        assert_eq!(ticket.code(), code);
        assert_eq!(
            (ticket.terms.not_before, ticket.terms.expires),
            (on("2021-08-02", 0), on("2022-01-01", 0))
        );
        Ok(())
    }
}

fn code(number: u64) -> EnrollmentCode {
    EnrollmentCode::issue(37, number).unwrap()
}

#[test]
fn a_key_is_made_published_rotated_and_revoked_and_phones_follow() {
    let town = Town::new();
    let one = town.here("keys ticket new --programme fuchu-2021").trim_end().to_owned();
    let window = "132063 2021-08-01 00:00:00 JST to 2022-01-01 00:00:00 JST\n";
    assert_eq!(town.here("keys ticket list"), format!("{one} active {window}"));
    let first = town.publish("first");
    let (old, old_ticket) = (code(1), town.ticket(&code(1)));
    assert_eq!(Town::believed(&first, &old_ticket, &old), Ok(()));

    // Rotated: the new key signs, the old one's cards stay good, and it can sign nothing later.
    let two = town.here("keys ticket new --programme fuchu-2021 --last 2021-09-30").trim_end().to_owned();
    town.here(&format!("keys ticket retire {one}"));
    let list = town.here("keys ticket list");
    let ended = format!("{one} retired 132063 2021-08-01 00:00:00 JST to 2021-08-01 00:00:00 JST\n");
    let active = format!("{two} active 132063 2021-08-01 00:00:00 JST to 2021-10-01 00:00:00 JST\n");
    assert_eq!(list, ended + &active);
    town.set_clock("2021-08-01", 1);
    let (new, new_ticket) = (code(2), town.ticket(&code(2)));
    let second = town.publish("second");
    assert_eq!(second.version, 2);
    assert_eq!(Town::believed(&second, &old_ticket, &old), Ok(()));
    assert_eq!(Town::believed(&second, &new_ticket, &new), Ok(()));
    assert!(matches!(Town::believed(&first, &new_ticket, &new), Err(TicketError::UnknownKey { .. })));
    let later = town.signed_by_hand(&one, &old);
    assert!(matches!(Town::believed(&first, &later, &old), Ok(())));
    assert!(matches!(Town::believed(&second, &later, &old), Err(TicketError::KeyNotValidThen { .. })));

    // Stolen: what it signed is dead for every device that has heard of it.
    town.here(&format!("keys ticket revoke {two}"));
    let third = town.publish("third");
    assert!(matches!(Town::believed(&third, &new_ticket, &new), Err(TicketError::KeyRevoked { .. })));
    assert_eq!(Town::believed(&third, &old_ticket, &old), Ok(()));

    let serving = Serving::start(&town.data(), town.path("clock").as_ref());
    let served = send(serving.address, "GET", MANIFEST_PATH, &[], b"").body;
    assert_eq!(served, std::fs::read(town.path("third.cose")).unwrap());
    assert!(!serving.stop().contains("root"));
}

#[test]
fn what_cannot_be_done_with_keys_and_manifests_says_so_in_one_line() {
    let town = Town::new();
    let clock = format!("--clock {}", town.path("clock"));
    let refused = |command: &str, status| failed(&town.data(), &format!("{command} {clock}"), status);
    assert!(refused("keys ticket new --programme none", 1).contains("no such programme"));
    let late = "keys ticket new --programme fuchu-2021 --last 2021-07-31";
    assert!(refused(late, 1).contains("end after it begins"));
    refused("keys ticket new --programme fuchu-2021 --last 2021-07-32", 2);
    assert!(refused("keys ticket retire 00000000", 1).contains("no such key"));
    refused("keys ticket retire first", 2);
    let id = town.here("keys ticket new --programme fuchu-2021").trim_end().to_owned();
    town.here(&format!("keys ticket revoke {id}"));
    assert!(refused(&format!("keys ticket retire {id}"), 1).contains("revoked"), "a stolen key stays stolen");
    refused("manifest draft --not-after soon", 2);
    refused("manifest draft --not-after 2021-10-31 --smallest-sdk 1", 2);
    town.publish("first");
    town.publish("second");
    let publish = |name: &str, root: &str| {
        let file = town.path(name);
        refused(&format!("manifest publish {file} --root {root}"), 1)
    };
    assert!(publish("first.cose", &town.root).contains("version 2 is held already"));
    assert!(publish("second.json", &town.root).contains("malformed"));
    let other = town.elsewhere(&["root", "--out", &town.path("other.pk8")]);
    assert!(publish("second.cose", other.trim_end()).contains("not a root"));
    // One key in 64 begins with a hyphen.
    let hyphen = String::from(PublicKey([0xf8; 32]));
    assert!(hyphen.starts_with('-') && publish("second.cose", &hyphen).contains("not a root"));
    assert!(publish("none.cose", &town.root).contains("cannot be read"));
}

#[test]
fn a_draft_names_its_version_and_the_oldest_library_where_it_is_told() {
    let town = Town::new();
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let draft = read(&town.here("manifest draft --not-after 2021-10-31"));
    assert_eq!((&draft["version"], &draft["smallest_sdk"]), (&1.into(), &"0.1.0".into()));
    let told = town.here("manifest draft --not-after 2021-10-31 --version 9 --smallest-sdk 2.3.4");
    assert_eq!((&read(&told)["version"], &read(&told)["smallest_sdk"]), (&9.into(), &"2.3.4".into()));
    assert_eq!(draft["programmes"][0]["id"], "fuchu-2021");
}
