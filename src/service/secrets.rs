//! Secrets of the deployment, in files that their owner alone may read: made on first use, never shown.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

/// Why there is no secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// A file or folder cannot be read or made.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what was written, or others may read it.
    #[error("{path}: {detail}")]
    Unfit {
        /// Which.
        path: String,
        /// What is wrong and what would be right.
        detail: &'static str,
    },
    /// A key domain's name that cannot be a file's.
    #[error("`{0}` is no name of a key domain: letters, digits, `_` and `-`, at most 100")]
    Name(String),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

/// 32 random bytes. Nothing prints them.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// The bytes, for the cipher or the HMAC.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The folder of secrets: `sealing.key` for cursors, `key-domains/<name>.key` for ids made from natural keys.
///
/// Each holds 64 hexadecimal digits. Who shares a key domain with another agency copies its file; who loses one makes other ids
/// from the same passports from then on.
#[derive(Debug, Clone)]
pub struct Secrets {
    folder: PathBuf,
}

impl Secrets {
    /// Secrets in a folder, which is made (0700) when it is not there.
    pub fn open(folder: &Path) -> Result<Self, SecretError> {
        make_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// What seals cursors and replay tokens. Made when absent.
    pub fn sealing_key(&self) -> Result<SecretKey, SecretError> {
        key(&self.folder.join("sealing.key"))
    }

    /// The secret of a key domain. Made when absent.
    pub fn key_domain(&self, name: &str) -> Result<SecretKey, SecretError> {
        let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || name.len() > 100 || !name.chars().all(fit) {
            return Err(SecretError::Name(name.to_owned()));
        }
        let folder = self.folder.join("key-domains");
        make_folder(&folder)?;
        key(&folder.join(format!("{name}.key")))
    }
}

fn make_folder(folder: &Path) -> Result<(), SecretError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| file(folder, source))
}

/// Reads a key, or makes it. Two processes that begin at once end up with the same one: a file appears whole or not at all.
fn key(path: &Path) -> Result<SecretKey, SecretError> {
    match OpenOptions::new().read(true).open(path) {
        Ok(found) => return read(path, found),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(file(path, error)),
    }
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SecretError::Random)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let unfinished = path.with_extension(format!("{}.new", std::process::id()));
    let told = |source| file(path, source);
    let mut out =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished).map_err(told)?;
    out.write_all(format!("{text}\n").as_bytes()).and_then(|()| out.sync_all()).map_err(told)?;
    // A link, unlike a renaming, does not replace what another process has made meanwhile.
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished).map_err(told)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(file(path, error)),
        _ => read(path, OpenOptions::new().read(true).open(path).map_err(told)?),
    }
}

fn read(path: &Path, mut found: fs::File) -> Result<SecretKey, SecretError> {
    let unfit = |detail| SecretError::Unfit { path: path.display().to_string(), detail };
    let mode = found.metadata().map_err(|source| file(path, source))?.mode();
    if mode & 0o077 != 0 {
        return Err(unfit("others than its owner may read it; run chmod 600 on it, and think of who may have"));
    }
    let mut text = String::new();
    found.read_to_string(&mut text).map_err(|source| file(path, source))?;
    let digits = text.trim_end().as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(unfit("a secret is 64 hexadecimal digits"));
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).unwrap_or(0);
        *byte = u8::try_from(digit(0) * 16 + digit(1)).unwrap_or(0);
    }
    Ok(SecretKey(bytes))
}

fn file(path: &Path, source: std::io::Error) -> SecretError {
    SecretError::File { path: path.display().to_string(), source }
}
