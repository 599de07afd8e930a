//! The most memory that the limits of all actors allow, and how much memory there is.
//!
//! Limits hold one by one. Their sum may be more than a board has. That is no mistake, because they
//! are hardly ever reached all at once, but the operator must know.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::{convert::to_u64, limits::Limits, platform, regular};

/// How many copies of its state and its keys an actor can have without a store: the old ones, and the
/// new ones that a call makes.
const COPIES: u64 = 2;
/// The same with a store, which has one more: what is on the disk.
const STORED_COPIES: u64 = 3;
/// The bytes of an element of a table.
const ELEMENT: u64 = 16;
/// The bytes of a connection that no limit counts, rounded up from what an idle one was measured to
/// need.
const CONNECTION: u64 = 8 << 10;
/// The bytes of the numbers of messages that the host has seen of one broker, as they are and as they are
/// stored, rounded up.
const SEEN: u64 = 1 << 20;
/// The bytes of a tag beside its text, rounded up from what it was measured to need.
const TAG: u64 = 128;
/// The bytes of the engine that all scripts of a process share, with all of its code translated: rounded up from
/// 7.4 MB, which the whole process took.
const ENGINE: u64 = 8 << 20;
/// The bytes that the calls of a script in each other can take beside the instance: 1 MB of values, and 24 bytes
/// for each of 6,000 calls in a list that doubles.
const CALLS: u64 = 1_000_000 + 24 * 8_192;
/// The most bytes that are read of a file about control groups.
const MAX_FILE: usize = 64 << 10;
/// Where the control groups are.
const GROUPS: &str = "/sys/fs/cgroup";

/// What an actor uses that not all do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// Its state is kept on the disk.
    pub stored: bool,
    /// It answers HTTP requests.
    pub answers: bool,
    /// It has a handler for messages between actors.
    pub messages: bool,
    /// How many brokers it has.
    pub brokers: usize,
    /// It is a script.
    pub script: bool,
}

/// The most memory of some actors, and how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The bytes that the limits of all actors allow together.
    pub most: u64,
    /// The bytes of the machine, or fewer if a control group has less. `None` if nobody tells.
    pub there: Option<u64>,
}

impl Memory {
    /// The memory of actors with these limits.
    pub fn of<'l>(actors: impl Iterator<Item = (&'l Limits, Uses)>) -> Self {
        let (mut sum, mut engine) = (0, 0);
        for (limits, uses) in actors {
            sum = most(limits, uses).saturating_add(sum);
            engine = if uses.script { ENGINE } else { engine };
        }
        Self { most: engine.saturating_add(sum), there: there() }
    }

    /// Whether the limits allow more than there is.
    pub fn is_short(&self) -> bool {
        self.there.is_some_and(|there| self.most > there)
    }
}

