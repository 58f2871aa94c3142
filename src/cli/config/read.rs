//! Where settings come from, and how a wrong one is told.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use config::{Environment, File, FileFormat};
use thiserror::Error;

use super::{Config, Password};

/// Variables of the prefix that are no settings: what the tests and the demonstration are told, and the file's own name.
const NO_SETTINGS: [&str; 3] = ["LINCHPIN_CONFIG", "LINCHPIN_TEST_", "LINCHPIN_DEMO_"];

/// Why a configuration is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The file cannot be read or is no TOML.
    #[error("{0}")]
    Source(String),
    /// Settings that are unknown or wrong, each with its name.
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
}

/// The flags of every command that needs the configuration.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigFlags {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "LINCHPIN_CONFIG")]
    pub config: Option<PathBuf>,
    /// A setting, over the file and the environment; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    pub settings: Vec<String>,
}

impl Config {
    /// Reads the configuration of this process.
    pub fn load(flags: &ConfigFlags) -> Result<Self, ConfigError> {
        Self::read(
            flags,
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Reads the configuration from flags, an environment and the file that the flags name. Whatever is unknown or wrong is told
    /// with its name; what is told together is checked together.
    pub fn read(
        flags: &ConfigFlags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let wrong = |error: config::ConfigError| ConfigError::Source(error.to_string());
        let settings: HashMap<String, String> = environment
            .into_iter()
            .filter(|(name, _)| !NO_SETTINGS.iter().any(|other| name.to_uppercase().starts_with(other)))
            .collect();
        let mut sources = config::Config::builder();
        if let Some(path) = &flags.config {
            sources = sources.add_source(File::from(path.as_path()).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("LINCHPIN")
            .prefix_separator("_")
            .separator("__")
            .ignore_empty(true)
            .source(Some(settings.into_iter().collect()));
        sources = sources.add_source(environment);
        for setting in &flags.settings {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| ConfigError::Settings(vec![format!("--set {setting}: it is `--set SETTING=VALUE`")]))?;
            sources = sources.set_override(name, value).map_err(wrong)?;
        }
        let values = sources.build().map_err(wrong)?;
        let config: Self = serde_path_to_error::deserialize(values).map_err(|error| {
            let (path, error) = (error.path().to_string(), error.into_inner());
            // An unknown setting stands at the end of the path already; the path of the whole is a dot.
            let place = if path == "." { String::new() } else { format!("{path}: ") };
            ConfigError::Settings(vec![format!("{place}{error}")])
        })?;
        match config.faults() {
            faults if faults.is_empty() => Ok(config),
            faults => Err(ConfigError::Settings(faults)),
        }
    }

    /// Neo4j's password, from the setting or its file (without the end of its line).
    pub fn store_password(&self) -> Result<Option<Password>, ConfigError> {
        let read = |path: &Path| {
            let told = |error| ConfigError::Settings(vec![format!("store.password_file: {}: {error}", path.display())]);
            let text = std::fs::read_to_string(path).map_err(told)?;
            Ok(Password(text.trim_end_matches(['\r', '\n']).to_owned()))
        };
        match (&self.store.password, &self.store.password_file) {
            (Some(password), _) => Ok(Some(password.clone())),
            (None, Some(path)) => read(path).map(Some),
            (None, None) => Ok(None),
        }
    }
}
