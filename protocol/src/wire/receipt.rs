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
    /// As it stands in texts.
    member: String,
    /// The text of the last.
    text: String,
    leaves: Vec<Hash>,
}

impl Receipts {
    /// None yet, of this member's operations.
    pub fn of(member: MemberId) -> Self {
        Self { member: member.to_string(), text: String::new(), leaves: Vec::new() }
    }

    /// Adds an operation that is held.
    pub fn add(&mut self, operation: OperationId, hash: &EntryHash, held: Held) {
        self.text.clear();
        write_text(&mut self.text, &self.member, operation, hash, held);
        self.leaves.push(merkle::leaf(self.text.as_bytes()));
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// What a signature is to be over; `None` where nothing is held. For one operation it is [`receipt_text`], for more
    /// three lines: `yorisoi/receipts/1`, how many they are, and the base64url of their root.
    pub fn signed_text(&self) -> Option<String> {
        self.text_over(&Tree::over(self.leaves.clone())?)
    }

    fn text_over(&self, tree: &Tree) -> Option<String> {
        match self.leaves.len() {
            1 => Some(self.text.clone()),
            many => Some(tree_text(many, &tree.root())),
        }
    }

    /// The receipts, if one of the keys signed them all. Nothing is held, nothing is signed: then `None`.
    pub fn verified(&self, keys: &[[u8; 32]], signature: &ReceiptSignature) -> Option<SignedReceipts> {
        let tree = Tree::over(self.leaves.clone())?;
        let text = self.text_over(&tree)?;
        let ReceiptSignature { key, signature: by } = signature;
        let signed = keys.iter().any(|of| is_signed(of, key, by, &text));
        signed.then(|| SignedReceipts { signature: signature.clone(), tree })
    }
}

/// Receipts that were signed together and found to be so, of which each can be taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipts {
    signature: ReceiptSignature,
    tree: Tree,
}

impl SignedReceipts {
    /// As they were kept: what [`Self::signature`] and [`Self::leaves`] gave. `None` without a leaf.
    pub fn kept(signature: ReceiptSignature, leaves: Vec<Hash>) -> Option<Self> {
        Some(Self { signature, tree: Tree::over(leaves)? })
    }

    /// The signature over all.
    pub fn signature(&self) -> &ReceiptSignature {
        &self.signature
    }

    /// The hash of each one's text, in their order.
    pub fn leaves(&self) -> &[Hash] {
        self.tree.leaves()
    }

    /// The receipt of number `index`, from 0, which says `held`: by itself the proof that its operation was handed in.
    pub fn receipt(&self, index: u32, held: Held) -> Option<Receipt> {
        let size = u32::try_from(self.leaves().len()).ok().filter(|size| index < *size)?;
        let among = || {
            let path = self.tree.path(usize::try_from(index).unwrap_or(usize::MAX));
            Among { index, size, path: path.iter().map(|hash| BASE64URL_NOPAD.encode(hash)).collect() }
        };
        Some(Receipt {
            at: held.at,
            due: held.due,
            key: self.signature.key.clone(),
            signature: self.signature.signature.clone(),
            among: (size > 1).then(among),
        })
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
    let mut text = String::new();
    write_text(&mut text, &member.to_string(), operation, hash, held);
    text
}

/// In pieces: either end writes one for each operation.
fn write_text(text: &mut String, member: &str, operation: OperationId, hash: &EntryHash, held: Held) {
    text.push_str("yorisoi/receipt/1\n");
    text.push_str(member);
    text.push('\n');
    BASE64URL_NOPAD.encode_append(operation.as_bytes(), text);
    text.push('\n');
    BASE64URL_NOPAD.encode_append(hash, text);
    text.push('\n');
    text.push_str(&held.at.millis().to_string());
    text.push('\n');
    match held.due {
        Some(due) => text.push_str(&due.millis().to_string()),
        None => text.push('-'),
    }
}
