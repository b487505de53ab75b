//! `manifest root`, `sign`, `show` and `verify`: files alone, no database, so that they run where the root key is. `draft`
//! and `publish` are in [`publishing`].

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use yorisoi_protocol::manifest::{
    MANIFEST_PAYLOAD_MAX_BYTES, Manifest as Verified, ManifestDraft, ManifestStanding, Roots, Succession,
};
use yorisoi_protocol::signed::{KeyId, public_key};
use yorisoi_protocol::ticket::KeyStatus;
use yorisoi_protocol::wire::PublicKey;
use yorisoi_protocol::{Programme, Timestamp};

use super::trust::{self, SignedFile};
use super::{CliError, new_file, print, publishing, time};

/// No PKCS#8 file of an Ed25519 key is longer.
const KEY_FILE_MAX_BYTES: usize = 1024;

#[derive(Subcommand)]
pub(super) enum Manifest {
    /// Makes a root key and prints its public half. Keep the file off every machine that serves.
    Root {
        /// The file to make; never overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Signs a draft, if every device of this version would take it whole.
    Sign {
        /// The root key.
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// The draft, as `manifest draft` prints it.
        #[arg(long = "in", value_name = "FILE")]
        draft: PathBuf,
        /// The file to make; never overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Prints the next manifest, unsigned: what this server knows.
    Draft(publishing::Draft),
    /// Hands a signed manifest out from now on and prints its version. Older than the published one, or another of the
    /// same version, it is refused, as every device would.
    Publish(publishing::Publish),
    /// Prints what a signed manifest says, whoever signed it.
    Show {
        /// The signed manifest.
        file: PathBuf,
    },
    /// Says whether a device would take a signed manifest.
    Verify {
        /// The signed manifest.
        file: PathBuf,
        /// A root key, as `manifest root` prints it. Two at most; either may have signed.
        #[arg(long = "root", value_name = "PUBLIC_KEY", allow_hyphen_values = true, required = true, value_parser = trust::public_key)]
        roots: Vec<PublicKey>,
        /// The manifest that the device holds.
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
        /// The time to judge at.
        #[arg(long, value_name = "TIME", value_parser = time::instant)]
        at: Option<Timestamp>,
    },
}

impl Manifest {
    pub(super) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Root { out } => make_root(out),
            Self::Sign { root, draft, out } => sign(root, draft, out),
            Self::Draft(draft) => draft.run(),
            Self::Publish(publish) => publish.run(),
            Self::Show { file } => show(&SignedFile::read(file)?),
            Self::Verify { file, roots, previous, at } => {
                let roots = trust::roots(roots)?.ok_or(CliError::Misuse("a root key is needed"))?;
                verify(file, &roots, previous.as_deref(), *at)
            }
        }
    }
}

fn make_root(out: &Path) -> Result<(), CliError> {
    let file = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| CliError::KeyMaking)?;
    let pair = Ed25519KeyPair::from_pkcs8(file.as_ref()).map_err(|_| CliError::KeyMaking)?;
    new_file::write(out, file.as_ref(), 0o600)?;
    print(&format!("{}\n", String::from(public_key(&pair))))
}

fn sign(root: &Path, draft: &Path, out: &Path) -> Result<(), CliError> {
    let pair = new_file::read(root, KEY_FILE_MAX_BYTES)?;
    let pair = Ed25519KeyPair::from_pkcs8(&pair).map_err(|_| CliError::NoKey)?;
    let json = new_file::read(draft, MANIFEST_PAYLOAD_MAX_BYTES)?;
    let signed = Verified::sign(&json, &pair)?;
    if let Some(place) = unread(&json) {
        return Err(CliError::Unread(place));
    }
    new_file::write(out, &signed, 0o644)?;
    print(&format!("{} bytes, signed by {}\n", signed.len(), KeyId::of(&public_key(&pair))))
}

