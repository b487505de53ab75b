//! Signs the sandbox's manifest again: `sandbox/manifest/sandbox.cose`, and the roots that an app needs to believe it.

use std::path::Path;

use yorisoi_sandbox::rig::RigError;
use yorisoi_sandbox::trust;

fn main() -> Result<(), RigError> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifest");
    std::fs::write(directory.join("sandbox.cose"), trust::manifest()?)?;
    std::fs::write(directory.join("roots.txt"), trust::roots()?.join("\n") + "\n")?;
    Ok(())
}
