//! The key that signs receipts, and how a receipt is verified without this service (docs/receipts.md).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error as ThisError;

use super::{Error, packing::canonical};
use crate::domain::{AuditId, Digest, IdSource};

/// The one way of signing.
const ALGORITHM: &str = "Ed25519";

/// How many characters of the digest of a public key name it.
const KEY_ID_LENGTH: usize = 16;

/// The key as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptKey {
    /// How it signs.
    pub algorithm: String,
    /// The first 16 characters of the SHA-256 of the public key.
    pub key_id: String,
    /// The public key, hexadecimal.
    pub public_key: String,
}

/// A receipt with its signature, as it is downloaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReceipt {
    /// What was signed.
    pub receipt: Value,
    /// The signature over its canonical JSON.
    pub signature: Signature,
}

/// A signature.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signature {
    /// How it was made.
    pub algorithm: String,
    /// By which key.
    pub key_id: String,
    /// The signature, hexadecimal.
    pub value: String,
}

/// Why a receipt does not hold.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum ReceiptFault {
    /// The file is no receipt.
    #[error("the file is no signed receipt: {0}")]
    NoReceipt(String),
    /// The key file is no key.
    #[error("the file is no published key: {0}")]
    NoKey(String),
    /// Signed by another key.
    #[error("it was signed by the key {found}, not by {given}")]
    OtherKey {
        /// The key that the receipt names.
        found: String,
        /// The key that was given.
        given: String,
    },
    /// The signature is not over this text.
    #[error("the signature does not fit: the receipt was changed, or the key is another one")]
    Forged,
}

/// Signs receipts.
pub(super) struct Signer {
    pair: Ed25519KeyPair,
}

impl Signer {
    /// The key in the file at `path`; made there when the file does not exist.
    pub(super) fn open(path: &Path, ids: &dyn IdSource) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_key(path, ids).map_err(|error| about(path, error))?;
                fs::read_to_string(path).map_err(|error| about(path, error))?
            }
            read => read.map_err(|error| about(path, error))?,
        };
        let seed = unhex(text.trim()).ok_or_else(|| about(path, "it does not hold 64 hexadecimal characters"))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| about(path, error))?;
        Ok(Self { pair })
    }

    /// The key as it is published.
    pub(super) fn published(&self) -> ReceiptKey {
        let public = self.pair.public_key().as_ref();
        ReceiptKey { algorithm: ALGORITHM.to_owned(), key_id: key_id(public), public_key: hex(public) }
    }

    /// The signature over `body`.
    pub(super) fn sign(&self, body: &[u8]) -> Vec<u8> {
        self.pair.sign(body).as_ref().to_vec()
    }
}

impl SignedReceipt {
    /// The receipt whose canonical JSON is `body`.
    pub(super) fn new(body: &[u8], key_id: &str, signature: &[u8]) -> Result<Self, Error> {
        let signature = Signature { algorithm: ALGORITHM.to_owned(), key_id: key_id.to_owned(), value: hex(signature) };
        Ok(Self { receipt: serde_json::from_slice(body).map_err(Error::internal)?, signature })
    }
}

/// Checks the receipt in `document` against the published `key`; both are the texts of files. Gives what was signed.
pub fn verify_receipt(document: &[u8], key: &[u8]) -> Result<Value, ReceiptFault> {
    let SignedReceipt { receipt, signature } =
        serde_json::from_slice(document).map_err(|error| ReceiptFault::NoReceipt(error.to_string()))?;
    let key: ReceiptKey = serde_json::from_slice(key).map_err(|error| ReceiptFault::NoKey(error.to_string()))?;
    if key.algorithm != ALGORITHM || signature.algorithm != ALGORITHM {
        return Err(ReceiptFault::NoKey(format!("only {ALGORITHM} is known")));
    }
    let public =
        unhex(&key.public_key).ok_or_else(|| ReceiptFault::NoKey("the public key is not hexadecimal".into()))?;
    let given = key_id(&public);
    if signature.key_id != given {
        return Err(ReceiptFault::OtherKey { found: signature.key_id, given });
    }
    let value = unhex(&signature.value).ok_or(ReceiptFault::Forged)?;
    let body = canonical(receipt.clone()).map_err(|error| ReceiptFault::NoReceipt(error.to_string()))?;
    UnparsedPublicKey::new(&ED25519, public).verify(&body, &value).map_err(|_| ReceiptFault::Forged)?;
    Ok(receipt)
}

