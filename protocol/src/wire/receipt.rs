//! The server's signed word that it holds an operation.
//!
//! A reply is signed once, however many operations it acknowledges: over the text of the one, or over the root of the
//! [tree](crate::merkle) of all their texts. Each still has a receipt of its own, which proves by itself that the operation was
//! handed in, and tells nothing of the others.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::digest::{EntryHash, sha256};
use crate::ids::{MemberId, OperationId};
use crate::merkle::{self, Hash, Tree};

/// Since when the server holds an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Since when.
    pub at: Timestamp,
    /// By when an answer is due; absent where none is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// The signature of a reply over everything it says is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptSignature {
    /// Which key signed.
    pub key: ReceiptKeyId,
    /// Ed25519 over [`Receipts::signed_text`], base64url.
    pub signature: String,
}

/// A receipt of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Since when the server holds it.
    pub at: Timestamp,
    /// By when an answer is due; absent where none is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Which key signed.
    pub key: ReceiptKeyId,
    /// Ed25519 over what was signed, base64url.
    pub signature: String,
    /// Where the operation stands among those that were signed together; absent if it was signed alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub among: Option<Among>,
}

/// A place in a tree of receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Among {
    /// Its number among them, from 0.
    pub index: u32,
    /// How many were signed together.
    pub size: u32,
    /// The hashes of its path to the root, from below (RFC 9162 section 2.1.3), each base64url.
    pub path: Vec<String>,
}

/// The first four bytes of the SHA-256 of a receipt key, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiptKeyId(String);

impl ReceiptKeyId {
    /// The name of this public key.
    pub fn of(public_key: &[u8; 32]) -> Self {
        let [a, b, c, d, ..] = sha256(public_key);
        Self(HEXLOWER.encode(&[a, b, c, d]))
    }
}

/// Whether the key of this name is that one, and signed the text.
pub(super) fn is_signed(public_key: &[u8; 32], key: &ReceiptKeyId, signature: &str, text: &str) -> bool {
    let Ok(signature) = BASE64URL_NOPAD.decode(signature.as_bytes()) else {
        return false;
    };
    *key == ReceiptKeyId::of(public_key)
        && UnparsedPublicKey::new(&ED25519, public_key).verify(text.as_bytes(), &signature).is_ok()
}

/// Everything that one reply says is held, in the order of the reply.
#[derive(Debug, Clone)]
pub struct Receipts {
    member: MemberId,
    held: Vec<Held>,
    texts: Vec<String>,
}

impl Receipts {
    /// None yet, of this member's operations.
    pub fn of(member: MemberId) -> Self {
        Self { member, held: Vec::new(), texts: Vec::new() }
    }

    /// Adds an operation that is held.
    pub fn add(&mut self, operation: OperationId, hash: &EntryHash, held: Held) {
        self.texts.push(receipt_text(self.member, operation, hash, held));
        self.held.push(held);
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn tree(&self) -> Option<Tree> {
        Tree::over(self.texts.iter().map(|text| merkle::leaf(text.as_bytes())).collect())
    }

    /// What a signature is to be over; `None` where nothing is held. For one operation it is [`receipt_text`], for more
    /// three lines: `yorisoi/receipts/1`, how many they are, and the base64url of their root.
    pub fn signed_text(&self) -> Option<String> {
        match &self.texts[..] {
            [] => None,
            [alone] => Some(alone.clone()),
            many => self.tree().map(|tree| tree_text(many.len(), &tree.root())),
        }
    }

    /// The receipt of each, if one of the keys signed them all.
    pub fn verified(&self, keys: &[[u8; 32]], signed: &ReceiptSignature) -> Option<Vec<Receipt>> {
        let text = self.signed_text()?;
        let ReceiptSignature { key, signature } = signed;
        keys.iter().any(|of| is_signed(of, key, signature, &text)).then(|| self.receipts(signed))
    }

    fn receipts(&self, signed: &ReceiptSignature) -> Vec<Receipt> {
        let tree = self.tree().filter(|_| self.held.len() > 1);
        let size = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        let among = |index: usize| {
            let path = tree.as_ref()?.path(index);
            let path = path.iter().map(|hash| BASE64URL_NOPAD.encode(hash)).collect();
            Some(Among { index: u32::try_from(index).unwrap_or(u32::MAX), size, path })
        };
        let receipt = |(index, held): (usize, &Held)| Receipt {
            at: held.at,
            due: held.due,
            key: signed.key.clone(),
            signature: signed.signature.clone(),
            among: among(index),
        };
        self.held.iter().enumerate().map(receipt).collect()
    }
}

impl Receipt {
    /// Whether `public_key` signed this receipt for that operation of that member.
    pub fn vouches(
        &self,
        public_key: &[u8; 32],
        member: MemberId,
        operation: OperationId,
        hash: &EntryHash,
    ) -> bool {
        let Self { at, due, key, signature, among } = self;
        let alone = receipt_text(member, operation, hash, Held { at: *at, due: *due });
        let text = match among {
            None => Some(alone),
            Some(among) => among.text(&alone),
        };
        text.is_some_and(|text| is_signed(public_key, key, signature, &text))
    }
}

impl Among {
    /// What was signed, if the operation of this text stands in this place.
    fn text(&self, text: &str) -> Option<String> {
        let hash = |text: &String| BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok();
        let path: Vec<Hash> = self.path.iter().map(hash).collect::<Option<_>>()?;
        let root = merkle::root_of(merkle::leaf(text.as_bytes()), self.index, self.size, &path)?;
        Some(tree_text(usize::try_from(self.size).ok()?, &root))
    }
}

fn tree_text(size: usize, root: &Hash) -> String {
    format!("yorisoi/receipts/1\n{size}\n{}", BASE64URL_NOPAD.encode(root))
}

/// What the signature of a receipt is over that was signed alone: six lines, the last without a line end. Times are milliseconds
/// since 1970; `due` is `-` where no answer is expected; the hash is base64url.
pub fn receipt_text(member: MemberId, operation: OperationId, hash: &EntryHash, held: Held) -> String {
    let due = held.due.map_or_else(|| "-".to_owned(), |due| due.millis().to_string());
    let hash = BASE64URL_NOPAD.encode(hash);
    format!("yorisoi/receipt/1\n{member}\n{operation}\n{hash}\n{}\n{due}", held.at.millis())
}
