//! The metrics of the process, with the names that Prometheus' own libraries give them. What the
//! system does not tell is left out.

use std::{fs, time::Duration};

use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

use super::{Value, metric};
use crate::{convert::to_u64, regular};

/// The most bytes that are read of a file of the kernel.
const MAX: usize = 1 << 20;
/// In how many parts of a second the kernel tells when a process started. It is the same for all of
/// Linux's processors (`USER_HZ`), but for Alpha.
const TICKS: u64 = 100;

/// Adds the metrics of the process.
pub(super) fn add(text: &mut String) {
    let processor = clock_gettime(ClockId::ProcessCPUTime);
    let processor = Duration::try_from(processor).ok().map(Value::of);
    let descriptors = getrlimit(Resource::Nofile).current.map(Value::Whole);
    for (name, kind, help, value) in [
        ("cpu_seconds_total", "counter", "Processor time of the process.", processor),
        ("resident_memory_bytes", "gauge", "Memory of the process.", resident().map(Value::Whole)),
        ("open_fds", "gauge", "Open file descriptors.", open_descriptors().map(Value::Whole)),
        ("max_fds", "gauge", "The most file descriptors that may be open.", descriptors),
        (
            "start_time_seconds",
            "gauge",
            "When the process started, in seconds since 1970.",
            start_time().map(Value::of),
        ),
    ] {
        if let Some(value) = value {
            metric(text, &format!("process_{name}"), kind, help, [("", value)]);
        }
    }
}

/// A file of the kernel.
fn read(path: &str) -> Option<String> {
    regular::text(path.as_ref(), MAX)
}

/// The process's resident memory in bytes.
fn resident() -> Option<u64> {
    let status = read("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// How many file descriptors are open.
fn open_descriptors() -> Option<u64> {
    let folder = "/proc/self/fd";
    // Since Linux 6.2, this is their number.
    match fs::metadata(folder).ok()?.len() {
        0 => {
            let listed = fs::read_dir(folder).ok()?.count();
            // The folder itself is open while it is read.
            Some(to_u64(listed.saturating_sub(1)))
        }
        number => Some(number),
    }
}

/// When the process started, since 1970. Computed from the time of the boot, which follows a clock
/// that was wrong at first.
fn start_time() -> Option<Duration> {
    let since_boot = started(&read("/proc/self/stat")?)?;
    let stat = read("/proc/stat")?;
    let boot = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(Duration::from_secs(boot.trim().parse().ok()?).saturating_add(since_boot))
}

/// The time from the boot to the start of a process: field 22 of its `stat`, see `proc_pid_stat(5)`.
fn started(stat: &str) -> Option<Duration> {
    // The second field is the program's name, which may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    Some(Duration::from_millis(ticks.checked_mul(1000 / TICKS)?))
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn the_start_is_read_behind_a_name_that_contains_anything() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12345 20 21\n";
        assert_eq!(started(stat), Some(Duration::from_millis(123_450)));
        assert_eq!(started("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_started_a_while_ago_and_has_files_open() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let start = start_time().unwrap();
        assert!(start < now + Duration::from_secs(2) && now - Duration::from_secs(36_000) < start);
        assert!(resident().unwrap() > 1 << 20);
        assert!(open_descriptors().unwrap() >= 3);
    }
}