/// The most bytes that one actor can take, if all its limits are reached at once:
///
/// - the instance: `memory`, and `tables` tables of `table` elements;
/// - what it keeps: `state`, two or three times, and `storage`, twice as often: an entry of few bytes
///   takes more memory than it counts;
/// - a call: `answer`, `effects` and `file_access`;
/// - what servers answer: a `fetch_response` for the call and for each of `fetches`, whose requests
///   take as much as `effects` together;
/// - what waits: `mailbox` with one `message` more, and `held`;
/// - between actors, if it has a handler for that: what it has sent, as it is and twice as it is stored,
///   and a request under way with its reply: four `sent` and a `reply`;
/// - each of its brokers: what the actor has published, as it is, as it is written and twice as it is
///   stored, what waits for it, and a packet that arrives: four `mqtt_outbox`, and `mqtt_inbox` for each of
///   `mqtt_inflight` and twice more; and the numbers of messages that it has seen;
/// - if it answers requests, each of its `requests`: a `request` and a `response`;
/// - each of its `connections`: a `message` that arrives, an `outbox`, an `attachment` and `tags`.
///
/// - of a script: its files (`module`), the copy of the memory with which each instance begins (`memory`), and
///   its calls in each other.
///
/// It does not count modules, which scripts share, and the host itself.
pub fn most(limits: &Limits, uses: Uses) -> u64 {
    let sum =
        |sizes: &[usize]| sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(to_u64(*size)));
    let elements = to_u64(limits.tables).saturating_mul(to_u64(limits.table));
    let copies = if uses.stored { STORED_COPIES } else { COPIES };
    let tags = to_u64(limits.tags).saturating_mul(to_u64(limits.tag).saturating_add(TAG));
    let connection = sum(&[limits.message, limits.outbox, limits.attachment])
        .saturating_add(tags)
        .saturating_add(CONNECTION);
    let inbox =
        to_u64(limits.mqtt_inflight).saturating_add(2).saturating_mul(sum(&[limits.mqtt_inbox]));
    let broker = sum(&[limits.mqtt_outbox; 4]).saturating_add(inbox).saturating_add(SEEN);
    let requests = if uses.answers { to_u64(limits.requests) } else { 0 };
    let parts = [
        sum(&[limits.memory]),
        elements.saturating_mul(ELEMENT),
        sum(&[limits.state, limits.storage, limits.storage]).saturating_mul(copies),
        sum(&[limits.answer, limits.effects, limits.file_access]),
        to_u64(limits.fetches).saturating_add(1).saturating_mul(to_u64(limits.fetch_response)),
        sum(&[limits.effects]),
        if uses.messages { sum(&[limits.sent; 4]).saturating_add(to_u64(limits.reply)) } else { 0 },
        sum(&[limits.mailbox, limits.message, limits.held]),
        connection.saturating_mul(to_u64(limits.connections)),
        sum(&[limits.request, limits.response]).saturating_mul(requests),
        broker.saturating_mul(to_u64(uses.brokers)),
        if uses.script { sum(&[limits.module, limits.memory]).saturating_add(CALLS) } else { 0 },
    ];
    parts.into_iter().fold(0, u64::saturating_add)
}

/// How much memory the process can have: that of the machine, or of its control group.
fn there() -> Option<u64> {
    let groups = regular::text("/proc/self/cgroup".as_ref(), MAX_FILE).unwrap_or_default();
    let group = group_limit(Path::new(GROUPS), &groups);
    // `/proc/meminfo` has the same number, but a service may be without that file (`ProcSubset=`).
    platform::memory().into_iter().chain(group).min()
}

/// The smallest limit of the process's control groups and those around them. `groups` is the text of
/// `/proc/self/cgroup`, and `root` has the groups as folders.
fn group_limit(root: &Path, groups: &str) -> Option<u64> {
    let limits = groups.lines().filter_map(group).flat_map(|(controller, path, file)| {
        let base = root.join(controller);
        // A container may see only a part of the tree. Then the first folders do not exist.
        let folders: Vec<PathBuf> = path.ancestors().map(|path| base.join(path)).collect();
        folders
            .into_iter()
            .filter_map(move |folder| limit(&regular::text(&folder.join(file), MAX_FILE)?))
    });
    limits.min()
}

/// A line of `/proc/self/cgroup`, if it is about memory: the controller's folder, the group's path in
/// it, and the name of the file with the limit. See `cgroups(7)`.
fn group(line: &str) -> Option<(&'static str, &Path, &'static str)> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    let path = Path::new(path.trim_start_matches('/'));
    if controllers.is_empty() {
        return Some(("", path, "memory.max"));
    }
    let memory = controllers.split(',').any(|controller| controller == "memory");
    memory.then_some(("memory", path, "memory.limit_in_bytes"))
}

