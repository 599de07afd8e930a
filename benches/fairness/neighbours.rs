//! The bad neighbours: how they are driven, and how they prove that they misbehaved.

use std::path::{Path, PathBuf};

use super::{
    broker,
    common::{Result, guest, server::Actor},
    drive::Crowd,
    guests,
    proof::Proof,
};

/// The clients of an actor whose events use all of `limits.fuel`: enough that there is always a
/// next event.
const TWO: Crowd = Crowd { silent: 0, talking: 2 };
/// The clients of an actor that traps. While one reconnects, another is connected.
const EIGHT: Crowd = Crowd { silent: 0, talking: 8 };
/// The client of an actor that misbehaves at its `connect` event.
const ONE: Crowd = Crowd { silent: 1, talking: 0 };

/// What the file of [`Disk::NearlyFull`] takes before it turns over: more than the good actor's
/// first messages, and less than one event of a bad actor.
pub(crate) const ROOM: u64 = 512 << 10;
/// The least that the store must write beside a bad actor: more than the good actor's messages and
/// one event of the bad one.
const WRITTEN: u64 = 4 << 20;

/// What the actors keep on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Nothing. The good actor is `examples/echo`.
    Unused,
    /// Their state. The good actor counts its messages, and each must be on the disk before its
    /// echo. Nothing is stored before.
    Empty,
    /// The same, with much stored before by another actor. If the neighbour is driven, the log has
    /// little room before it turns over.
    NearlyFull,
}

/// A kind of bad actor.
pub(crate) struct Kind {
    /// Its name.
    name: &'static str,
    /// Its code.
    code: Code,
    /// Its clients.
    pub(crate) crowd: Crowd,
    /// The fuel of an event that never ends by itself. It is less than the default if the host may
    /// take long for a unit, so that the event ends within the round.
    fuel: Option<u64>,
    /// What it keeps on the disk.
    disk: Disk,
    /// Whether it has a broker, which floods it with messages.
    pub(crate) has_broker: bool,
    /// The least values of its counters after it was driven.
    proof: &'static [(&'static str, u64)],
}

/// Where the code of a bad actor comes from.
#[derive(Clone, Copy)]
enum Code {
    /// A function generates it, in the text format.
    Text(fn() -> String),
    /// A file in [`Allowed::languages`], which a toolchain has made. The actor traps at the text
    /// `panic`, and has the limits that such modules need.
    File(&'static str),
}

/// All kinds.
#[rustfmt::skip]
const KINDS: &[Kind] = &[
    kind("idle", guests::idle, ONE, None, &[("connections", 1)]),
    kind("burner", guests::burner, TWO, Some(200_000_000), &[]),
    kind("locals-30000", guests::locals_30000, TWO, Some(2_000_000), &[]),
    kind("locals-1000", guests::locals_1000, TWO, Some(10_000_000), &[]),
    kind("table-fill", guests::table_fill, TWO, Some(50_000_000), &[]),
    kind("memory-copy", guests::memory_copy, TWO, Some(20_000_000), &[]),
    kind("memory-fill", guests::memory_fill, TWO, Some(20_000_000), &[]),
    kind("log", guests::log, TWO, Some(10_000_000), &[("log_lines_left_out", 1000)]),
    kind("log-loop", guests::log_loop, TWO, Some(100_000_000), &[("log_lines_left_out", 1000)]),
    kind("clock", guests::clock, TWO, None, &[("traps", 8)]),
    kind("wasi-write", guests::wasi_write, TWO, None, &[("traps", 8)]),
    kind("wasi-lines", guests::wasi_lines, TWO, None, &[("traps", 8)]),
    kind("wasi-lines-loop", guests::wasi_lines_loop, TWO, Some(100_000_000),
        &[("log_lines_left_out", 1000)]),
    kind("wasi-random", guests::wasi_random, TWO, None, &[("traps", 8)]),
    // A unit of fuel fills 512 bytes.
    kind("memory-hog", guests::hog, EIGHT, None, &[("traps", 8), ("fuel", 8 * (16 << 11))]),
    kind("broadcast", guests::broadcast, Crowd { silent: 199, talking: 1 }, None,
        &[("answers", 200 * guests::BROADCASTS)]),
    kind("alarm", guests::alarm, ONE, None, &[("alarms", 3)]),
    kind("files", guests::files, Crowd { silent: 0, talking: 4 }, None,
        &[("file_reads", guests::ACCESSES), ("file_writes", guests::ACCESSES)]),
    kind("broker-flood", guests::idle, ONE, None, &[("mqtt_received", 10_000)]).with_broker(),
    kind("large-module", guests::large, EIGHT, None, &[("traps", 8)]),
    file("go", "go.wasm"),
    file("javascript", "js.wasm"),
    kind("writer", guests::writer, Crowd { silent: 0, talking: 8 }, None, &[]).on(Disk::Empty),
    kind("turn-over", guests::pusher, ONE, None, &[]).on(Disk::NearlyFull),
];

/// Several bad actors at once: a name, and their kinds.
const GROUPS: &[(&str, &[&str])] = &[
    ("burner-x4", &["burner"; 4]),
    ("locals-30000-x4", &["locals-30000"; 4]),
    ("table-fill-x4", &["table-fill"; 4]),
    ("memory-copy-x4", &["memory-copy"; 4]),
    ("burners-of-all", &["burner", "locals-30000", "table-fill", "memory-copy", "log", "clock"]),
];

/// A kind.
const fn kind(
    name: &'static str,
    text: fn() -> String,
    crowd: Crowd,
    fuel: Option<u64>,
    proof: &'static [(&'static str, u64)],
) -> Kind {
    let (code, disk, has_broker) = (Code::Text(text), Disk::Unused, false);
    Kind { name, code, crowd, fuel, disk, has_broker, proof }
}

