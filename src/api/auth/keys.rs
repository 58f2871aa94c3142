//! Public keys: read from a key set or a PEM file, and only those that fit the issuer's algorithm.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::TokenAlgorithm;

/// The fewest bytes of an RSA modulus: 2,048 bits.
const RSA_BYTES: usize = 256;

/// The keys of one issuer, all for its algorithm.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// What tells it from another key: its public part.
    public: Vec<u8>,
    decoding: DecodingKey,
}

impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&Key, &Key)| a.id == b.id && a.public == b.public;
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(same)
    }
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of other kinds, for other algorithms or not for signatures are passed over, as RFC 7517 says;
    /// a set without any fit key is refused, and so is a `kid` that names two.
    pub(super) fn from_jwks(text: &[u8], algorithm: TokenAlgorithm) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|error| format!("no JSON Web Key Set: {error}"))?;
        let mut keys: Vec<Key> = Vec::new();
        for value in set.keys {
            let Some(key) = serde_json::from_value(value).ok().and_then(|jwk: Jwk| Key::fit(&jwk, algorithm)) else {
                continue;
            };
            if keys.iter().any(|known| known.id == key.id) {
                return Err(format!("two keys are named `{}`", key.id.unwrap_or_default()));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(format!("it holds no public key for {algorithm:?}"));
        }
        Ok(Self(keys))
    }

    /// Reads one public key in PEM.
    pub(super) fn from_pem(text: &[u8], algorithm: TokenAlgorithm) -> Result<Self, String> {
        let decoding = match algorithm {
            TokenAlgorithm::ES256 => DecodingKey::from_ec_pem(text),
            TokenAlgorithm::EdDSA => DecodingKey::from_ed_pem(text),
            TokenAlgorithm::RS256 | TokenAlgorithm::PS256 => DecodingKey::from_rsa_pem(text),
        }
        .map_err(|error| format!("it holds no public key for {algorithm:?} in PEM: {error}"))?;
        // The same checks as for a key set, on the key's public part.
        let jwk = Jwk::from_decoding_key(&decoding, Some(Algorithm::from(algorithm)))
            .map_err(|error| format!("it holds no public key for {algorithm:?}: {error}"))?;
        let key =
            Key::fit(&jwk, algorithm).ok_or_else(|| format!("its key does not fit {algorithm:?} or is too short"))?;
        Ok(Self(vec![key]))
    }

    /// The key that a token names. The only key of a set needs no name, and one without a name answers to any.
    pub(super) fn find(&self, kid: Option<&str>) -> Option<&DecodingKey> {
        let key = match (kid, self.0.as_slice()) {
            (None, [only]) => Some(only),
            (Some(_), [only]) if only.id.is_none() => Some(only),
            (Some(kid), keys) => keys.iter().find(|key| key.id.as_deref() == Some(kid)),
            (None, _) => None,
        };
        key.map(|key| &key.decoding)
    }
}

impl Key {
    /// The key, should it be one for signatures by the algorithm.
    fn fit(jwk: &Jwk, algorithm: TokenAlgorithm) -> Option<Self> {
        let common = &jwk.common;
        let named = common.key_algorithm.is_none_or(|name| name.to_string() == format!("{algorithm:?}"));
        let signs = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        if !(named && signs && verifies) {
            return None;
        }
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let coordinate = |text: &str| bytes(text).filter(|bytes| bytes.len() == 32);
        let (public, decoding) = match (&jwk.algorithm, algorithm) {
            (AlgorithmParameters::EllipticCurve(key), TokenAlgorithm::ES256) if key.curve == EllipticCurve::P256 => {
                ([coordinate(&key.x)?, coordinate(&key.y)?].concat(), DecodingKey::from_jwk(jwk).ok()?)
            }
            (AlgorithmParameters::OctetKeyPair(key), TokenAlgorithm::EdDSA) if key.curve == EllipticCurve::Ed25519 => {
                (coordinate(&key.x)?, DecodingKey::from_jwk(jwk).ok()?)
            }
            (AlgorithmParameters::RSA(key), TokenAlgorithm::RS256 | TokenAlgorithm::PS256) => {
                // Some providers write a zero byte before the modulus, which the cryptographic library does not take.
                let number = |text| Some(bytes(text)?.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>());
                let (modulus, exponent) = (number(&key.n).filter(|n| n.len() >= RSA_BYTES)?, number(&key.e)?);
                let decoding = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
                ([modulus, exponent].concat(), decoding)
            }
            _ => return None,
        };
        Some(Self { id: common.key_id.clone(), public, decoding })
    }
}