fn key_id(public: &[u8]) -> String {
    Digest::of(public).to_string().chars().take(KEY_ID_LENGTH).collect()
}

/// Writes 32 random bytes to a new file that only its owner may read. When somebody else made the file meanwhile,
/// theirs stays.
fn make_key(path: &Path, ids: &dyn IdSource) -> io::Result<()> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = path.with_extension(format!("{}.new", AuditId::new(ids)));
    let mut file = create_private(&unfinished)?;
    file.write_all(format!("{}\n", hex(&seed)).as_bytes())?;
    file.sync_all()?;
    // A link fails where a rename would put another key in place of the first.
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn about(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::internal(format!("the signing key {}: {error}", path.display()))
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Clock, domain::Instant, system::SeededIds};

    struct Standing;

    impl Clock for Standing {
        fn now(&self) -> Instant {
            Instant::from_microseconds(0)
        }
    }

    /// RFC 8032, section 7.1, test 1: secret key, public key, and the signature over nothing.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNED: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    #[test]
    fn signs_as_the_standard_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("signing.key");
        fs::write(&path, SEED).expect("written");
        let signer = Signer::open(&path, &SeededIds::new(1, Standing)).expect("a key");
        assert_eq!((signer.published().public_key.as_str(), hex(&signer.sign(b""))), (PUBLIC, SIGNED.to_owned()));
    }

    #[test]
    fn a_key_is_made_once_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("signing.key");
        let ids = SeededIds::new(1, Standing);
        let first = Signer::open(&path, &ids).expect("made").published();
        assert_eq!(Signer::open(&path, &ids).expect("read").published(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 1, "nothing else is left");
        fs::write(&path, "geen sleutel").expect("written");
        assert!(Signer::open(&path, &ids).is_err());
    }

    #[test]
    fn a_receipt_holds_only_as_it_was_signed_and_however_it_is_laid_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let ids = SeededIds::new(1, Standing);
        let signer = Signer::open(&folder.path().join("one"), &ids).expect("made");
        let key = serde_json::to_vec(&signer.published()).expect("written");
        let receipt = serde_json::json!({ "b": "Bevalling é \u{1}", "a": [{ "z": 1, "y": null }] });
        let body = canonical(receipt.clone()).expect("written");
        assert_eq!(String::from_utf8_lossy(&body), r#"{"a":[{"y":null,"z":1}],"b":"Bevalling é \u0001"}"#);
        let signed = SignedReceipt::new(&body, &signer.published().key_id, &signer.sign(&body)).expect("signed");
        let text = serde_json::to_string_pretty(&signed).expect("written");
        assert_eq!(verify_receipt(text.as_bytes(), &key), Ok(receipt));

        let changed = text.replace("\"z\": 1", "\"z\": 2");
        assert_eq!(verify_receipt(changed.as_bytes(), &key), Err(ReceiptFault::Forged));
        let other = Signer::open(&folder.path().join("two"), &ids).expect("made").published();
        let other_key = serde_json::to_vec(&other).expect("written");
        let refused = verify_receipt(text.as_bytes(), &other_key);
        assert_eq!(
            refused,
            Err(ReceiptFault::OtherKey { found: signer.published().key_id, given: other.key_id.clone() })
        );
        let claimed = text.replace(&signer.published().key_id, &other.key_id);
        assert_eq!(verify_receipt(claimed.as_bytes(), &other_key), Err(ReceiptFault::Forged));
        assert!(matches!(verify_receipt(b"{}", &key), Err(ReceiptFault::NoReceipt(_))));
        assert!(matches!(verify_receipt(text.as_bytes(), b"{}"), Err(ReceiptFault::NoKey(_))));
    }
}
