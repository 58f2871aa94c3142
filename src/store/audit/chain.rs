//! The chain: what the hash of an entry is, and heads, which others keep so that the log's owner cannot rewrite it unseen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::model::Instant;

/// The hash that closes the log at one entry: SHA-256 over the previous hash and the entry's canonical JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What the first entry follows: 32 zero bytes.
    pub const GENESIS: Self = Self([0; 32]);

    /// The hash of the entry that follows this one. The entry is its JSON as stored: compact, members in the order in which
    /// [`crate::access::AuditEntry`] declares them, members without a value left out.
    #[must_use]
    pub fn then(&self, entry: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(entry.as_bytes());
        Self(hash.finalize().into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a hash is 64 hexadecimal digits";
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(WRONG);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| WRONG)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for ChainHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChainHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where the log stands: kept elsewhere, it proves later that nothing up to here was rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The position of the last entry, from 1; 0 when the log is empty.
    pub position: u64,
    /// The hash of the last entry.
    pub hash: ChainHash,
    /// The instant of the last entry; null when the log is empty.
    pub at: Option<Instant>,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Self = Self { position: 0, hash: ChainHash::GENESIS, at: None };
}
