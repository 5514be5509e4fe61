//! The cryptography under the provider's tokens: ring, as everywhere here. Only what verifies; nothing is signed with it.

use std::sync::Once;

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{self, Verifier},
};
use ring::signature as signatures;

/// The algorithms that are understood. None with a shared secret: whoever holds one could make tokens.
pub(super) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| no_signing(),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has tokens verified by ring, from now on in this process.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nobody else here reads tokens.
        PROVIDER.install_default().ok();
    });
}

struct RingVerifier {
    algorithm: Algorithm,
    key: DecodingKey,
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let fits = ALGORITHMS.contains(&algorithm) && key.family().algorithms().contains(&algorithm);
    if !fits {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Box::new(RingVerifier { algorithm, key: key.clone() }))
}

fn no_signing() -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::InvalidAlgorithm.into())
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match self.key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                let rsa = rsa(self.algorithm).ok_or_else(signature::Error::new)?;
                signatures::RsaPublicKeyComponents { n, e }.verify(rsa, message, signature)
            }
            DecodingKeyKind::SecretOrDer(point) => {
                let curve = curve(self.algorithm).ok_or_else(signature::Error::new)?;
                signatures::UnparsedPublicKey::new(curve, point).verify(message, signature)
            }
        };
        verified.map_err(|_| signature::Error::new())
    }
}

/// RSA with keys of at least 2048 bits.
fn rsa(algorithm: Algorithm) -> Option<&'static signatures::RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&signatures::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&signatures::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&signatures::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&signatures::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&signatures::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&signatures::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn curve(algorithm: Algorithm) -> Option<&'static dyn signatures::VerificationAlgorithm> {
    match algorithm {
        Algorithm::ES256 => Some(&signatures::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Some(&signatures::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Some(&signatures::ED25519),
        _ => None,
    }
}
