//! The bad neighbours: how they are driven, and how they prove that they misbehaved.

use super::{
    common::{Result, server::Actor},
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

/// A kind of bad actor.
pub(crate) struct Kind {
    /// Its name.
    name: &'static str,
    /// Generates its code.
    text: fn() -> String,
    /// Its clients.
    pub(crate) crowd: Crowd,
    /// The fuel of an event that never ends by itself. It is less than the default if the host may
    /// take long for a unit, so that the event ends within the round.
    fuel: Option<u64>,
    /// The least values of its counters after it was driven.
    proof: &'static [(&'static str, u64)],
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
    kind("clock", guests::clock, TWO, Some(20_000_000), &[]),
    // A unit of fuel fills 512 bytes.
    kind("memory-hog", guests::hog, EIGHT, None, &[("traps", 8), ("fuel", 8 * (16 << 11))]),
    kind("broadcast", guests::broadcast, Crowd { silent: 199, talking: 1 }, None,
        &[("answers", 200 * guests::BROADCASTS)]),
    kind("alarm", guests::alarm, ONE, None, &[("alarms", 3)]),
    kind("files", guests::files, Crowd { silent: 0, talking: 4 }, None,
        &[("file_reads", guests::ACCESSES), ("file_writes", guests::ACCESSES)]),
    kind("large-module", guests::large, EIGHT, None, &[("traps", 8)]),
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
    Kind { name, text, crowd, fuel, proof }
}

/// The limits of the bad actors.
pub(crate) struct Allowed {
    /// `limits.slice`.
    pub(crate) slice: u64,
    /// `limits.fuel` of actors that never end by themselves. It replaces the default of each kind.
    pub(crate) fuel: Option<u64>,
    /// The divisor of the default fuel.
    pub(crate) divisor: u64,
}

impl Kind {
    /// The fuel of an event that does not end by itself.
    fn fuel(&self, allowed: &Allowed) -> Option<u64> {
        self.fuel.map(|usual| allowed.fuel.unwrap_or(usual / allowed.divisor))
    }

    /// The actor, under this name.
    pub(crate) fn actor(&self, name: &str, allowed: &Allowed) -> Actor {
        let actor = Actor::of(name, &(self.text)()).limit("slice", allowed.slice).logged();
        // Slow clients must stay connected.
        let actor = actor.config("on_overflow = \"drop\"").folder("read", vec![b'x'; 64 << 10]);
        match self.fuel(allowed) {
            Some(fuel) => actor.limit("fuel", fuel),
            None => actor,
        }
    }

    /// The proof that it misbehaved.
    pub(crate) fn proof(&self, allowed: &Allowed) -> Proof {
        Proof { least: self.proof, fuel: self.fuel(allowed) }
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
    /// All neighbours, or those with these names.
    pub(crate) fn list(only: Option<Vec<&str>>) -> Result<Vec<Self>> {
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
