//! The Android layer, compiled and tested without Google's build tools by the profile `android` of the Maven projects.
//!
//! The framework comes from Robolectric, AndroidX as AARs, all of it from Maven Central. What needs a phone or Gradle is not
//! run: a real Keystore, the phone's own scheduling, `build.gradle.kts`.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::kotlin;
use crate::snippets;
use crate::workspace::Workspace;

const MODULES: &str = "android-deps,android,android-shrunk,android-guide";

/// Compiles, tests, shrinks with R8 and runs what is left.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let maven = kotlin::maven(workspace)?;
    if !workspace.target.join("kotlin/yorisoi-android").exists() {
        println!("compiling (the first time Maven fetches Android and Robolectric: 500 MB)");
    }
    let guide = workspace.root.join("docs/start-android.md");
    take_out(&guide, &workspace.target.join("kotlin/start-android"))?;
    maven
        .args(["package", "--activate-profiles", "android", "--projects", MODULES, "--also-make"])
        .args(["-Dyorisoi.skipTested=true"])
        .run()
}

/// Writes the files of a guide where Maven compiles them, and leaves nothing else there.
fn take_out(guide: &Path, directory: &Path) -> Result<(), Failure> {
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(Failure::file(directory))?;
    }
    fs::create_dir_all(directory).map_err(Failure::file(directory))?;
    for (name, text) in snippets::whole_files(guide, "kotlin")? {
        let path = directory.join(name);
        fs::write(&path, text).map_err(Failure::file(&path))?;
    }
    Ok(())
}
