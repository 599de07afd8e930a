//! Reads what Linux knows about the device from files.

use crate::files;

/// What does not change, and since when the machine runs, as a JSON object.
pub fn machine() -> String {
    let name = text("proc/sys/kernel/hostname").map(|name| {
        // What a name may have. It needs no escapes.
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
        format!("\"{}\"", name.chars().filter(is_plain).collect::<String>())
    });
    let [name, cores, uptime] = [name, cores().map(|cores| cores.to_string()), uptime()]
        .map(|value| value.unwrap_or_else(|| "null".into()));
    format!(r#"{{"name":{name},"cores":{cores},"uptime":{uptime}}}"#)
}

/// How many processor cores are in use: 6 for `0-3,6-7`.
fn cores() -> Option<u32> {
    let text = text("sys/devices/system/cpu/online")?;
    let ranges = text.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        last.parse::<u32>().ok()?.checked_sub(first.parse().ok()?)?.checked_add(1)
    });
    ranges.sum()
}

/// How long the machine has run, in seconds: 1234 for `1234.56 4321.00`.
fn uptime() -> Option<String> {
    let text = text("proc/uptime")?;
    Some(text.split('.').next()?.parse::<u64>().ok()?.to_string())
}

/// Measures everything, as a JSON list.
pub fn measure(at: u64) -> String {
    let [load, memory, temperature] = [load(), memory(), temperature()]
        .map(|value| value.map_or_else(|| "null".into(), |value| value.to_string()));
    format!("[{at},{load},{memory},{temperature}]")
}

/// The load of the last minute, in hundredths: 42 for `0.42 0.36 0.31 1/123 4567`.
fn load() -> Option<i32> {
    let text = text("proc/loadavg")?;
    let (whole, hundredths) = text.split(' ').next()?.split_once('.')?;
    format!("{whole}{hundredths}").parse().ok()
}

/// The part of the memory that is in use, in thousandths.
fn memory() -> Option<i32> {
    let text = text("proc/meminfo")?;
    let kilobytes = |name| {
        let value = text.lines().find_map(|line| line.strip_prefix(name))?;
        value.trim_end_matches("kB").trim().parse::<u64>().ok()
    };
    let (total, available) = (kilobytes("MemTotal:")?, kilobytes("MemAvailable:")?);
    let used = total.checked_sub(available)?.checked_mul(1000)?.checked_div(total)?;
    used.try_into().ok()
}

/// The temperature of the hottest zone, in tenths of a degree Celsius. Ignores values outside
/// -60 to 200 °C, which no working sensor reports.
fn temperature() -> Option<i32> {
    let zones = files::list("sys/class/thermal").ok()?.into_iter();
    let zones = zones.filter(|entry| entry.name.starts_with("thermal_zone"));
    let thousandths = zones.filter_map(|zone| {
        let text = text(&format!("sys/class/thermal/{}/temp", zone.name))?;
        text.trim().parse::<i32>().ok().filter(|found| (-60_000..200_000).contains(found))
    });
    Some(thousandths.max()? / 100)
}

fn text(path: &str) -> Option<String> {
    String::from_utf8(files::read(path).ok()?).ok()
}
