//! `manifest draft` and `manifest publish`: the two halves that need the database. What lies between them, signing, is
//! done with files alone where the root key is.

use std::path::PathBuf;

use clap::Args;
use yorisoi_protocol::CivilDate;
use yorisoi_protocol::manifest::{MANIFEST_MAX_BYTES, SdkVersion};
use yorisoi_protocol::wire::PublicKey;

use super::{CliError, Setting, keys, new_file, print, trust};

#[derive(Args)]
pub(super) struct Draft {
    /// The last day on which devices take the manifest for current; after it they go on with it and say so.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = keys::day)]
    not_after: CivilDate,
    /// Its version; one more than the published one's without it.
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// The oldest version of the library that may take it whole.
    #[arg(long, value_name = "X.Y.Z", default_value = "0.1.0", value_parser = sdk_version)]
    smallest_sdk: SdkVersion,
    #[command(flatten)]
    setting: Setting,
}

#[derive(Args)]
pub(super) struct Publish {
    /// The signed manifest.
    file: PathBuf,
    /// A root key, as `manifest root` prints it. Two at most; either may have signed.
    #[arg(long = "root", value_name = "PUBLIC_KEY", allow_hyphen_values = true, required = true, value_parser = trust::public_key)]
    roots: Vec<PublicKey>,
    #[command(flatten)]
    setting: Setting,
}

impl Draft {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let service = self.setting.config()?.open()?;
        let draft = service.draft_manifest(self.not_after.ends_at(), self.version, self.smallest_sdk)?;
        // A draft is made of numbers, texts and programmes that were JSON; it always has a JSON text.
        print(&(serde_json::to_string_pretty(&draft).unwrap_or_default() + "\n"))
    }
}

impl Publish {
    pub(super) fn run(&self) -> Result<(), CliError> {
        let roots = trust::roots(&self.roots)?.ok_or(CliError::Misuse("a root key is needed"))?;
        let signed = new_file::read(&self.file, MANIFEST_MAX_BYTES)?;
        let version = self.setting.config()?.open()?.publish_manifest(&signed, &roots)?;
        print(&format!("version {version}\n"))
    }
}

fn sdk_version(text: &str) -> Result<SdkVersion, String> {
    SdkVersion::parse(text).map_err(|error| error.to_string())
}
