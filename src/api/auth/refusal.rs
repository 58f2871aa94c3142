//! Why a request is not signed in, and what of that is told.

use std::time::Duration;

use thiserror::Error;

/// Why nobody was signed in. Display and `Debug` hold nothing of the token or of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// No JSON Web Token.
    #[error("the token cannot be read")]
    Malformed,
    /// Its `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// Its `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim that must be there is not, or is not what it should be.
    #[error("the token's `{0}` is missing or unfit")]
    Claim(&'static str),
    /// Its `aud` is not the one configured.
    #[error("the token is for someone else")]
    WrongAudience,
    /// Its `iss` is not configured.
    #[error("the token's issuer is not known")]
    WrongIssuer,
    /// Its header names an algorithm other than the issuer's, `none` and `HS256` among them.
    #[error("the token is signed by another algorithm than its issuer's")]
    WrongAlgorithm,
    /// Its issuer has no key by that `kid`.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// The issuer's keys could not be fetched so far.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
    /// Too many failures from the same peer.
    #[error("too many failed sign-ins")]
    TooMany {
        /// When to try again.
        retry_after: Duration,
    },
}

impl TokenError {
    /// For metrics and logs: a word per reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Claim(_) => "claim",
            Self::WrongAudience => "wrong-audience",
            Self::WrongIssuer => "wrong-issuer",
            Self::WrongAlgorithm => "wrong-algorithm",
            Self::UnknownKey => "unknown-key",
            Self::BadSignature => "bad-signature",
            Self::KeysUnavailable => "keys-unavailable",
            Self::TooMany { .. } => "too-many",
        }
    }

    /// What the caller is told. Only the bearer of a token with a good signature learns more than that it is not valid.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::KeysUnavailable => "sign-in is not available at the moment",
            Self::TooMany { .. } => "too many failed sign-ins",
            _ => "the token is not valid",
        }
    }

    /// Whether it counts against the peer: missing keys are not its fault.
    pub(super) const fn counts(&self) -> bool {
        !matches!(self, Self::KeysUnavailable | Self::TooMany { .. })
    }
}