/// The limit in a file of a control group. `max` means none.
fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Whole MiB, rounded up.
fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = mib(self.most);
        write!(f, "all limits together allow up to {most} MiB of memory")?;
        match self.there.map(mib) {
            Some(there) if self.is_short() => write!(
                f,
                ", but only {there} MiB are there; lower `limits.connections`, `message`, \
                 `outbox` or `memory`"
            ),
            Some(there) => write!(f, "; {there} MiB are there"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_most_memory_is_the_sum_of_all_limits() {
        let limits = Limits {
            connections: 2,
            message: 10,
            outbox: 100,
            attachment: 1000,
            tags: 3,
            tag: 20,
            memory: 100_000,
            tables: 1,
            table: 5,
            state: 7,
            storage: 3,
            answer: 1,
            effects: 2,
            file_access: 4,
            fetches: 3,
            fetch_response: 9,
            mailbox: 50,
            held: 500,
            requests: 3,
            request: 30,
            response: 3000,
            sent: 7000,
            reply: 70,
            mqtt_outbox: 11,
            mqtt_inbox: 13,
            mqtt_inflight: 4,
            ..Limits::default()
        };
        let connection = 10 + 100 + 1000 + 3 * (20 + 128) + 8192;
        let beside =
            100_000 + 5 * 16 + (1 + 2 + 4) + (4 * 9 + 2) + (50 + 10 + 500) + 2 * connection;
        let stored = Uses { stored: true, ..Uses::default() };
        assert_eq!(most(&limits, Uses::default()), beside + 2 * (7 + 6));
        assert_eq!(most(&limits, stored), beside + 3 * (7 + 6));
        let answers = Uses { answers: true, ..Uses::default() };
        assert_eq!(most(&limits, answers), beside + 2 * (7 + 6) + 3 * 3030);
        let messages = Uses { messages: true, ..Uses::default() };
        assert_eq!(most(&limits, messages), beside + 2 * (7 + 6) + 28_070);
        let brokers = Uses { brokers: 2, ..Uses::default() };
        let broker = 4 * 11 + 6 * 13 + SEEN;
        assert_eq!(most(&limits, brokers), beside + 2 * (7 + 6) + 2 * broker);
        let script = Uses { script: true, ..Uses::default() };
        let copies = limits.module as u64 + 100_000 + CALLS;
        assert_eq!(most(&limits, script), beside + 2 * (7 + 6) + copies);
        // All scripts share the engine.
        let of = |uses: &[Uses]| Memory::of(uses.iter().map(|uses| (&limits, *uses))).most;
        assert_eq!(of(&[script, script]), 2 * most(&limits, script) + ENGINE);
        assert_eq!(of(&[stored, stored]), 2 * most(&limits, stored));
        // With the defaults, which docs/deploy.md tells.
        assert_eq!(mib(most(&Limits::default(), stored)), 191);
    }

    #[test]
    fn limits_that_are_too_large_to_add_are_more_than_there_is() {
        let huge = Limits { connections: usize::MAX, ..Limits::default() };
        let memory = Memory { most: most(&huge, Uses::default()), there: Some(1 << 40) };
        assert!(memory.is_short());
    }

    #[test]
    fn the_line_warns_only_if_the_limits_allow_more_than_there_is() {
        let text = |most, there| Memory { most, there }.to_string();
        let plain = "all limits together allow up to 3 MiB of memory";
        assert_eq!(text(3 << 20, Some(3 << 20)), format!("{plain}; 3 MiB are there"));
        assert_eq!(text(3 << 20, None), plain);
        assert_eq!(
            text(3 << 20, Some(2 << 20)),
            format!(
                "{plain}, but only 2 MiB are there; lower `limits.connections`, `message`, \
                 `outbox` or `memory`"
            )
        );
    }

    #[test]
    fn this_machine_tells_its_memory() {
        let there = there().unwrap();
        assert!(there >= 1 << 20 && Some(there) <= platform::memory(), "{there}");
    }

    #[test]
    fn the_smallest_limit_of_the_groups_and_those_around_them_counts() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("system.slice/a.service")).unwrap();
        fs::create_dir_all(at("memory/box")).unwrap();
        let write = |name: &str, text: &str| fs::write(at(name), text).unwrap();
        let found = |groups: &str| group_limit(root.path(), groups);
        let group = "0::/system.slice/a.service\n";
        assert_eq!(found(group), None);
        write("system.slice/a.service/memory.max", "max\n");
        assert_eq!(found(group), None);
        write("system.slice/memory.max", "3000\n");
        assert_eq!(found(group), Some(3000));
        write("system.slice/a.service/memory.max", "2000\n");
        assert_eq!(found(group), Some(2000));
        // A container sees its own group as the root.
        write("memory.max", "1000\n");
        assert_eq!(found("0::/gone/from/here\n"), Some(1000));

        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/box/memory.limit_in_bytes", "500\n");
        let old = "5:cpu,cpuacct:/box\n4:memory:/box\n1:name=systemd:/\n";
        assert_eq!(found(old), Some(500));
        assert_eq!(found("5:cpu,cpuacct:/box\n"), None);
        for nonsense in ["", "memory", "::", "4:memory", "\n\n0:\n"] {
            assert!(found(nonsense).is_none_or(|limit| limit == 1000), "{nonsense:?}");
        }
    }
}
