//! File descriptors, of which each connection needs one, and how many connections they allow.
//!
//! Where they are used up, a kernel leaves further clients waiting without a word, and files can't
//! be opened. So there are never as many connections, requests and downloads as that: the clients
//! that do not fit wait for their turn, or get 503.

use std::fmt;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{convert::to_u64, limits::Limits};

/// What the host itself has open: the standard streams, the executor's three, the signals'
/// four, the service manager's socket. Ten or eleven were counted; the rest is for the log files.
const OWN: u64 = 16;
/// For connections that are refused as soon as they are accepted, until they are told so.
const REFUSED: u64 = 4;
/// What one more of `limits.requests` needs: one that is read, and one that lingers.
const REQUEST: u64 = 2;
/// What one more of `limits.downloads` needs: the connection and the file, and four that wait.
const DOWNLOAD: u64 = 6;
/// Where there are too few for all, requests and downloads have one part of so many.
const PART: u64 = 4;
/// But this many requests are read at once in any case, and one file is sent.
const LEAST_REQUESTS: usize = 4;

/// What of each actor needs descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Its `limits.connections`, or fewer.
    pub connections: usize,
    /// Its `limits.requests`, or fewer.
    pub requests: usize,
    /// Its `limits.downloads`, or fewer.
    pub downloads: usize,
}

/// How much each actor may have.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// For each actor, in their order.
    pub bounds: Vec<Bounds>,
    /// Why that is less than they want, if it is.
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

/// Fits the connections, requests and downloads of all actors into `limit` descriptors. `wanted`
/// has each actor's limits, and how many descriptors its handlers need beside the connections.
///
/// # Errors
/// There is not even one connection for each actor.
pub fn plan<'l>(
    limit: Option<u64>,
    wanted: impl Iterator<Item = (&'l Limits, usize)>,
) -> Result<Plan, Shortage> {
    let (wanted, others): (Vec<_>, Vec<_>) =
        wanted.map(|(limits, others)| (Bounds::of(limits), others)).unzip();
    fit(limit.unwrap_or(u64::MAX), others.into_iter().sum(), &wanted)
}

impl Bounds {
    /// What a manifest wants.
    fn of(limits: &Limits) -> Self {
        let Limits { connections, requests, downloads, .. } = *limits;
        Self { connections, requests, downloads }
    }

    /// The same limits with these bounds. What one address may have becomes less as the connections
    /// do.
    pub fn within(self, limits: &Limits) -> Limits {
        let Self { connections, requests, downloads } = self;
        let part = to_u64(limits.per_address).saturating_mul(to_u64(connections));
        let part = part.checked_div(to_u64(limits.connections)).unwrap_or(0).max(1);
        let per_address = usize::try_from(part).unwrap_or(usize::MAX);
        Limits { connections, requests, downloads, per_address, ..limits.clone() }
    }

    /// What is needed beside the connections.
    fn door(self) -> u64 {
        let requests = to_u64(self.requests).saturating_mul(REQUEST);
        requests.saturating_add(to_u64(self.downloads).saturating_mul(DOWNLOAD))
    }

    /// With `part` of `whole` of its requests and downloads.
    fn shrunk(self, part: u64, whole: u64) -> Self {
        let shrink = |count: usize, least: usize| {
            let less = to_u64(count).saturating_mul(part).checked_div(whole).unwrap_or(0);
            usize::try_from(less).unwrap_or(usize::MAX).max(least).min(count)
        };
        let requests = shrink(self.requests, LEAST_REQUESTS);
        Self { requests, downloads: shrink(self.downloads, 1), ..self }
    }
}

/// [`plan`], of numbers; `others` is what the handlers need.
fn fit(limit: u64, others: usize, wanted: &[Bounds]) -> Result<Plan, Shortage> {
    let door =
        |bounds: &[Bounds]| bounds.iter().fold(0, |sum: u64, one| sum.saturating_add(one.door()));
    let connections: Vec<_> = wanted.iter().map(|bounds| bounds.connections).collect();
    let sum = connections.iter().fold(0_u64, |sum, wanted| sum.saturating_add(to_u64(*wanted)));
    let reserve = (OWN + REFUSED).saturating_add(to_u64(others));
    let enough = sum.saturating_add(door(wanted)).saturating_add(reserve);
    if enough <= limit {
        return Ok(Plan { bounds: wanted.to_vec(), shortage: None });
    }
    let (left, whole) = (limit.saturating_sub(reserve), door(wanted));
    let part = whole.min(left / PART);
    let mut bounds: Vec<_> = wanted.iter().map(|bounds| bounds.shrunk(part, whole)).collect();
    let places = left.saturating_sub(door(&bounds));
    let shortage = Shortage { limit, places: places.min(sum), wanted: sum, enough };
    if places < to_u64(wanted.len()) {
        return Err(shortage);
    }
    for (bounds, connections) in bounds.iter_mut().zip(share(places, &connections)) {
        bounds.connections = connections;
    }
    Ok(Plan { bounds, shortage: Some(shortage) })
}