/// The first place of a draft that a device would ignore or read otherwise than it is written: devices forgive what
/// they do not know, so a slip of the operator's pen has to be seen here.
fn unread(json: &[u8]) -> Option<String> {
    let written: serde_json::Value = serde_json::from_slice(json).ok()?;
    let read = serde_json::to_value(ManifestDraft::read(json).ok()?).ok()?;
    difference(&written, &read)
}

fn difference(written: &serde_json::Value, read: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    let within = |place: String, inner: String| if inner.is_empty() { place } else { place + "." + &inner };
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => written.iter().find_map(|(name, value)| {
            let inner = read.get(name).map_or(Some(String::new()), |read| difference(value, read))?;
            Some(within(name.clone(), inner))
        }),
        (Value::Array(written), Value::Array(read)) if written.len() == read.len() => {
            (1..).zip(written.iter().zip(read)).find_map(|(number, (written, read))| {
                Some(within(number.to_string(), difference(written, read)?))
            })
        }
        _ => (written != read).then(String::new),
    }
}

fn show(file: &SignedFile) -> Result<(), CliError> {
    let draft = file.unverified()?;
    let mut text = format!(
        "version {}\nissued {}\nreplace before {}\nsmallest sdk {}\nsigned under {} (not verified)\n",
        draft.version, draft.issued_at, draft.not_after, draft.smallest_sdk, file.key
    );
    // Writing to a string never fails.
    for key in &draft.ticket_keys {
        let issuers: Vec<&str> = key.issuers.iter().map(|issuer| issuer.as_str()).collect();
        let (status, issuers) = (status(key.status), issuers.join(","));
        let _ =
            writeln!(text, "ticket key {} {status} {issuers} {} to {}", key.kid, key.not_before, key.expires);
    }
    for key in &draft.receipt_keys {
        let _ = writeln!(text, "receipt key {}", KeyId::of(key));
    }
    for (number, programme) in (1..).zip(&draft.programmes) {
        let _ = match Programme::parse(programme.get()) {
            Ok(programme) => {
                writeln!(text, "programme {} index {} {}", programme.id, programme.index, programme.name.ja)
            }
            Err(error) => writeln!(text, "programme {number} cannot be read: {error}"),
        };
    }
    for revoked in &draft.revoked_cards {
        let _ = writeln!(text, "revoked cards of {}: {}", revoked.kid, revoked.cards.len());
    }
    print(&text)
}

/// A status in a word.
pub(super) fn status(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "active",
        KeyStatus::Retired => "retired",
        KeyStatus::Revoked => "revoked",
        KeyStatus::Unknown => "unknown",
    }
}

fn verify(
    file: &Path,
    roots: &Roots,
    previous: Option<&Path>,
    at: Option<Timestamp>,
) -> Result<(), CliError> {
    let signed = SignedFile::read(file)?;
    let manifest = signed.verify(roots)?;
    let mut text = format!("version {} signed by {}\n", manifest.version, signed.key);
    if manifest.unreadable > 0 {
        let _ = writeln!(text, "programmes that this version cannot read: {}", manifest.unreadable);
    }
    if let Some(previous) = previous {
        let held = SignedFile::read(previous)?.verify(roots)?.held();
        let _ = match manifest.follows(Some(&held))? {
            Succession::Same => writeln!(text, "the same as the one held"),
            Succession::Newer => writeln!(text, "newer than version {}", held.version),
        };
    }
    let standing = at.map(|at| manifest.standing(at));
    let _ = match standing {
        None => Ok(()),
        Some(ManifestStanding::Current { until }) => writeln!(text, "in force until {until}"),
        Some(ManifestStanding::Expired { since }) => writeln!(text, "expired since {since}"),
        Some(ManifestStanding::Early { issued_at }) => writeln!(text, "not issued before {issued_at}"),
    };
    print(&text)?;
    match standing {
        None | Some(ManifestStanding::Current { .. }) => Ok(()),
        Some(_) => Err(CliError::NotAccepted),
    }
}
