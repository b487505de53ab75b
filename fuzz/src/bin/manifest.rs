//! The JSON of a manifest behind the signature of a root: what an operator wrote by mistake, or a later version means.
//!
//! Promises: memory is linear; what is accepted keeps its own order and its own window; its fields are written and read
//! the same; a manifest that no device would read whole is not signed; an error of form names a line and a column.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yorisoi_fuzz::keys::{ROOTS, SIGNER};
use yorisoi_fuzz::{bounded, json, json_mutation};
use yorisoi_protocol::manifest::{
    Held, Manifest, ManifestDraft, ManifestError, ManifestStanding, Succession,
};
use yorisoi_protocol::signed::{self, MANIFEST_AAD};

/// A programme of two characters costs an error message that nobody reads.
const PER_BYTE: usize = 256;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    json_mutation::mutate(data, size, max_size, seed)
});

fuzz_target!(|json: &[u8]| {
    let bytes = signed::sign(&SIGNER, json, MANIFEST_AAD);
    match bounded(json.len(), PER_BYTE, 4096, || Manifest::verify(&bytes, &ROOTS)) {
        Ok(manifest) => {
            keeps_its_order(&manifest);
            keeps_its_window(&manifest);
            survives(json, &manifest);
            let signed = Manifest::sign(json, &SIGNER);
            // An operator is held to more than a phone: a phone reads past what a later version may mean.
            match signed {
                Ok(signed) => assert!(signed == bytes && manifest.unreadable == 0),
                Err(error) => {
                    use ManifestError::{Programme, Value};
                    assert!(matches!(error, Programme { .. } | Value { .. }), "{error}");
                }
            }
        }
        Err(ManifestError::Syntax { line, column, problem }) => {
            let at = json.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
            assert!(line >= 1 && column <= at.len() + 1, "line {line}, column {column}");
            assert!(!problem.is_empty());
        }
        Err(ManifestError::UnknownFormat { .. } | ManifestError::Value { .. }) => {}
        Err(error) => panic!("the envelope is good: {error}"),
    }
});

fn keeps_its_order(manifest: &Manifest) {
    let held = manifest.held();
    assert_eq!(manifest.follows(None), Ok(Succession::Newer));
    assert_eq!(manifest.follows(Some(&held)), Ok(Succession::Same));
    let other = Held { sha256: [0; 32], ..held };
    assert_eq!(manifest.follows(Some(&other)), Err(ManifestError::OtherBytes { version: held.version }));
    let older = Held { version: held.version - 1, ..other };
    assert_eq!(manifest.follows(Some(&older)), Ok(Succession::Newer));
    if let Some(version) = held.version.checked_add(1) {
        let refused = Err(ManifestError::Rollback { held: version, offered: held.version });
        assert_eq!(manifest.follows(Some(&Held { version, ..held })), refused);
    }
}

fn keeps_its_window(manifest: &Manifest) {
    let (from, until) = (manifest.issued_at, manifest.not_after);
    assert_eq!(manifest.standing(from), ManifestStanding::Current { until });
    assert_eq!(manifest.standing(until), ManifestStanding::Expired { since: until });
    assert!(manifest.standing(until).words().is_some());
}

fn survives(json: &[u8], manifest: &Manifest) {
    let draft = ManifestDraft::read(json).expect("part of what was accepted");
    let written = serde_json::to_vec(&draft).expect("what was read can be written");
    let bytes = signed::sign(&SIGNER, &written, MANIFEST_AAD);
    let again = Manifest::verify(&bytes, &ROOTS).expect("what was written can be read");
    assert_eq!(again.ticket_keys(), manifest.ticket_keys());
    assert_eq!(again.programmes, manifest.programmes);
    let own = |m: &Manifest| (m.version, m.issued_at, m.not_after, m.smallest_sdk, m.unreadable);
    assert_eq!(own(&again), own(manifest));
    manifest.programmes.iter().for_each(json::survives);
}
