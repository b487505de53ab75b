//! One cryptographic library, `ring`. These would bring a second one, with a C tool chain on every platform.
//!
//! `deny.toml` bans them too, but only where a feature or a platform turns them on; the lock file shows more.

use super::House;

const BANNED: [&str; 7] =
    ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "openssl", "openssl-sys", "openssl-src", "native-tls"];

pub(super) fn findings(house: &House) -> Vec<String> {
    let lock = house.files.get("Cargo.lock").map_or("", String::as_str);
    BANNED
        .into_iter()
        .filter(|name| lock.lines().any(|line| line == format!("name = \"{name}\"")))
        .map(|name| format!("Cargo.lock: `{name}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_cryptographic_library_is_found() {
        for name in BANNED {
            let lock = format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
            assert_eq!(findings(&House::of(&[("Cargo.lock", &lock)])), [format!("Cargo.lock: `{name}`")]);
        }
    }

    #[test]
    fn a_list_of_places_for_certificates_is_none() {
        assert!(findings(&House::of(&[("Cargo.lock", "name = \"openssl-probe\"\n")])).is_empty());
    }
}
