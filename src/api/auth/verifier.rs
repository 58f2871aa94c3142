//! The verifier: from a token to who bears it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use moka::sync::Cache;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::remote::KeySource;
use super::{IssuerFault, IssuerSettings, TokenError};
use crate::access::{Identity, Role};
use crate::model::{AgencyId, Instant, SubjectName};

/// How far clocks may differ, in seconds.
const LEEWAY: f64 = 30.0;

/// The longest token that is looked at.
const LONGEST: usize = 8 << 10;

/// How many verified tokens are remembered.
const REMEMBERED: u64 = 10_000;

/// Verifies tokens of the configured issuers.
pub struct TokenVerifier {
    issuers: BTreeMap<String, Issuer>,
    /// By the token's SHA-256: a signature costs more than all the rest of a request.
    verified: Cache<[u8; 32], Verified>,
}

struct Issuer {
    name: String,
    algorithm: Algorithm,
    validation: Validation,
    keys: KeySource,
}

#[derive(Clone)]
struct Verified {
    identity: Arc<Identity>,
    issuer: Arc<str>,
    generation: u64,
    lifetime: Lifetime,
}

#[derive(Clone, Copy)]
struct Lifetime {
    from: Option<f64>,
    until: f64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

/// What is read before the signature is checked: only to choose whose keys check it.
#[derive(Deserialize)]
struct Unverified {
    iss: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    agency: Option<String>,
    roles: Option<Vec<String>>,
}

impl TokenVerifier {
    /// A verifier for the issuers of a configuration, by their names there. No issuer, two alike, and unfit or missing keys are
    /// refused: there is no open mode. Published key sets are fetched later, at the first need or by [`Self::fetch`].
    pub fn new(settings: &BTreeMap<String, IssuerSettings>) -> Result<Self, IssuerFault> {
        if settings.is_empty() {
            let detail = "none is configured, so nobody could sign in; there is no open mode";
            return Err(IssuerFault::new("issuers", detail));
        }
        let mut issuers = BTreeMap::new();
        for (name, settings) in settings {
            let wrong =
                |setting: &str, detail: &str| Err(IssuerFault::new(format!("issuers.{name}.{setting}"), detail));
            if settings.issuer.is_empty() {
                return wrong("issuer", "it is empty");
            }
            if settings.audience.is_empty() {
                return wrong("audience", "it is empty");
            }
            let issuer = Issuer {
                name: name.clone(),
                algorithm: settings.algorithm.into(),
                validation: validation(settings),
                keys: KeySource::new(name, settings)?,
            };
            if issuers.insert(settings.issuer.clone(), issuer).is_some() {
                return wrong("issuer", "another entry of [issuers] names the same");
            }
        }
        Ok(Self { issuers, verified: Cache::new(REMEMBERED) })
    }

    /// Fetches the published key sets that are due, and names the issuers (as configured) that have no keys afterwards.
    pub async fn fetch(&self, now: Instant) -> Vec<&str> {
        let mut without = Vec::new();
        for issuer in self.issuers.values() {
            issuer.keys.fresh(now).await;
            if issuer.keys.is_empty() {
                without.push(issuer.name.as_str());
            }
        }
        without
    }

    /// Who bears a token that was verified before, still holds, and whose issuer's keys have not changed since.
    pub(super) async fn remembered(&self, token: &str, now: Instant) -> Option<Result<Arc<Identity>, TokenError>> {
        let known = self.verified.get(&digest(token))?;
        let issuer = self.issuers.get(&*known.issuer)?;
        let keys = issuer.keys.fresh(now).await;
        if keys.generation != known.generation {
            return None;
        }
        Some(known.lifetime.check(now).map(|()| known.identity))
    }

