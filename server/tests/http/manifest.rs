//! Rules of handing out the manifest, and of what may be handed out.

use ring::signature::Ed25519KeyPair;
use yorisoi_protocol::manifest::{Manifest, ManifestError, Roots, SdkVersion, manifest_etag};
use yorisoi_protocol::signed::public_key;
use yorisoi_protocol::wire::{ApiErrorCode, MANIFEST_PATH};
use yorisoi_server::SetupError;

use crate::client::{Reply, send};
use crate::world::{PROGRAMME, World, on};

fn root(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn roots() -> Roots {
    Roots([public_key(&root(1)), public_key(&root(2))])
}

fn sdk() -> SdkVersion {
    SdkVersion::parse("0.1.0").unwrap()
}

/// The next manifest of this server, in force for so many days from today, signed with the root of this seed.
fn signed(world: &World, version: Option<u64>, days: i64, seed: u8) -> Vec<u8> {
    let not_after = world.now().civil_date().plus_days(days).starts_at();
    let draft = world.service.draft_manifest(not_after, version, sdk()).unwrap();
    Manifest::sign(&serde_json::to_vec(&draft).unwrap(), &root(seed)).unwrap()
}

fn get(world: &World, headers: &[(&str, &str)]) -> Reply {
    send(world.address, "GET", MANIFEST_PATH, headers, b"")
}

#[test]
fn there_is_no_manifest_before_one_is_published() {
    let world = World::new();
    assert_eq!(get(&world, &[]).refusal().code, ApiErrorCode::NotFound);
    assert_eq!(get(&world, &[("if-none-match", "*")]).refusal().code, ApiErrorCode::NotFound);
}

#[test]
fn everybody_gets_the_bytes_that_were_signed_and_their_strong_tag() {
    let world = World::new();
    world.service.make_ticket_key(PROGRAMME, None).unwrap();
    let manifest = signed(&world, None, 30, 1);
    assert_eq!(world.service.publish_manifest(&manifest, &roots()).unwrap(), 1);
    let reply = get(&world, &[]);
    assert_eq!((reply.status, &reply.body), (200, &manifest));
    assert_eq!(reply.header("content-type"), Some("application/cose; cose-type=\"cose-sign1\""));
    assert_eq!(reply.header("etag"), Some(manifest_etag(&manifest).as_str()));
    assert_eq!(reply.header("cache-control"), Some("no-cache"));
    let read = Manifest::verify(&reply.body, &roots()).unwrap();
    assert_eq!(read.programme(37).unwrap().id, PROGRAMME);
    assert_eq!(read.ticket_keys().keys(), world.service.ticket_keys().unwrap());
}

#[test]
fn who_holds_it_already_is_told_so_without_a_body() {
    let world = World::new();
    let manifest = signed(&world, None, 30, 1);
    world.service.publish_manifest(&manifest, &roots()).unwrap();
    let tag = manifest_etag(&manifest);
    let (weak, list) = (format!("W/{tag}"), format!("\"other\", {tag}"));
    for held in [tag.as_str(), "*", &weak, &list] {
        let reply = get(&world, &[("if-none-match", held)]);
        assert_eq!((reply.status, reply.body.len()), (304, 0), "{held}");
        assert_eq!(reply.header("etag"), Some(tag.as_str()));
        assert_eq!(reply.header("content-type"), None);
    }
    assert_eq!(get(&world, &[("if-none-match", "\"other\""), ("if-none-match", &tag)]).status, 304);
    let bare = tag.trim_matches('"').to_owned();
    for other in ["\"other\"", "", &bare, &format!("W/W/{tag}")] {
        assert_eq!(get(&world, &[("if-none-match", other)]).body, manifest, "{other}");
    }
    let newer = signed(&world, None, 30, 2);
    world.service.publish_manifest(&newer, &roots()).unwrap();
    assert_eq!(get(&world, &[("if-none-match", &tag)]).body, newer);
}

#[test]
fn a_step_back_and_a_second_manifest_of_one_version_are_not_published() {
    let world = World::new();
    let first = signed(&world, None, 30, 1);
    world.service.publish_manifest(&first, &roots()).unwrap();
    let second = signed(&world, None, 30, 2);
    assert_eq!(world.service.publish_manifest(&second, &roots()).unwrap(), 2);
    assert_eq!(
        world.service.publish_manifest(&second, &roots()).unwrap(),
        2,
        "the same again changes nothing"
    );
    let refused = |manifest: &[u8], roots: &Roots| match world.service.publish_manifest(manifest, roots) {
        Err(SetupError::Manifest(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&first, &roots()), ManifestError::Rollback { held: 2, offered: 1 });
    assert_eq!(refused(&signed(&world, Some(2), 31, 1), &roots()), ManifestError::OtherBytes { version: 2 });
    let stranger = signed(&world, None, 30, 3);
    assert!(matches!(refused(&stranger, &roots()), ManifestError::UnknownRoot { .. }));
    let mut broken = signed(&world, None, 30, 1);
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&broken, &roots()), ManifestError::SignatureWrong);
    assert_eq!(get(&world, &[]).body, second, "what is published stays");
    let draft = world.service.draft_manifest(on("2021-12-31", 0), None, sdk()).unwrap();
    assert_eq!(draft.version, 3);
}
