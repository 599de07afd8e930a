//! Why a host could not be started, in words that help the operator.

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    build_command::build_command, data::DataError, exports::MissingExport, handler::HandlerError,
};
use crate::{
    actor::{LoadError, StartError},
    fd_limit::Shortage,
    manifest::Manifest,
    socket_activation::InheritedError,
};

/// Why a host could not be started. It is the fault of the operator or of the actor's author.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// Two manifests have the same name.
    Duplicate {
        /// The name.
        name: String,
        /// The second manifest with this name.
        file: PathBuf,
    },
    /// Two clients of a broker have the same identifier.
    SameClient {
        /// The manifest of the second.
        file: PathBuf,
        /// The broker's address.
        broker: String,
        /// The identifier.
        client_id: String,
        /// The manifest of the first.
        by: PathBuf,
    },
    /// Two manifests have the same address.
    Taken {
        /// The second manifest with this address.
        file: PathBuf,
        /// The address.
        address: SocketAddr,
        /// The first manifest with it.
        by: PathBuf,
    },
    /// The data folder can't be used, or a folder reaches too far.
    Data(DataError),
    /// A reload would have to change what only a restart can change.
    Restart {
        /// The manifest.
        file: PathBuf,
        /// The keys whose values differ.
        keys: Vec<String>,
    },
    /// The process may open too few files.
    Descriptors(Shortage),
    /// An actor's file can't be loaded.
    Load {
        /// The file.
        file: PathBuf,
        /// The reason.
        error: LoadError,
    },
    /// An actor's file does not exist.
    NotBuilt {
        /// The file.
        file: PathBuf,
        /// From the system.
        error: io::Error,
        /// The command that builds it, if its manifest or the files near it tell.
        command: Option<String>,
    },
    /// A handler needs an export that the actor does not have.
    Export(MissingExport),
    /// The file with the first state can't be read.
    InitState {
        /// The file.
        file: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The log file can't be opened.
    Log {
        /// The manifest.
        file: PathBuf,
        /// The reason, with the log file's name.
        error: io::Error,
    },
    /// Several of these, because the host looks at all manifests before it gives up.
    Several(Vec<HostError>),
    /// The first state is larger than `limits.state`.
    InitStateSize {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// A handler can't be used.
    Handler(HandlerError),
    /// No manifest fits a listener that the service manager has passed.
    Inherited(InheritedError),
    /// No actor could make its first state. Each entry has the actor's name.
    Start(Vec<(Arc<str>, StartError)>),
}

impl HostError {
    /// A module, which `manifest` names if there is one, can't be loaded. If it does not exist, looks for
    /// what builds it.
    pub(crate) fn load(file: &Path, error: LoadError, manifest: Option<&Manifest>) -> Self {
        let file = file.to_owned();
        match error {
            LoadError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                let command = build_command(&file, manifest);
                Self::NotBuilt { file, error, command }
            }
            error => Self::Load { file, error },
        }
    }

    /// The manifest's log file can't be opened.
    pub fn log(manifest: &Manifest, error: io::Error) -> Self {
        Self::Log { file: manifest.file.clone(), error }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { name, file } => write!(
                f,
                "{}: name: another manifest has the name {name:?} already; give each actor its own",
                file.display()
            ),
            Self::SameClient { file, broker, client_id, by } => write!(
                f,
                "{}: the client identifier {client_id:?} at {broker} is also that of {}, and the broker lets \
                 only one of them connect; write another `client_id`",
                file.display(),
                by.display()
            ),
            Self::Taken { file, address, by } if file == by => write!(
                f,
                "{}: the actor that had this manifest holds {address} until it has ended; to give an \
                 actor another name, restart the host",
                file.display()
            ),
            Self::Taken { file, address, by } => write!(
                f,
                "{}: {address} is taken by {} already; write another port or another host",
                file.display(),
                by.display()
            ),
            Self::Restart { file, keys } => write!(
                f,
                "{}: only a restart can change {}; restart the host, or take the change back",
                file.display(),
                keys.join(", ")
            ),
            Self::Data(error) => error.fmt(f),
            Self::Descriptors(shortage) => shortage.fmt(f),
            Self::Load { file, error } => f.write_str(&error.of(file)),
            Self::NotBuilt { file, error, command } => {
                write!(f, "{}: cannot be read: {error}; ", file.display())?;
                match command {
                    Some(command) => write!(f, "build it first: {command}"),
                    None => f.write_str(
                        "build it first, or correct the path; `component_path` is relative to its \
                         manifest",
                    ),
                }
            }
            Self::Export(missing) => missing.fmt(f),
            Self::InitState { file, error } => write!(
                f,
                "{}: cannot be read: {error}; `init_state` is relative to its manifest",
                file.display()
            ),
            Self::InitStateSize { file, size, limit } => write!(
                f,
                "{}: is {size} bytes long, past the limit of {limit}; raise `limits.state`",
                file.display()
            ),
            Self::Log { file, error } => {
                write!(f, "{}: logging: the file cannot be opened: {error}", file.display())
            }
            Self::Several(errors) => {
                let each: Vec<_> = errors.iter().map(Self::to_string).collect();
                f.write_str(&each.join("\n"))
            }
            Self::Handler(error) => error.fmt(f),
            Self::Inherited(error) => error.fmt(f),
            Self::Start(failed) => {
                let each: Vec<_> =
                    failed.iter().map(|(name, error)| format!("{name}: {error}")).collect();
                f.write_str(&each.join("\n"))
            }
        }
    }
}

impl std::error::Error for HostError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Load { error, .. } => Some(error),
            Self::NotBuilt { error, .. }
            | Self::InitState { error, .. }
            | Self::Log { error, .. } => Some(error),
            Self::Data(error) => error.source(),
            Self::Descriptors(shortage) => Some(shortage),
            Self::Handler(error) => Some(error),
            Self::Export(missing) => Some(missing),
            Self::Inherited(error) => Some(error),
            // Several errors have no single cause.
            Self::Several(_) | Self::Start(_) => None,
            Self::Duplicate { .. }
            | Self::SameClient { .. }
            | Self::Taken { .. }
            | Self::Restart { .. }
            | Self::InitStateSize { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::server::{EndpointError, token::TokenError};

    #[test]
    fn the_systems_error_is_at_the_end_of_an_errors_causes() {
        let error = TokenError::Io(io::ErrorKind::NotFound.into());
        let error = EndpointError::Token { file: "secret".into(), error };
        let error = HostError::Handler(HandlerError::WebSocketServer(error));
        let mut last: &(dyn Error + 'static) = &error;
        while let Some(cause) = last.source() {
            last = cause;
        }
        let last = last.downcast_ref::<io::Error>();
        assert_eq!(last.map(io::Error::kind), Some(io::ErrorKind::NotFound));
    }
}
