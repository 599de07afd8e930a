//! The kernel's data about a process, from `/proc`.

use std::{collections::BTreeSet, fs, io, path::PathBuf, process::Command, time::Duration};

/// The unit of `/proc/PID/stat`: 1/100 s on every Linux that this runs on.
const TICK: Duration = Duration::from_millis(10);

/// The CPU time of all threads of a process so far. It comes from the scheduler in nanoseconds, or
/// in ticks if the kernel has no such statistics.
pub(crate) fn cpu(pid: u32) -> io::Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(line) = fs::read_to_string(thread?.path().join("schedstat")) else {
            return ticks(pid);
        };
        let first = line.split(' ').next().and_then(|number| number.parse().ok());
        sum += Duration::from_nanos(first.ok_or(io::ErrorKind::InvalidData)?);
    }
    // Without statistics the kernel writes zeros.
    if sum.is_zero() { ticks(pid) } else { Ok(sum) }
}

/// How long the threads of a process together were ready to run but had no processor, because of
/// other programs. Zero if the kernel has no such statistics.
pub(crate) fn waited(pid: u32) -> io::Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // The thread may have ended meanwhile.
        let line = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        let second = line.split(' ').nth(1).and_then(|number| number.parse().ok());
        sum += Duration::from_nanos(second.unwrap_or(0));
    }
    Ok(sum)
}

/// The time in user mode and in the kernel, from `/proc/PID/stat`.
fn ticks(pid: u32) -> io::Result<Duration> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is a name in parentheses, which may contain anything.
    let fields = line.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut numbers = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(user)), Some(Ok(kernel))) => Ok(TICK * (user + kernel)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// The resident memory of a process in bytes (RSS). `/proc/PID/status` has it too, but may be some
/// pages for each processor behind.
pub(crate) fn memory(pid: u32) -> io::Result<u64> {
    size(&format!("/proc/{pid}/smaps_rollup"), "Rss:")
}

/// The memory in bytes that a process has written to, which has no file behind it.
pub(crate) fn own_memory(pid: u32) -> io::Result<u64> {
    size(&format!("/proc/{pid}/smaps_rollup"), "Anonymous:")
}

/// The proportional memory of a process in bytes (PSS): shared pages are divided among processes.
pub(crate) fn share_of_memory(pid: u32) -> io::Result<u64> {
    size(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// The value of a line in such a file, in bytes.
fn size(file: &str, key: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.ok_or(io::ErrorKind::InvalidData)? << 10)
}

/// The files that a process has mapped: its program and the libraries.
pub(crate) fn mapped(pid: u32) -> io::Result<BTreeSet<PathBuf>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let paths = maps.lines().filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])));
    Ok(paths.filter(|path| path.is_file()).collect())
}

/// The number of file descriptors that a process has open.
pub(crate) fn descriptors(pid: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// Raises the limit of open file descriptors of this process and its children to `count`.
pub(crate) fn allow_descriptors(count: usize) -> super::Result<()> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    if soft == "unlimited" || soft.parse::<usize>().is_ok_and(|soft| soft >= count) {
        return Ok(());
    }
    // A separate program does this, because this one has no unsafe code.
    let pid = std::process::id().to_string();
    let raise =
        Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={count}:")]).status();
    match raise {
        Ok(status) if status.success() => Ok(()),
        _ => {
            Err(format!("only {soft} descriptors are allowed; run `ulimit -n {count}` first")
                .into())
        }
    }
}
