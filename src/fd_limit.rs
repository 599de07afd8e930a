//! Limits connections to the number of file descriptors.
//!
//! If a process uses up its file descriptors, the kernel leaves further clients waiting and files
//! can't be opened. So connections, requests and downloads are limited to fewer than that. Clients
//! that exceed the limits wait for their turn or get 503.

use std::fmt;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{convert::to_u64, limits::Limits};

/// The host's own file descriptors: the standard streams, the executor's three, the signals' four
/// and the service manager's socket. That is ten or eleven; the rest is for log files.
const HOST: u64 = 16;
/// For connections that are being refused.
const REFUSED: u64 = 4;
/// For each of `limits.requests`: one that is read, and one that is closing.
const PER_REQUEST: u64 = 2;
/// For each of `limits.downloads`: the connection and the file, and four that wait.
const PER_DOWNLOAD: u64 = 6;
/// If there are too few, requests, downloads and idle connections get this fraction of them: a
/// quarter.
const SHARE: u64 = 4;
/// But at least this many requests, one download and one idle connection.
const MIN_REQUESTS: usize = 4;

/// The limits of one actor that need file descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Replaces `limits.connections`.
    pub connections: usize,
    /// Replaces `limits.requests`.
    requests: usize,
    /// Replaces `limits.downloads`.
    pub(crate) downloads: usize,
    /// Replaces `limits.idle_connections`.
    idle_connections: usize,
}

/// The limits of all actors.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// For each manifest, in order.
    pub(crate) bounds: Vec<Bounds>,
    /// Why they are lower than in the manifests; `None` if they are not.
    pub(crate) shortage: Option<Shortage>,
}

/// There are too few file descriptors for the limits of the manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// What the process may open now.
    limit: u64,
    /// What is left for connections after files, listeners and the rest.
    places: u64,
    /// What the manifests allow, all together.
    wanted: u64,
    /// What to raise the limit to, for advice.
    enough: u64,
}

/// Raises the process's limit as far as possible. Returns the limit, or `None` if there is none.
/// The lower default limit is for programs that use `select`, which this one does not.
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

/// Fits the connections, requests and downloads of all actors into `limit` file descriptors.
/// `wanted` has each actor's limits, and how many descriptors its handlers need beside the
/// connections.
///
/// # Errors
/// There is not even one connection for each actor.
pub(crate) fn plan<'l>(
    limit: Option<u64>,
    wanted: impl Iterator<Item = (&'l Limits, usize)>,
) -> Result<Plan, Shortage> {
    let (wanted, others): (Vec<_>, Vec<_>) =
        wanted.map(|(limits, others)| (Bounds::of(limits), others)).unzip();
    fit(limit.unwrap_or(u64::MAX), others.into_iter().sum(), &wanted)
}

impl Bounds {
    /// The limits of a manifest.
    fn of(limits: &Limits) -> Self {
        let Limits { connections, requests, downloads, idle_connections, .. } = *limits;
        Self { connections, requests, downloads, idle_connections }
    }

    /// The manifest's limits, reduced to these. `limits.per_address` shrinks along with the
    /// connections.
    pub(crate) fn within(self, limits: &Limits) -> Limits {
        let Self { connections, requests, downloads, idle_connections } = self;
        let part = to_u64(limits.per_address).saturating_mul(to_u64(connections));
        let part = part.checked_div(to_u64(limits.connections)).unwrap_or(0).max(1);
        let per_address = usize::try_from(part).unwrap_or(usize::MAX);
        Limits { connections, requests, downloads, idle_connections, per_address, ..limits.clone() }
    }

    /// The file descriptors that requests, downloads and idle connections need.
    fn beside_connections(self) -> u64 {
        let requests = to_u64(self.requests).saturating_mul(PER_REQUEST);
        let downloads = to_u64(self.downloads).saturating_mul(PER_DOWNLOAD);
        requests.saturating_add(downloads).saturating_add(to_u64(self.idle_connections))
    }

    /// With requests, downloads and idle connections reduced to `part` of `whole`.
    fn shrunk(self, part: u64, whole: u64) -> Self {
        let shrink = |count: usize, least: usize| {
            let less = to_u64(count).saturating_mul(part).checked_div(whole).unwrap_or(0);
            usize::try_from(less).unwrap_or(usize::MAX).max(least).min(count)
        };
        let requests = shrink(self.requests, MIN_REQUESTS);
        let downloads = shrink(self.downloads, 1);
        Self { requests, downloads, idle_connections: shrink(self.idle_connections, 1), ..self }
    }
}

