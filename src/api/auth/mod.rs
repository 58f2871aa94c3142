//! Sign-in: from the `Authorization` header to an [`Identity`](crate::access::Identity), or a refusal that tells nothing of keys.
//!
//! A token is checked against the configuration of the issuer that it names and nothing else: algorithm, keys and audience come
//! from there, never from the token's header (`alg` must agree; `jku`, `x5u`, `jwk` and `x5c` are ignored). What the bearer is
//! cleared for is not in the token: the gate asks the directory.

mod issuer;
mod keys;
mod local;
mod refusal;
mod remote;
mod sign_in;
mod verifier;

pub use issuer::{IssuerFault, IssuerSettings, TokenAlgorithm};
pub use local::{LocalClaims, LocalKeyError, LocalKeys};
pub use refusal::TokenError;
pub use sign_in::{FailureLimit, SignIn};
pub use verifier::TokenVerifier;