/// Divides places among those who want some. Who wants less than an equal part gets it all,
/// so that one actor's large limit takes nothing from another's small one.
fn share(places: u64, wanted: &[usize]) -> Vec<usize> {
    let mut smallest_first: Vec<_> = wanted.iter().copied().enumerate().collect();
    smallest_first.sort_by_key(|(_, wanted)| *wanted);
    let (mut left, mut sharers) = (places, to_u64(wanted.len()));
    let mut shares = Vec::new();
    for (index, wanted) in smallest_first {
        let part = left.checked_div(sharers).unwrap_or(0);
        let got = wanted.min(usize::try_from(part).unwrap_or(usize::MAX));
        left = left.saturating_sub(to_u64(got));
        sharers = sharers.saturating_sub(1);
        shares.push((index, got));
    }
    shares.sort_unstable();
    shares.into_iter().map(|(_, got)| got).collect()
}

impl std::error::Error for Shortage {}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, places, wanted, enough } = self;
        write!(
            f,
            "`limits.connections` allows {wanted} connections in all, but this process may have \
             only {limit} files open, of which {places} can be connections, and fewer requests and \
             downloads can be in progress; write LimitNOFILE={enough} in the systemd unit, or \
             `ulimit -n {enough}` as root before the start, or lower `limits.connections`, \
             `requests` and `downloads`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The descriptors that are not for clients, with one listener.
    const RESERVE: u64 = OWN + REFUSED + 2;

    /// What an actor with so many connections wants, and 4 requests and 1 download.
    fn small(connections: usize) -> Bounds {
        Bounds { connections, requests: LEAST_REQUESTS, downloads: 1 }
    }

    /// What [`small`] needs beside its connections.
    const DOOR: u64 = 4 * REQUEST + DOWNLOAD;

    #[test]
    fn as_many_as_there_are_descriptors_for_are_left_as_they_are() {
        let wanted = [small(60), small(40)];
        let plan = fit(RESERVE + 100 + 2 * DOOR, 2, &wanted);
        assert_eq!(plan, Ok(Plan { bounds: wanted.to_vec(), shortage: None }));
        assert_eq!(fit(u64::MAX, 1, &[small(1_000_000)]).map(|plan| plan.shortage), Ok(None));
    }

    #[test]
    fn one_more_is_too_many_and_the_warning_has_the_numbers() {
        let wanted = [small(61), small(40)];
        let plan = fit(RESERVE + 100 + 2 * DOOR, 2, &wanted).unwrap();
        assert_eq!(plan.bounds, [small(60), small(40)]);
        let text = plan.shortage.unwrap().to_string();
        for part in ["101 connections", "150 files", "100 can be", "LimitNOFILE=151"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // What it says is enough is enough.
        assert_eq!(fit(151, 2, &wanted).map(|plan| plan.shortage), Ok(None));
    }

    #[test]
    fn requests_and_downloads_take_no_more_than_a_quarter_of_what_is_short() {
        let wanted = Bounds { connections: 1024, requests: 64, downloads: 64 };
        let plan = fit(1024, 2, &[wanted]).unwrap();
        let [bounds] = plan.bounds[..] else { panic!("{plan:?}") };
        assert_eq!(bounds, Bounds { connections: 1002 - 248, requests: 31, downloads: 31 });
        assert!(bounds.door() <= 1002 / 4);
        let limits = bounds.within(&Limits::default());
        assert_eq!((limits.connections, limits.per_address), (754, 188));
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
        let wanted = [small(1024), small(1024)];
        assert!(fit(RESERVE + 2 * DOOR + 2, 2, &wanted).is_ok());
        assert!(fit(RESERVE + 2 * DOOR + 1, 2, &wanted).is_err());
        assert!(fit(0, 1, &[small(1)]).is_err());
    }
}
