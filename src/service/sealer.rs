//! Sealed tokens: cursors and replay tokens that a caller carries for us, unreadable and unforgeable.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Seals bytes for one purpose at a time with AES-256-GCM; the nonce is random and travels in front.
pub struct Sealer {
    key: RandomizedNonceKey,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// How long the key is, in bytes.
    pub const KEY_LEN: usize = 32;

    /// A sealer with this key. Instances that serve the same callers share it.
    pub fn new(key: &[u8; Self::KEY_LEN]) -> Self {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).expect("the key has the length that AES-256 needs");
        Self { key }
    }

    /// Seals a text for a purpose: URL-safe base64, without padding.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> String {
        let mut sealed = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut sealed)
            .expect("sealing fails only for texts of many gigabytes");
        let mut token = nonce.as_ref().to_vec();
        token.append(&mut sealed);
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }

    /// Opens what was sealed for this purpose; `None` for anything else: other purposes, other keys, changed or invented text.
    pub fn open(&self, purpose: &str, token: &str) -> Option<Vec<u8>> {
        let token = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = token.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plain = self.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
        Some(plain.to_vec())
    }
}
