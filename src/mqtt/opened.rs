//! A broker with the files that its handler names, and with its client identifier.

use std::{fmt, path::PathBuf};

use super::{
    client_id,
    config::{BrokerConfig, Config},
    credentials::{Credentials, CredentialsError},
};

/// A broker, with all that a connection needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedBroker {
    /// The manifest's keys.
    pub config: BrokerConfig,
    /// The client identifier, without placeholders.
    pub client_id: String,
    /// The user and the password, if the manifest names a file.
    pub credentials: Option<Credentials>,
}

/// Why a broker can't be used. It is the operator's fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum BrokerError {
    /// There are no credentials in this file.
    Credentials(PathBuf, CredentialsError),
    /// A broker has no client identifier.
    ClientId {
        /// The actor's name.
        actor: Box<str>,
        /// The broker's name.
        broker: Box<str>,
        /// In words.
        why: String,
    },
}

impl OpenedBroker {
    /// Opens the files of the brokers of this actor.
    ///
    /// # Errors
    /// All mistakes: see [`BrokerError`].
    pub(crate) fn open_all(config: &Config, actor: &str) -> Result<Vec<Self>, Vec<BrokerError>> {
        let (mut opened, mut errors) = (Vec::new(), Vec::new());
        for broker in &config.brokers {
            match Self::open(broker, actor) {
                Ok(broker) => opened.push(broker),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(opened) } else { Err(errors) }
    }

    /// Opens the files of one broker.
    fn open(config: &BrokerConfig, actor: &str) -> Result<Self, BrokerError> {
        let credentials = config.credentials_file.as_ref().map(|file| {
            Credentials::load(file).map_err(|error| BrokerError::Credentials(file.clone(), error))
        });
        let client_id = client_id::fill(config.client_id.as_deref(), actor).map_err(|why| {
            BrokerError::ClientId { actor: actor.into(), broker: config.name.clone(), why }
        })?;
        Ok(Self { config: config.clone(), client_id, credentials: credentials.transpose()? })
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials(file, error) => write!(f, "{}: {error}", file.display()),
            Self::ClientId { actor, broker, why } => {
                write!(f, "{actor}: the broker {broker} gets no client identifier: {why}")
            }
        }
    }
}

impl std::error::Error for BrokerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Credentials(_, error) => Some(error),
            Self::ClientId { .. } => None,
        }
    }
}