/// A kind that a toolchain has made, which traps at every message.
const fn file(name: &'static str, file: &'static str) -> Kind {
    let (code, proof): (_, &[_]) = (Code::File(file), &[("traps", 8)]);
    let (fuel, disk, has_broker) = (None, Disk::Unused, false);
    Kind { name, code, crowd: EIGHT, fuel, disk, has_broker, proof }
}

/// The limits of the bad actors.
pub(crate) struct Allowed {
    /// `limits.slice`.
    pub(crate) slice: u64,
    /// `limits.fuel` of actors that never end by themselves. It replaces the default of each kind.
    pub(crate) fuel: Option<u64>,
    /// The divisor of the default fuel.
    pub(crate) divisor: u64,
    /// The folder of [`Code::File`].
    pub(crate) languages: PathBuf,
    /// The bytes that are stored before, for [`Disk::NearlyFull`].
    pub(crate) stored: usize,
}

impl Disk {
    /// The good actor.
    pub(crate) fn good(self) -> Actor {
        match self {
            Self::Unused => Actor::echo(),
            _ => self.keep(Actor::of("echo", &guest::counting()).state(vec![0; 64])),
        }
    }

    /// How much longer the time from one message of a client to the next is, and how much fewer the
    /// messages are. A disk is slower than an echo, and a client that is still waiting when its next
    /// message is due would count that time again.
    pub(crate) fn slowdown(self) -> (u32, u32) {
        if self == Self::Unused { (1, 1) } else { (5, 2) }
    }

    /// An actor that is kept on it.
    fn keep(self, actor: Actor) -> Actor {
        if self == Self::Unused { actor } else { actor.kept("strict") }
    }
}

impl Kind {
    /// The same, with this disk.
    const fn on(self, disk: Disk) -> Self {
        Self { disk, ..self }
    }

    /// The same, with a broker.
    const fn with_broker(self) -> Self {
        Self { has_broker: true, ..self }
    }

    /// The fuel of an event that does not end by itself.
    fn fuel(&self, allowed: &Allowed) -> Option<u64> {
        self.fuel.map(|usual| allowed.fuel.unwrap_or(usual / allowed.divisor))
    }

