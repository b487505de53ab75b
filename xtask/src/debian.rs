//! Installing packages of Debian, for steps that need a program from there.

use std::path::Path;

use crate::failure::Failure;
use crate::program::Program;

/// Installs the packages and says so; asks for rights with `sudo` where we are not root.
pub(crate) fn install(packages: &[&str], directory: &Path) -> Result<(), Failure> {
    println!("installing {} with apt (minutes, once)", packages.join(", "));
    let is_root = Program::new("id", directory).args(["-u"]).printed()?.trim() == "0";
    let apt = || {
        let (first, rest): (&str, &[&str]) = if is_root { ("env", &[]) } else { ("sudo", &["env"]) };
        Program::new(first, directory).args(rest).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"])
    };
    // What it prints is not shown: five hundred lines. What goes wrong is.
    apt().args(["update"]).printed()?;
    apt().args(["install", "--yes", "--no-install-recommends"]).args(packages).printed().map(drop)
}