    /// Who bears a token.
    pub async fn verify(&self, token: &str, now: Instant) -> Result<Arc<Identity>, TokenError> {
        if let Some(known) = self.remembered(token, now).await {
            return known;
        }
        let (header, unverified) = open(token)?;
        let iss = unverified.iss.ok_or(TokenError::Claim("iss"))?;
        let issuer = self.issuers.get(&iss).ok_or(TokenError::WrongIssuer)?;
        if header.alg.parse::<Algorithm>().ok() != Some(issuer.algorithm) {
            return Err(TokenError::WrongAlgorithm);
        }
        // Nothing is understood that could be critical (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let kid = header.kid.as_deref();
        let mut keys = issuer.keys.fresh(now).await;
        if keys.set.find(kid).is_none() {
            keys = issuer.keys.look_again(&keys, now).await;
        }
        let key = keys.set.find(kid);
        let key =
            key.ok_or(if issuer.keys.is_empty() { TokenError::KeysUnavailable } else { TokenError::UnknownKey })?;
        let claims = check(token, key, &issuer.validation)?;
        let lifetime = Lifetime { from: claims.nbf, until: claims.exp.ok_or(TokenError::Claim("exp"))? };
        lifetime.check(now)?;
        let identity = Arc::new(identity(claims)?);
        let known =
            Verified { identity: Arc::clone(&identity), issuer: iss.into(), generation: keys.generation, lifetime };
        self.verified.insert(digest(token), known);
        Ok(identity)
    }
}

/// What the library checks besides the signature. `exp` and `nbf` are required or checked by [`Lifetime`]: the library would
/// compare them with the wall clock, and the clock is injected.
fn validation(settings: &IssuerSettings) -> Validation {
    let mut validation = Validation::new(settings.algorithm.into());
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.audience]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The header and the issuer of a token, unverified.
fn open(token: &str) -> Result<(Header, Unverified), TokenError> {
    fn part<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
        let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
    }
    if token.len() > LONGEST {
        return Err(TokenError::Malformed);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _] = parts[..] else { return Err(TokenError::Malformed) };
    Ok((part(header)?, part(claims)?))
}

/// The claims of a token whose signature, issuer and audience are right.
fn check(token: &str, key: &DecodingKey, validation: &Validation) -> Result<Claims, TokenError> {
    let named = |claim: &str| ["exp", "iss", "aud", "sub"].into_iter().find(|name| *name == claim).unwrap_or("claims");
    jsonwebtoken::decode::<Claims>(token, key, validation).map(|data| data.claims).map_err(|error: Error| {
        match error.kind() {
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
                TokenError::Claim(named(claim))
            }
            ErrorKind::InvalidIssuer => TokenError::WrongIssuer,
            ErrorKind::InvalidAudience => TokenError::WrongAudience,
            ErrorKind::InvalidAlgorithm => TokenError::WrongAlgorithm,
            ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
                TokenError::Malformed
            }
            _ => TokenError::BadSignature,
        }
    })
}

fn identity(claims: Claims) -> Result<Identity, TokenError> {
    let subject = claims.sub.and_then(|sub| SubjectName::new(sub).ok()).ok_or(TokenError::Claim("sub"))?;
    let agency = claims.agency.and_then(|agency| AgencyId::new(agency).ok()).ok_or(TokenError::Claim("agency"))?;
    let roles = claims.roles.ok_or(TokenError::Claim("roles"))?;
    // A provider may name roles of other services too: what is not ours gives nothing here.
    let ours = |role: String| serde_json::from_value::<Role>(role.into()).ok();
    let roles: BTreeSet<Role> = roles.into_iter().filter_map(ours).collect();
    Ok(Identity { subject, agency, roles })
}

impl Lifetime {
    /// Seconds since the epoch, as in `exp` and `nbf`; neither may be off by more than the leeway.
    fn check(self, now: Instant) -> Result<(), TokenError> {
        // Exact: microseconds of any year up to 2255 have 53 bits.
        let now = now.micros() as f64 / 1e6;
        if now >= self.until + LEEWAY {
            return Err(TokenError::Expired);
        }
        match self.from {
            Some(from) if now + LEEWAY < from => Err(TokenError::NotYetValid),
            _ => Ok(()),
        }
    }
}
