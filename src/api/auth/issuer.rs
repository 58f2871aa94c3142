//! Whose tokens are taken, as a deployment configures it.

use std::path::PathBuf;

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// How an issuer signs. There is no symmetric one: whoever can check an HS256 token can also make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum TokenAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
    /// RSA PKCS #1 v1.5 with SHA-256, keys of 2,048 bits or more.
    RS256,
    /// RSA-PSS with SHA-256, keys of 2,048 bits or more.
    PS256,
}

impl From<TokenAlgorithm> for Algorithm {
    fn from(algorithm: TokenAlgorithm) -> Self {
        match algorithm {
            TokenAlgorithm::ES256 => Self::ES256,
            TokenAlgorithm::EdDSA => Self::EdDSA,
            TokenAlgorithm::RS256 => Self::RS256,
            TokenAlgorithm::PS256 => Self::PS256,
        }
    }
}

/// An issuer whose tokens are taken. Its keys come from exactly one of `jwks_file`, `jwks_url` and `pem_file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The `iss` of its tokens, to the letter.
    pub issuer: String,
    /// The `aud` that its tokens must name.
    pub audience: String,
    /// How it signs: `ES256`, `EdDSA`, `RS256` or `PS256`. The token's header has no say.
    pub algorithm: TokenAlgorithm,
    /// Its keys: a file with a JSON Web Key Set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pub jwks_file: Option<PathBuf>,
    /// Its keys: where it publishes its JSON Web Key Set. `https`, or `http` on this very machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub jwks_url: Option<String>,
    /// Its key: a file with one public key in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pub pem_file: Option<PathBuf>,
    /// The private key with which `linchpin token` signs for this issuer (ES256, PEM). The server never reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pub signing_key_file: Option<PathBuf>,
}

/// What is wrong with an issuer's settings or keys: a start-up error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{setting}: {detail}")]
pub struct IssuerFault {
    /// Which setting.
    pub setting: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl IssuerFault {
    pub(super) fn new(setting: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { setting: setting.into(), detail: detail.into() }
    }
}
