//! Footlight runs WebAssembly actors behind WebSockets.
//!
//! An actor implements `ntwk:theater/websocket-server`: one function that takes a client's message
//! and the actor's state, and returns the new state and an answer. `README.md` and `docs/` say how
//! to use it, and `ARCHITECTURE.md` how it is built. This library is the inside of the program. It
//! is public for tests and benchmarks, and promises no stability.
//!
//! # Layout
//! - [`manifest`]: an actor's manifest: names, addresses, limits.
//! - [`limits`]: how much an actor and its clients may use.
//! - [`interfaces`]: the interfaces that actors may import, by name; [`env`](mod@env): their environment.
//! - [`config`]: reads TOML and reports every mistake in it.
//! - [`host`]: actors and listeners together, from start to shutdown.
//! - [`server`]: sockets, handshakes, connections.
//! - [`exchange`]: events, messages and the queues between connections and their actor.
//! - [`actor`]: modules, instances, and the task that calls them.
//! - [`world`]: the time and the random numbers that actors see.
//! - [`executor`]: runs tasks and polls the sockets.
//! - [`files`]: the files that an actor reads and writes.
//! - [`http_client`]: what an actor asks of other servers.
//! - [`messages`]: messages between actors; [`mqtt`]: messages of brokers.
//! - [`script`]: the files of actors in JavaScript.
//! - `host_key`: what the host stores beside an actor's keys.
//! - [`sandboxed_dir`]: a folder that no path can escape from.
//! - `platform`: what differs between Linux and macOS.
//! - [`regular`]: reads files that the operator names.
//! - [`systemd`], [`socket_activation`]: notifications to the service manager, and its sockets.
//! - [`fd_limit`]: limits connections to the number of file descriptors.
//! - [`memory`]: the most memory that the limits allow, and how much there is.
//! - [`signals`]: the signals of the process.
//! - [`shutdown`]: how fast connections are closed.
//! - [`stats`]: counts what an actor and its connections do; [`histogram`]: counts how long it takes.
//! - [`coarse_clock`]: a clock that costs almost nothing to read.
//! - [`logger`]: the log.
//! - [`inspection`]: what is recorded of an actor for those who inspect it.
//! - [`state`]: shows and changes what is stored of actors, for `footlight state`.
//! - [`storage`]: how an actor's state is kept on the disk, and in which folder.
//! - [`connection_id`]: the number of a connection; [`deadline`]: waits with a deadline.
//! - [`lock`]: a mutex that a panic does not poison; `waker`: who waits; [`convert`]: conversions of numbers.
//! - `beginning`: the part of a text that fits; `compressed`: what the program carries; [`counter`]: counts.
//! - [`visible`]: escapes hidden characters; [`style`]: whether output may have colours.
//! - [`dev`]: watches the files of actors and builds them, for `footlight dev`.
//! - [`reloading`]: what the program does on SIGHUP.
//! - [`check`]: the report of `footlight check`.
//! - [`call`]: gives events to an actor and shows what they do, for `footlight call`.
//! - [`announce`]: what `run` prints; [`own_addresses`]: where others reach this machine; [`qr_code`]:
//!   its page for phones.
//! - [`new`]: the project that `footlight new` creates.
//! - [`cli`]: the command line.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is for those who work on this crate, with its private items"
)]

pub mod actor;
pub mod announce;
pub(crate) mod beginning;
pub mod call;
pub mod check;
pub mod cli;
pub(crate) mod coarse_clock;
pub(crate) mod compressed;
pub mod config;
pub mod connection_id;
pub mod convert;
pub mod counter;
pub mod deadline;
pub mod dev;
pub mod env;
pub mod exchange;
pub mod executor;
pub mod fd_limit;
pub(crate) mod features;
pub mod files;
pub(crate) mod header_fields;
pub mod histogram;
pub mod host;
pub(crate) mod host_key;
pub mod http_client;
pub mod inspection;
pub mod interfaces;
pub mod languages;
pub mod limits;
pub mod lock;
pub mod logger;
pub mod manifest;
pub mod memory;
pub mod messages;
pub mod mqtt;
pub mod named_folder;
pub mod new;
pub mod own_addresses;
pub(crate) mod platform;
pub mod qr_code;
pub(crate) mod quiet_timer;
pub mod reactor;
pub mod regular;
pub mod reloading;
pub mod sandboxed_dir;
pub mod script;
pub mod server;
pub mod shutdown;
pub mod signals;
pub mod socket_activation;
pub mod state;
pub mod stats;
pub mod storage;
pub mod style;
pub mod systemd;
pub mod visible;
pub(crate) mod waker;
pub mod world;

pub use host::Host;
pub use manifest::Manifest;