/// Does the calculation of [`plan`]. `others` is what the handlers need.
fn fit(limit: u64, others: usize, wanted: &[Bounds]) -> Result<Plan, Shortage> {
    let beside_connections = |bounds: &[Bounds]| {
        bounds.iter().fold(0, |sum: u64, one| sum.saturating_add(one.beside_connections()))
    };
    let connections: Vec<_> = wanted.iter().map(|bounds| bounds.connections).collect();
    let sum = connections.iter().fold(0_u64, |sum, wanted| sum.saturating_add(to_u64(*wanted)));
    let reserve = (HOST + REFUSED).saturating_add(to_u64(others));
    let enough = sum.saturating_add(beside_connections(wanted)).saturating_add(reserve);
    if enough <= limit {
        return Ok(Plan { bounds: wanted.to_vec(), shortage: None });
    }
    let (left, whole) = (limit.saturating_sub(reserve), beside_connections(wanted));
    let part = whole.min(left / SHARE);
    let mut bounds: Vec<_> = wanted.iter().map(|bounds| bounds.shrunk(part, whole)).collect();
    let places = left.saturating_sub(beside_connections(&bounds));
    let shortage = Shortage { limit, places: places.min(sum), wanted: sum, enough };
    if places < to_u64(wanted.len()) {
        return Err(shortage);
    }
    for (bounds, connections) in bounds.iter_mut().zip(share(places, &connections)) {
        bounds.connections = connections;
    }
    Ok(Plan { bounds, shortage: Some(shortage) })
}

/// Divides places among actors. An actor that wants less than an equal share gets all it wants, so
/// that one actor's high limit takes nothing from another's low one.
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
        let what = if places < wanted {
            format!(
                "`limits.connections` allows {wanted} connections in all, but this process may have \
                 only {limit} files open, of which {places} can be connections, and fewer requests and \
                 downloads can be in progress"
            )
        } else {
            format!(
                "this process may have only {limit} files open. That is enough for all {wanted} \
                 connections, but not for as many requests and downloads at once as the limits allow"
            )
        };
        write!(
            f,
            "{what}; write LimitNOFILE={enough} in the systemd unit, or \
             `ulimit -n {enough}` as root before the start, or lower `limits.connections`, \
             `requests`, `downloads` and `idle_connections`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file descriptors that are not for clients, with one listener.
    const RESERVE: u64 = HOST + REFUSED + 2;

    /// An actor with this many connections, 4 requests, 1 download and 1 idle connection.
    fn small(connections: usize) -> Bounds {
        Bounds { connections, requests: MIN_REQUESTS, downloads: 1, idle_connections: 1 }
    }

    /// What [`small`] needs beside its connections.
    const BESIDE: u64 = 4 * PER_REQUEST + PER_DOWNLOAD + 1;

    #[test]
    fn limits_that_fit_stay_unchanged() {
        let wanted = [small(60), small(40)];
        let plan = fit(RESERVE + 100 + 2 * BESIDE, 2, &wanted);
        assert_eq!(plan, Ok(Plan { bounds: wanted.to_vec(), shortage: None }));
        assert_eq!(fit(u64::MAX, 1, &[small(1_000_000)]).map(|plan| plan.shortage), Ok(None));
    }

    #[test]
    fn one_connection_too_many_is_cut_and_the_warning_has_the_numbers() {
        let wanted = [small(61), small(40)];
        let plan = fit(RESERVE + 100 + 2 * BESIDE, 2, &wanted).unwrap();
        assert_eq!(plan.bounds, [small(60), small(40)]);
        let text = plan.shortage.unwrap().to_string();
        for part in ["101 connections", "152 files", "100 can be", "LimitNOFILE=153"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // The number in the message is enough.
        assert_eq!(fit(153, 2, &wanted).map(|plan| plan.shortage), Ok(None));
    }

    #[test]
    fn requests_downloads_and_idle_connections_take_no_more_than_a_quarter_of_what_is_short() {
        let wanted =
            Bounds { connections: 1024, requests: 64, downloads: 64, idle_connections: 64 };
        let plan = fit(1024, 2, &[wanted]).unwrap();
        let [bounds] = plan.bounds[..] else { panic!("{plan:?}") };
        assert_eq!(
            bounds,
            Bounds { connections: 1002 - 243, requests: 27, downloads: 27, idle_connections: 27 }
        );
        assert!(bounds.beside_connections() <= 1002 / 4);
        let limits = bounds.within(&Limits::default());
        assert_eq!((limits.connections, limits.per_address), (759, 189));
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
    fn there_is_no_plan_without_a_connection_for_each_actor() {
        let wanted = [small(1024), small(1024)];
        assert!(fit(RESERVE + 2 * BESIDE + 2, 2, &wanted).is_ok());
        assert!(fit(RESERVE + 2 * BESIDE + 1, 2, &wanted).is_err());
        assert!(fit(0, 1, &[small(1)]).is_err());
    }
}
