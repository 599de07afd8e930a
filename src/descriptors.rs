//! File descriptors, of which each connection needs one, and how many connections they allow.
//!
//! Where they are used up, a kernel leaves further clients waiting without a word. So there
//! are never as many connections as that: the clients that do not fit get 503.

use std::fmt;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Manifest;

/// What the host itself has open: the standard streams, the executor's three, the signals'
/// four, the service manager's socket. Ten or eleven were counted; the rest is for the log files.
const OWN: u64 = 16;
/// For clients that are not among the connections: in their handshake, being told 503, or after
/// their close frame. Past it they wait for a descriptor, for as long as `limits.handshake` and
/// `limits.close` let others have one.
const HANDSHAKES: u64 = 16;

/// What reading, listing or writing a file needs at the same time. An actor does one at a time.
const FILE: usize = 4;

/// How many connections each actor may have.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// For each manifest, in their order.
    pub connections: Vec<usize>,
    /// Why that is less than the manifests say, if it is.
    pub shortage: Option<Shortage>,
}

/// There are too few descriptors for all connections that the manifests allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// How many the process may have.
    limit: u64,
    /// How many of them are left for connections.
    places: u64,
    /// How many connections the manifests allow.
    wanted: u64,
    /// How many descriptors would be enough.
    enough: u64,
}

/// Lets the process have as many descriptors as it may give itself, and returns how many that
/// are: `None` if there is no limit. The lower limit that processes begin with is for those
/// that use `select`, which this one does not.
pub fn raise() -> Option<u64> {
    let before = getrlimit(Resource::Nofile);
    if before.current == before.maximum {
        return before.current;
    }
    let raised = Rlimit { current: before.maximum, maximum: before.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => before.maximum,
        Err(error) => {
            let number = before.current.unwrap_or(u64::MAX);
            log::warn!("no more than {number} files may be open; raising that failed: {error}");
            before.current
        }
    }
}

/// Fits the connections of all manifests into `limit` descriptors.
///
/// # Errors
/// There is not even one for each actor.
pub fn plan(limit: Option<u64>, manifests: &[Manifest]) -> Result<Plan, Shortage> {
    let wanted: Vec<_> = manifests.iter().map(|manifest| manifest.limits.connections).collect();
    let others = |manifest: &Manifest| match manifest.folders.len() {
        0 => manifest.listeners.len(),
        folders => manifest.listeners.len() + folders + FILE,
    };
    fit(limit.unwrap_or(u64::MAX), manifests.iter().map(others).sum(), &wanted)
}

/// [`plan`], of numbers; `others` are the listeners and what files need.
fn fit(limit: u64, others: usize, wanted: &[usize]) -> Result<Plan, Shortage> {
    let reserve = (OWN + HANDSHAKES).saturating_add(wide(others));
    let sum = wanted.iter().fold(0_u64, |sum, wanted| sum.saturating_add(wide(*wanted)));
    let places = limit.saturating_sub(reserve);
    if sum <= places {
        return Ok(Plan { connections: wanted.to_vec(), shortage: None });
    }
    let shortage = Shortage { limit, places, wanted: sum, enough: sum.saturating_add(reserve) };
    if places < wide(wanted.len()) {
        return Err(shortage);
    }
    Ok(Plan { connections: share(places, wanted), shortage: Some(shortage) })
}

/// Divides places among those who want some. Who wants less than an equal part gets it all,
/// so that one actor's large limit takes nothing from another's small one.
fn share(places: u64, wanted: &[usize]) -> Vec<usize> {
    let mut smallest_first: Vec<_> = wanted.iter().copied().enumerate().collect();
    smallest_first.sort_by_key(|(_, wanted)| *wanted);
    let (mut left, mut sharers) = (places, wide(wanted.len()));
    let mut shares = Vec::new();
    for (index, wanted) in smallest_first {
        let part = left.checked_div(sharers).unwrap_or(0);
        let got = wanted.min(usize::try_from(part).unwrap_or(usize::MAX));
        left = left.saturating_sub(wide(got));
        sharers = sharers.saturating_sub(1);
        shares.push((index, got));
    }
    shares.sort_unstable();
    shares.into_iter().map(|(_, got)| got).collect()
}

/// A count as the kernel has it.
fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, places, wanted, enough } = self;
        write!(
            f,
            "`limits.connections` allows {wanted} connections in all, but this process may have \
             only {limit} files open, of which {places} can be connections; write \
             LimitNOFILE={enough} in the systemd unit, or `ulimit -n {enough}` as root before the \
             start, or lower `limits.connections`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The descriptors that are not for connections, with one listener.
    const RESERVE: u64 = OWN + HANDSHAKES + 1;

    #[test]
    fn as_many_connections_as_there_are_descriptors_for_are_left_as_they_are() {
        let plan = fit(RESERVE + 100, 1, &[60, 40]);
        assert_eq!(plan, Ok(Plan { connections: vec![60, 40], shortage: None }));
        assert_eq!(fit(u64::MAX, 1, &[1_000_000]).map(|plan| plan.shortage), Ok(None));
    }

    #[test]
    fn one_more_is_too_many_and_the_warning_has_the_numbers() {
        let plan = fit(RESERVE + 100, 1, &[61, 40]).unwrap();
        assert_eq!(plan.connections, [60, 40]);
        let text = plan.shortage.unwrap().to_string();
        for part in ["101 connections", "133 files", "100 can be", "LimitNOFILE=134"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // What it says is enough is enough.
        assert_eq!(fit(134, 1, &[61, 40]).map(|plan| plan.shortage), Ok(None));
    }

    #[test]
    fn small_limits_are_kept_and_the_rest_is_shared_equally() {
        assert_eq!(share(100, &[1000, 10, 1000]), [45, 10, 45]);
        assert_eq!(share(100, &[1000, 40, 30]), [35, 35, 30]);
        assert_eq!(share(7, &[5, 5, 5]), [2, 2, 3]);
        assert_eq!(share(3, &[5, 5, 5]), [1, 1, 1]);
        assert_eq!(share(0, &[]), Vec::<usize>::new());
    }

    #[test]
    fn without_one_for_each_actor_there_is_no_plan() {
        assert!(fit(RESERVE + 2, 1, &[1024, 1024]).is_ok());
        assert!(fit(RESERVE + 1, 1, &[1024, 1024]).is_err());
        assert!(fit(0, 1, &[1]).is_err());
    }
}
