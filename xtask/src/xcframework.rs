//! The XCFramework around the library for Apple's platforms: everything but the library itself, which a Mac compiles.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bindings::SWIFT_C_MODULE;
use crate::failure::Failure;
use crate::swift_package::write_if_changed;

/// Named after the C module that it brings along.
pub(crate) const NAME: &str = "YorisoiCoreFFI.xcframework";
const LIBRARY: &str = "libyorisoi.a";

/// What one kind of machine gets.
struct Slice {
    name: &'static str,
    platform: &'static str,
    variant: Option<&'static str>,
    architectures: &'static [&'static str],
}

/// The script on the Mac names the same.
const SLICES: [Slice; 3] = [
    Slice { name: "ios-arm64", platform: "ios", variant: None, architectures: &["arm64"] },
    Slice {
        name: "ios-arm64_x86_64-simulator",
        platform: "ios",
        variant: Some("simulator"),
        architectures: &["arm64", "x86_64"],
    },
    Slice {
        name: "macos-arm64_x86_64",
        platform: "macos",
        variant: None,
        architectures: &["arm64", "x86_64"],
    },
];

/// Lays it out in `package`. A library that a Mac put there stays.
pub(crate) fn lay_out(package: &Path, generated: &Path) -> Result<(), Failure> {
    let framework = package.join(NAME);
    for headers in headers(&framework) {
        // In a directory of the module's name: another package's headers, beside these in an app's build, have a module map too.
        let directory = headers.join(SWIFT_C_MODULE);
        fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
        for file in [format!("{SWIFT_C_MODULE}.h"), "module.modulemap".to_owned()] {
            let from = generated.join(&file);
            let text = fs::read(&from).map_err(Failure::file(&from))?;
            write_if_changed(&directory.join(&file), &text)?;
        }
    }
    write_if_changed(&framework.join("Info.plist"), property_list().as_bytes())
}

/// The directories with the headers, one for each slice.
pub(crate) fn headers(framework: &Path) -> Vec<PathBuf> {
    SLICES.iter().map(|slice| framework.join(slice.name).join("Headers")).collect()
}

/// Whether a Mac has put the library into every slice.
pub(crate) fn is_filled(framework: &Path) -> bool {
    SLICES.iter().all(|slice| framework.join(slice.name).join(LIBRARY).is_file())
}

/// What `xcodebuild` writes of libraries with headers.
fn property_list() -> String {
    let slices: String = SLICES.iter().map(entry).collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>AvailableLibraries</key>
    <array>
{slices}    </array>
    <key>CFBundlePackageType</key>
    <string>XFWK</string>
    <key>XCFrameworkFormatVersion</key>
    <string>1.0</string>
</dict>
</plist>
"#
    )
}

fn entry(slice: &Slice) -> String {
    let pair = |key: &str, value: &str| {
        format!("            <key>{key}</key>\n            <string>{value}</string>\n")
    };
    let architectures: String = slice
        .architectures
        .iter()
        .map(|architecture| format!("                <string>{architecture}</string>\n"))
        .collect();
    let mut text = String::from("        <dict>\n");
    text += &pair("BinaryPath", LIBRARY);
    text += &pair("HeadersPath", "Headers");
    text += &pair("LibraryIdentifier", slice.name);
    text += &pair("LibraryPath", LIBRARY);
    text += "            <key>SupportedArchitectures</key>\n            <array>\n";
    text += &architectures;
    text += "            </array>\n";
    text += &pair("SupportedPlatform", slice.platform);
    text += &slice.variant.map(|variant| pair("SupportedPlatformVariant", variant)).unwrap_or_default();
    text + "        </dict>\n"
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::program::Program;

    /// A stand-in for each program of a Mac: it makes the file that the real one makes, of what it was given.
    const FAKES: [(&str, &str); 6] = [
        ("rustup", "exit 0"),
        (
            "cargo",
            "while [ \"$1\" != --target ]; do shift; done
mkdir -p \"$CARGO_TARGET_DIR/$2/release\"; echo \"$2\" > \"$CARGO_TARGET_DIR/$2/release/libyorisoi.a\"",
        ),
        (
            "lipo",
            "shift; all=; while [ \"$1\" != -output ]; do all=\"$all $(cat \"$1\")\"; shift; done; echo $all > \"$2\"",
        ),
        ("strip", "for file; do :; done; echo stripped >> \"$file\""),
        ("zip", "for word; do :; done; touch \"$word.zip\""),
        ("swift", "test -f \"$3\" && echo checksum"),
    ];

    #[test]
    fn the_script_for_a_mac_fills_every_slice_with_its_own_machines() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings/swift/fill-xcframework.sh");
        for place in ["a b/bindings/swift", "bin", "generated"] {
            fs::create_dir_all(at(place)).unwrap();
        }
        fs::copy(script, at("a b/bindings/swift/fill-xcframework.sh")).unwrap();
        for (name, text) in FAKES {
            fs::write(at("bin").join(name), format!("#!/bin/sh\nset -eu\n{text}\n")).unwrap();
            fs::set_permissions(at("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", at("bin").display());
        let run = || {
            Program::new("sh", directory.path())
                .args([at("a b/bindings/swift/fill-xcframework.sh")])
                .env("PATH", &path)
                .env("CARGO_TARGET_DIR", at("a b/built"))
        };
        assert!(!run().works(), "nothing was laid out");
        let package = at("a b/built/package/swift");
        for file in ["YorisoiCoreFFI.h", "module.modulemap"] {
            fs::write(at("generated").join(file), "").unwrap();
        }
        lay_out(&package, &at("generated")).unwrap();
        let framework = package.join(NAME);
        assert!(!is_filled(&framework));
        assert!(run().printed().unwrap().ends_with("checksum\n"));
        assert!(is_filled(&framework));
        for (slice, targets) in [
            ("ios-arm64", "aarch64-apple-ios"),
            ("ios-arm64_x86_64-simulator", "aarch64-apple-ios-sim x86_64-apple-ios"),
            ("macos-arm64_x86_64", "aarch64-apple-darwin x86_64-apple-darwin"),
        ] {
            let library = fs::read_to_string(framework.join(slice).join(LIBRARY)).unwrap();
            assert_eq!(library, format!("{targets}\nstripped\n"), "{slice}");
        }
    }
}
