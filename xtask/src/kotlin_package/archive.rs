//! The AAR: classes, manifest, rules for R8 and for backups, and the native library for each ABI.
//!
//! Those libraries are linked by Android's NDK, which is not to be had everywhere. Whoever has it builds them (the package's
//! README has the lines) and names their folder; each is looked at before it goes in. Without them the archive says so in its
//! name: an app with it would compile, and end at the first call.

use std::fs;
use std::path::Path;

use super::{Package, copy, copy_tree, jar};
use crate::failure::Failure;
use crate::program::Program;

const LIBRARY: &str = "libyorisoi.so";
/// Android's name, the ELF class (1 for 32 bits, 2 for 64) and the ELF number of the machine.
const ABIS: [(&str, u64, u64); 3] = [("arm64-v8a", 2, 183), ("armeabi-v7a", 1, 40), ("x86_64", 2, 62)];
/// Phones with pages of 16 KiB load nothing that is aligned to less.
const PAGE: u64 = 0x4000;
const LOAD: u64 = 1;

const FILES: [&str; 7] = [
    "AndroidManifest.xml",
    "classes.jar",
    "proguard.txt",
    "R.txt",
    "res/xml/yorisoi_backup_rules.xml",
    "res/xml/yorisoi_data_extraction_rules.xml",
    "META-INF/com/android/build/gradle/aar-metadata.properties",
];

/// The resources by name, as Android's tools list them. They give the numbers.
const RESOURCES: &str = "int xml yorisoi_backup_rules 0x0\nint xml yorisoi_data_extraction_rules 0x0\n";
const METADATA: &str = "aarFormatVersion=1.0\naarMetadataVersion=1.0\nminCompileSdk=34\n";

/// Puts the files of the archive into a folder.
pub(super) fn put_together(package: &Package<'_>, folder: &Path, jni: Option<&Path>) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file(folder))?;
    }
    let module = package.workspace.root.join("bindings/kotlin/android");
    copy(&module.join("consumer-rules.pro"), &folder.join("proguard.txt"))?;
    copy_tree(&module.join("src/main/res"), &folder.join("res"))?;
    let manifest = module.join("src/main/AndroidManifest.xml");
    let source = fs::read_to_string(&manifest).map_err(Failure::file(&manifest))?;
    for (name, text) in [
        ("AndroidManifest.xml", with_package(&source)?.as_str()),
        ("R.txt", RESOURCES),
        ("META-INF/com/android/build/gradle/aar-metadata.properties", METADATA),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(Failure::file(&path))?;
        fs::write(&path, text).map_err(Failure::file(&path))?;
    }
    put_classes(package, &folder.join("classes.jar"))?;
    jni.map_or(Ok(()), |jni| put_natives(jni, &folder.join("jni")))
}

/// The classes of core and Android in one jar, without the core's library for this computer.
fn put_classes(package: &Package<'_>, to: &Path) -> Result<(), Failure> {
    let together = package.workspace.target.join("package/classes");
    if together.exists() {
        fs::remove_dir_all(&together).map_err(Failure::file(&together))?;
    }
    for artifact in ["yorisoi-core", "yorisoi-android"] {
        for part in ["jp", "META-INF"] {
            copy_tree(&package.built(artifact).join("classes").join(part), &together.join(part))?;
        }
    }
    jar(&together, &["--create", "--no-manifest", "--file"], to)
}

/// Gradle gives the manifest its package and its oldest Android; an archive has them inside.
fn with_package(source: &str) -> Result<String, Failure> {
    let lost = || Failure::broken("AndroidManifest.xml of the library: not as it was");
    let (head, rest) = source.split_once("<manifest ").ok_or_else(lost)?;
    let (attributes, body) = rest.split_once('>').ok_or_else(lost)?;
    Ok(format!(
        "{head}<manifest {attributes}\n    package=\"jp.yorisoi.core.android\">\n    <uses-sdk android:minSdkVersion=\"26\" />{body}"
    ))
}

