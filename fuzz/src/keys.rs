//! Keys whose secret halves everybody knows: what a target mutated is signed with them, so that it reaches what lies
//! behind a signature. A fuzzer alone would never get there.

use std::sync::LazyLock;

use ring::signature::Ed25519KeyPair;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::manifest::Roots;
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::signed::{self, KeyId};
use yorisoi_protocol::ticket::{KeyStatus, TicketKey, TicketKeys};

/// Signs tickets and manifests here: Ed25519 of the seed 32 × `01`.
pub static SIGNER: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[1; 32]).expect("a seed has 32 bytes"));

/// [`SIGNER`], valid at all times for the three municipalities of the programme files.
pub static TICKET_KEYS: LazyLock<TicketKeys> = LazyLock::new(|| {
    let public = signed::public_key(&SIGNER);
    let issuers = ["132063", "131199", "131121"].map(|code| Municipality::parse(code).expect("a known code"));
    let key = TicketKey {
        kid: KeyId::of(&public),
        public,
        issuers: issuers.to_vec(),
        not_before: Timestamp::from_millis(i64::MIN),
        expires: Timestamp::from_millis(i64::MAX),
        status: KeyStatus::Active,
    };
    TicketKeys::new(vec![key], Vec::new())
});

/// [`SIGNER`] as one of two roots.
pub static ROOTS: LazyLock<Roots> = LazyLock::new(|| {
    let other = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).expect("a seed has 32 bytes");
    Roots([signed::public_key(&other), signed::public_key(&SIGNER)])
});
