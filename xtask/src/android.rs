//! The Android layer, compiled and tested without Google's build tools by the profile `android` of the Maven projects.
//!
//! The framework comes from Robolectric, AndroidX as AARs, all of it from Maven Central. What needs a phone or Gradle is not
//! run: a real Keystore, the phone's own scheduling, `build.gradle.kts`.

use crate::failure::Failure;
use crate::kotlin;
use crate::workspace::Workspace;

const MODULES: &str = "android-deps,android,android-shrunk";

/// Compiles, tests, shrinks with R8 and runs what is left.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let maven = kotlin::maven(workspace)?;
    if !workspace.target.join("kotlin/yorisoi-android").exists() {
        println!("compiling (the first time Maven fetches Android and Robolectric: 500 MB)");
    }
    maven
        .args(["package", "--activate-profiles", "android", "--projects", MODULES, "--also-make"])
        .args(["-Dyorisoi.core.skipTests=true"])
        .run()
}
