//! Keys of one's own, for a deployment without an identity provider and for the demonstration: an ES256 pair that signs tokens.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use thiserror::Error;

use crate::access::Role;
use crate::model::{AgencyId, Instant, SubjectName};

/// What goes wrong with keys of one's own.
#[derive(Debug, Error)]
pub enum LocalKeyError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds no private key for ES256.
    #[error("{0} holds no private key for ES256 in PEM (PKCS #8)")]
    Format(String),
    /// The cryptographic library refused.
    #[error("no key pair or signature could be made: {0}")]
    Crypto(String),
}

/// What a token says.
#[derive(Debug, Clone)]
pub struct LocalClaims {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// `sub`.
    pub subject: SubjectName,
    /// `agency`.
    pub agency: AgencyId,
    /// `roles`.
    pub roles: BTreeSet<Role>,
    /// `iat` and `nbf`.
    pub from: Instant,
    /// `exp`.
    pub until: Instant,
}

/// A key pair for ES256.
pub struct LocalKeys {
    signing: EncodingKey,
    public: Jwk,
    pem: String,
}

impl LocalKeys {
    /// A fresh pair.
    pub fn generate() -> Result<Self, LocalKeyError> {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|error| LocalKeyError::Crypto(error.to_string()))?;
        Self::from_pem(&pem(pair.as_ref()), "the fresh key")
    }

    /// The pair whose private key a file holds.
    pub fn read(path: &Path) -> Result<Self, LocalKeyError> {
        let text = fs::read_to_string(path).map_err(|source| file(path, source))?;
        Self::from_pem(&text, &path.display().to_string())
    }

    fn from_pem(text: &str, name: &str) -> Result<Self, LocalKeyError> {
        let wrong = |_| LocalKeyError::Format(name.to_owned());
        let signing = EncodingKey::from_ec_pem(text.as_bytes()).map_err(wrong)?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::ES256).map_err(wrong)?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256).map_err(wrong)?);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { signing, public, pem: text.to_owned() })
    }

    /// Writes the private key to a new file that its owner alone may read. A file that is there already is left alone.
    pub fn write(&self, path: &Path) -> Result<(), LocalKeyError> {
        let mut options = OpenOptions::new();
        let mut out =
            options.write(true).create_new(true).mode(0o600).open(path).map_err(|source| file(path, source))?;
        out.write_all(self.pem.as_bytes()).and_then(|()| out.sync_all()).map_err(|source| file(path, source))
    }

    /// The public key, as a JSON Web Key Set for `jwks_file`.
    pub fn jwks(&self) -> Result<String, LocalKeyError> {
        let set = JwkSet { keys: vec![self.public.clone()] };
        serde_json::to_string_pretty(&set).map_err(|error| LocalKeyError::Crypto(error.to_string()))
    }

    /// A signed token.
    pub fn mint(&self, claims: &LocalClaims) -> Result<String, LocalKeyError> {
        #[derive(Serialize)]
        struct Payload<'a> {
            iss: &'a str,
            aud: &'a str,
            sub: &'a SubjectName,
            agency: &'a AgencyId,
            roles: &'a BTreeSet<Role>,
            iat: i64,
            nbf: i64,
            exp: i64,
        }
        let seconds = |at: Instant| at.micros().div_euclid(1_000_000);
        let payload = Payload {
            iss: &claims.issuer,
            aud: &claims.audience,
            sub: &claims.subject,
            agency: &claims.agency,
            roles: &claims.roles,
            iat: seconds(claims.from),
            nbf: seconds(claims.from),
            exp: seconds(claims.until),
        };
        let header = Header { kid: self.public.common.key_id.clone(), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &payload, &self.signing).map_err(|error| LocalKeyError::Crypto(error.to_string()))
    }
}

fn file(path: &Path, source: std::io::Error) -> LocalKeyError {
    LocalKeyError::File { path: path.display().to_string(), source }
}

/// PKCS #8 in PEM (RFC 7468).
fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in body.as_bytes().chunks(64) {
        // Base64 is ASCII, so that every cut is between characters; writing to a string cannot fail.
        let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    text.push_str("-----END PRIVATE KEY-----\n");
    text
}