    /// The actor, under this name.
    pub(crate) fn actor(&self, name: &str, allowed: &Allowed) -> Actor {
        let actor = match self.code {
            Code::Text(text) => Actor::of(name, &text()),
            Code::File(file) => Actor::at(name, &allowed.languages.join(file))
                .limit("module", "\"16MiB\"")
                .limit("memory", "\"64MiB\""),
        };
        let actor = actor.limit("slice", allowed.slice).logged();
        // Slow clients must stay connected.
        let actor = actor.config("on_overflow = \"drop\"").folder("read", vec![b'x'; 64 << 10]);
        let actor = self.disk.keep(actor);
        let actor = if self.has_broker { actor.handler("mqtt", &broker::config()) } else { actor };
        match self.fuel(allowed) {
            Some(fuel) => actor.limit("fuel", fuel),
            None => actor,
        }
    }

    /// The file that it needs and that is not there.
    fn missing(&self, languages: &Path) -> Option<PathBuf> {
        let Code::File(file) = self.code else { return None };
        Some(languages.join(file)).filter(|file| !file.exists())
    }

    /// The proof that it misbehaved.
    pub(crate) fn proof(&self, allowed: &Allowed) -> Proof {
        let written = match self.disk {
            Disk::Unused => 0,
            Disk::Empty => WRITTEN,
            Disk::NearlyFull => WRITTEN.max(allowed.stored as u64),
        };
        Proof { least: self.proof, fuel: self.fuel(allowed), written }
    }
}

/// A row of the table.
pub(crate) struct Neighbour {
    /// Its name, on the command line too.
    pub(crate) name: &'static str,
    /// The bad actors: a name and a kind for each.
    pub(crate) actors: Vec<(String, &'static Kind)>,
}

impl Neighbour {
    /// What its actors and the good one keep.
    pub(crate) fn disk(&self) -> Disk {
        self.actors.first().map_or(Disk::Unused, |(_, kind)| kind.disk)
    }

    /// Who drives its brokers, as `drive::start` takes it.
    pub(crate) fn broker(&self) -> Option<(String, Crowd)> {
        let has_broker = self.actors.iter().any(|(_, kind)| kind.has_broker);
        has_broker.then(|| (broker::url(), Crowd { silent: 0, talking: 0 }))
    }

    /// All neighbours, or those with these names. Those are left out whose files are missing.
    pub(crate) fn list(only: Option<Vec<&str>>, languages: &Path) -> Result<Vec<Self>> {
        let is_there = |one: &Self| {
            let missing = one.actors.iter().find_map(|(_, kind)| kind.missing(languages));
            if let Some(file) = &missing {
                println!("NOT MEASURED: {}: there is no {}", one.name, file.display());
            }
            missing.is_none()
        };
        Ok(Self::named(only)?.into_iter().filter(is_there).collect())
    }

    /// All neighbours, or those with these names.
    fn named(only: Option<Vec<&str>>) -> Result<Vec<Self>> {
        let one = |kind: &'static Kind| Self::of(kind.name, &[kind.name]);
        let groups = GROUPS.iter().map(|(name, kinds)| Self::of(name, kinds));
        let all: Vec<Self> = KINDS.iter().map(one).chain(groups).collect();
        let Some(only) = only else { return Ok(all) };
        let known = |name: &&str| all.iter().any(|one| one.name == *name);
        if let Some(unknown) = only.iter().find(|name| !known(name)) {
            let names: Vec<_> = all.iter().map(|one| one.name).collect();
            return Err(format!("--only {unknown}: there is only {}", names.join(", ")).into());
        }
        Ok(all.into_iter().filter(|one| only.contains(&one.name)).collect())
    }

    /// A neighbour with bad actors of these kinds.
    fn of(name: &'static str, kinds: &[&str]) -> Self {
        let kinds = kinds.iter().enumerate().map(|(number, name)| {
            let kind = KINDS.iter().find(|kind| kind.name == *name);
            (format!("{name}-{number}"), kind.unwrap())
        });
        Self { name, actors: kinds.collect() }
    }
}
