//! Footlight runs WebAssembly actors behind WebSockets.
//!
//! An actor implements `ntwk:theater/websocket-server`: one function that takes a client's
//! message and the actor's state, and gives the new state and an answer. See `README.md` and
//! `docs/` for how to use it and `ARCHITECTURE.md` for how it is built. This library is the binary's
//! inside, made public for its tests and benchmarks; it promises no stability.
//!
//! # Layout
//! - [`manifest`]: what an operator writes down: names, addresses, limits.
//! - [`config`]: TOML, read with every mistake in it.
//! - [`limits`]: how much an actor and its clients may use.
//! - [`host`]: actors and listeners together, from start to shutdown.
//! - [`server`]: sockets, handshakes, connections.
//! - [`exchange`]: what passes between a connection and its actor: the mailbox, the outboxes.
//! - [`actor`]: modules, instances, and the task that calls them.
//! - [`clock`]: the time that actors are told.
//! - [`executor`]: runs tasks, and looks at the sockets in between.
//! - [`files`]: an actor's own files, which it reads and writes.
//! - [`sandboxed_dir`]: a folder out of which nothing leads.
//! - [`regular`]: files that the operator names, read.
//! - [`systemd`], [`socket_activation`]: the service manager: what it is told, and its sockets.
//! - [`fd_limit`]: how many connections the process's files allow.
//! - [`signals`]: the signals that the process gets.
//! - [`shutdown`]: how fast clients are asked to leave.
//! - [`stats`]: what is counted.
//! - [`logger`]: the log's lines.
//! - [`connection_id`]: the number of a connection; [`deadline`]: waits that end.
//! - [`lock`]: a mutex that a panic does not poison; [`convert`]: numbers of other widths.
//! - [`visible`]: characters that are not seen, made visible.
//! - [`check`]: the report of `footlight check`.
//! - [`new`]: the project that `footlight new` makes.
//! - [`cli`]: the command line.

pub mod actor;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connection_id;
pub mod convert;
pub mod deadline;
pub mod exchange;
pub mod executor;
pub mod fd_limit;
pub mod files;
pub mod host;
pub mod limits;
pub mod lock;
pub mod logger;
pub mod manifest;
pub mod new;
pub mod regular;
pub mod sandboxed_dir;
pub mod server;
pub mod shutdown;
pub mod signals;
pub mod socket_activation;
pub mod stats;
pub mod systemd;
pub mod visible;

pub use host::Host;
pub use manifest::Manifest;