/// Copies the library of each ABI, if each is what a phone can load.
pub(super) fn put_natives(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut findings = Vec::new();
    for (abi, class, machine) in ABIS {
        let path = from.join(abi).join(LIBRARY);
        let bytes = fs::read(&path).map_err(Failure::file(&path))?;
        match trouble(&bytes, class, machine) {
            Some(trouble) => findings.push(format!("{}: {trouble}", path.display())),
            None => copy(&path, &to.join(abi).join(LIBRARY))?,
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(Failure::Broken { findings }) }
}

/// Why a phone of this kind would not load the library.
fn trouble(elf: &[u8], class: u64, machine: u64) -> Option<&'static str> {
    let number = |at: u64, bytes: usize| {
        let at = usize::try_from(at).ok()?;
        let part = elf.get(at..at.checked_add(bytes)?)?;
        Some(part.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    if elf.get(..4) != Some(b"\x7fELF") || number(4, 1) != Some(class) || number(18, 2) != Some(machine) {
        return Some("is no library for this kind of phone");
    }
    if class == 1 {
        return None;
    }
    let aligned = || {
        let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        let mut loads = 0;
        for index in 0..count {
            let header = table.checked_add(size.checked_mul(index)?)?;
            if number(header, 4)? == LOAD {
                loads += 1;
                if number(header.checked_add(48)?, 8)? < PAGE {
                    return None;
                }
            }
        }
        (loads > 0).then_some(())
    };
    aligned().is_none().then_some("is not aligned to pages of 16 KiB")
}

/// Fails if a file is missing from the archive, or one is in it that its name denies.
pub(super) fn check(aar: &Path, has_natives: bool) -> Result<(), Failure> {
    let listed =
        Program::new("jar", aar.parent().unwrap_or(aar)).args(["--list", "--file"]).args([aar]).printed()?;
    let natives = ABIS.map(|(abi, ..)| format!("jni/{abi}/{LIBRARY}"));
    let there = |name: &str| listed.lines().any(|line| line.trim_start_matches("./") == name);
    let missing = FILES.into_iter().filter(|name| !there(name)).map(|name| format!("the AAR has no {name}"));
    let wrong =
        natives.iter().filter(|name| there(name) != has_natives).map(|name| format!("the AAR and {name}"));
    let findings: Vec<String> = missing.chain(wrong).collect();
    if findings.is_empty() { Ok(()) } else { Err(Failure::Broken { findings }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library of 64 bits with one part that is loaded, aligned so.
    fn elf(class: u8, machine: u8, align: u64) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..4].copy_from_slice(b"\x7fELF");
        bytes[4] = class;
        bytes[18] = machine;
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64] = 1;
        bytes[64 + 48..64 + 56].copy_from_slice(&align.to_le_bytes());
        bytes
    }

    #[test]
    fn a_library_of_another_phone_or_with_small_pages_is_told() {
        assert_eq!(trouble(&elf(2, 183, 0x4000), 2, 183), None);
        assert_eq!(trouble(&elf(1, 40, 0x1000), 1, 40), None, "phones of 32 bits have small pages");
        assert!(trouble(&elf(2, 183, 0x1000), 2, 183).unwrap().contains("16 KiB"));
        assert!(trouble(&elf(2, 62, 0x4000), 2, 183).unwrap().contains("phone"));
        assert!(trouble(&elf(1, 183, 0x4000), 2, 183).unwrap().contains("phone"));
        assert!(trouble(b"no library", 2, 183).is_some());
        let whole = elf(2, 183, 0x4000);
        for end in 0..whole.len() {
            assert!(trouble(&whole[..end], 2, 183).is_some(), "cut at {end}");
        }
    }

    #[test]
    fn natives_go_in_only_if_all_of_them_fit() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        for (abi, class, machine) in ABIS {
            let align = if abi == "x86_64" { 0x1000 } else { 0x4000 };
            let path = from.join(abi).join(LIBRARY);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, elf(u8::try_from(class).unwrap(), u8::try_from(machine).unwrap(), align))
                .unwrap();
        }
        let told = put_natives(&from, &to).unwrap_err().to_string();
        assert!(told.contains("x86_64") && !told.contains("arm"), "{told}");
        fs::write(from.join("x86_64").join(LIBRARY), elf(2, 62, 0x4000)).unwrap();
        put_natives(&from, &to).unwrap();
        assert!(to.join("armeabi-v7a").join(LIBRARY).exists());
        fs::remove_dir_all(from.join("armeabi-v7a")).unwrap();
        assert!(put_natives(&from, &to).is_err());
    }

    #[test]
    fn the_manifest_gets_its_package() {
        let text =
            with_package("<!-- a --><manifest xmlns:android=\"x\">\n    <uses/>\n</manifest>").unwrap();
        assert!(text.starts_with(
            "<!-- a --><manifest xmlns:android=\"x\"\n    package=\"jp.yorisoi.core.android\">"
        ));
        assert!(text.contains("minSdkVersion=\"26\"") && text.ends_with("<uses/>\n</manifest>"), "{text}");
        assert!(with_package("<a/>").is_err());
    }
}
