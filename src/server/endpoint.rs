//! What one listener serves and requires: the `config` of its handler in the manifest, with the
//! files that it names opened.

use std::{
    fmt, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use rand::rngs::SysError;

#[cfg(feature = "tls")]
use super::tls::{Tls, TlsError};
use super::{
    access::Access,
    config::{AutoResponse, Listener},
    error_response::ErrorResponse,
    live::Live,
    request_head::RequestHead,
    token::{Token, TokenError},
};
use crate::{exchange::OnOverflow, named_folder::NamedFolder, socket_activation::InheritedError};

/// What one listener serves and requires.
#[derive(Debug)]
pub struct Endpoint {
    /// Whether the WebSocket is here.
    pub has_socket: bool,
    /// Whether the actor answers requests here.
    pub has_actor: bool,
    /// The path of the WebSocket, beside `/`.
    pub path: String,
    /// The path that tells whether the actor is well, if there is one.
    pub(crate) health: Option<String>,
    /// The path of the counters, if there is one.
    pub(crate) metrics: Option<String>,
    /// Who may connect, and who speaks for others.
    pub access: Access,
    /// What a client may choose from (RFC 6455, section 1.9).
    pub(crate) subprotocols: Vec<String>,
    /// Whether the log has a client that asked for others. It has only the first one, because clients
    /// can ask for anything at any rate.
    pub(crate) is_unagreed_logged: AtomicBool,
    /// What each client must send. `None` if the listener requires nothing.
    pub token: Option<Token>,
    /// Whether to serve the console page.
    pub(crate) console: bool,
    /// What an inspector must send. `None` if nobody may inspect the actor here.
    pub(crate) inspect: Option<Token>,
    /// The `static` folder. `None` if the manifest names none.
    pub(crate) files: Option<NamedFolder>,
    /// Lets open pages load anew, in `footlight dev`.
    pub(crate) live: OnceLock<Arc<Live>>,
    /// A text that the host answers without the actor.
    pub(crate) auto_response: Option<AutoResponse>,
    /// What happens if a client does not read its messages.
    pub(crate) on_overflow: OnOverflow,
    /// Accepts TLS connections. `None` without TLS.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

/// Why a listener can't be served. The operator's fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum EndpointError {
    /// The token can't be loaded.
    Token {
        /// The file that the manifest names as `token_file`.
        file: PathBuf,
        /// Says what to write into the file.
        error: TokenError,
    },
    /// The system has no random numbers for the token of inspectors.
    Random(SysError),
    /// The `static` folder can't be opened.
    Folder {
        /// The folder that the manifest names as `static`.
        folder: PathBuf,
        /// From the system.
        error: io::Error,
    },
    /// The certificate can't be loaded.
    #[cfg(feature = "tls")]
    Tls(TlsError),
    /// The service manager has passed a socket that keeps the address from being used.
    Inherited(InheritedError),
    /// The address can't be listened on.
    Bind {
        /// The file to correct.
        manifest: PathBuf,
        /// As the manifest or `--bind` says.
        address: SocketAddr,
        /// From the system. The advice depends on it.
        error: io::Error,
        /// Who listens there, as far as is known.
        owner: Option<String>,
    },
}

impl Endpoint {
    /// Opens the files that the manifest names.
    ///
    /// # Errors
    /// All that can't be opened.
    pub fn new(listener: &Listener) -> Result<Self, Vec<EndpointError>> {
        let mut errors = Vec::new();
        let token = listener.token_file.as_ref().and_then(|file| {
            let failed = |error| EndpointError::Token { file: file.clone(), error };
            Token::load(file).map_err(|error| errors.push(failed(error))).ok()
        });
        let files = listener.static_folder.as_ref().and_then(|folder| {
            let failed = |(folder, error)| EndpointError::Folder { folder, error };
            NamedFolder::new(folder.clone()).map_err(|error| errors.push(failed(error))).ok()
        });
        #[cfg(feature = "tls")]
        let tls = listener.tls.as_ref().and_then(|files| {
            Tls::load(files).map_err(|error| errors.push(EndpointError::Tls(error))).ok()
        });
        let inspect = listener.inspect.then(Token::random).and_then(|token| {
            token.map_err(|error| errors.push(EndpointError::Random(error))).ok()
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            has_socket: listener.has_socket,
            has_actor: listener.has_actor,
            path: listener.path.clone(),
            health: listener.health.clone(),
            metrics: listener.metrics.clone(),
            access: Access::new(&listener.access),
            subprotocols: listener.subprotocols.clone(),
            is_unagreed_logged: AtomicBool::new(false),
            token,
            console: listener.console,
            inspect,
            files,
            live: OnceLock::new(),
            auto_response: listener.auto_response.clone(),
            on_overflow: listener.on_overflow,
            #[cfg(feature = "tls")]
            tls,
        })
    }

    /// Whether there is something to see at `/` in a browser: a page, or the actor's answer.
    pub fn has_page(&self) -> bool {
        self.console || self.files.is_some() || self.has_actor
    }

    /// The URLs at this address: of what a browser shows, and of the WebSocket.
    pub fn urls(&self, address: SocketAddr) -> Vec<String> {
        let at = ["://", &address.to_string()].concat();
        let page = self.has_page().then(|| [self.page_scheme(), &at, "/"].concat());
        let socket = self.has_socket.then(|| [self.scheme(), &at, &self.path].concat());
        page.into_iter().chain(socket).collect()
    }

    /// The URL at this address with which a person can inspect the actor. It has the token.
    pub fn inspector_url(&self, address: SocketAddr) -> Option<String> {
        let token = self.inspect.as_ref()?.text();
        let at = address.to_string();
        Some([self.page_scheme(), "://", &at, "/console?inspect=", token].concat())
    }

    /// Checks the access token, if the listener has one.
    ///
    /// # Errors
    /// The request does not contain the token.
    pub(crate) fn authorize(&self, request: &RequestHead<'_>) -> Result<(), ErrorResponse> {
        let Some(token) = &self.token else { return Ok(()) };
        let shown = token.authorizes(request.field("Authorization").next(), request.query);
        if shown { Ok(()) } else { Err(ErrorResponse::Unauthorized) }
    }

    /// The scheme of the pages' URLs.
    pub(crate) fn page_scheme(&self) -> &'static str {
        if self.scheme() == "wss" { "https" } else { "http" }
    }

    /// The scheme of the WebSocket's URL.
    pub fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "wss";
        }
        "ws"
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { file, error } => write!(f, "{}: {error}", file.display()),
            Self::Random(error) => {
                write!(f, "`console = \"inspect\"` needs random numbers of the system: {error}")
            }
            Self::Folder { folder, error } => write!(
                f,
                "{}: cannot be served: {error}; `static` must name a folder, relative to its \
                 manifest",
                folder.display()
            ),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
            Self::Inherited(error) => error.fmt(f),
            Self::Bind { manifest, address, error, owner } => {
                let owner = owner.as_deref().unwrap_or("another program");
                let advice = match error.kind() {
                    io::ErrorKind::AddrInUse => format!(
                        "{owner} listens there; choose another `port` or --port, or 0 for a free one"
                    ),
                    io::ErrorKind::PermissionDenied => {
                        "ports below 1024 need a privilege; choose a higher one".into()
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        "this machine has no such address; check `host` or --bind".into()
                    }
                    _ => "check `host`, `port` and --bind".into(),
                };
                write!(f, "{}: cannot listen on {address}: {error}; {advice}", manifest.display())
            }
        }
    }
}

impl std::error::Error for EndpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Token { error, .. } => Some(error),
            Self::Random(error) => Some(error),
            Self::Folder { error, .. } | Self::Bind { error, .. } => Some(error),
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
            Self::Inherited(error) => Some(error),
        }
    }
}
