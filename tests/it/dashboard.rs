//! The example `dashboard`, with folders in place of `/proc` and `/sys`, and with the real ones.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::symlink,
    path::Path,
    time::Instant,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Actor, Client, PATIENCE, Server, eventually, example};

/// A machine with these lines in its `proc/loadavg`.
pub fn machine(load: &str) -> TempDir {
    let machine = tempfile::tempdir().unwrap();
    for folder in ["proc/sys/kernel", "sys/class/thermal", "sys/devices/system/cpu"] {
        fs::create_dir_all(machine.path().join(folder)).unwrap();
    }
    fs::write(machine.path().join("proc/sys/kernel/hostname"), "kitchen-pi\n").unwrap();
    fs::write(machine.path().join("proc/uptime"), "183845.12 700000.00\n").unwrap();
    fs::write(machine.path().join("sys/devices/system/cpu/online"), "0-2,4\n").unwrap();
    fs::write(machine.path().join("proc/loadavg"), load).unwrap();
    let memory = "MemTotal:        1000000 kB\nMemFree:  1 kB\nMemAvailable:     750000 kB\n";
    fs::write(machine.path().join("proc/meminfo"), memory).unwrap();
    machine
}

/// Adds a sensor, in the way that Linux has them: the zone is a link.
fn add_zone(machine: &TempDir, number: u32, temperature: &str) {
    let zone = format!("devices/virtual/thermal/thermal_zone{number}");
    let sys = machine.path().join("sys");
    fs::create_dir_all(sys.join(&zone)).unwrap();
    fs::write(sys.join(&zone).join("temp"), temperature).unwrap();
    symlink(format!("../../{zone}"), sys.join(format!("class/thermal/thermal_zone{number}")))
        .unwrap();
}

/// The actor over the machine whose root this is.
pub fn over(root: &Path, tick: &str) -> Actor {
    let actor = Actor::file("dashboard", example("dashboard")).key(&format!("tick = {tick:?}"));
    let actor = actor.folder(&root.join("proc"), "name = \"proc\"");
    actor.folder(&root.join("sys"), "name = \"sys\"")
}

fn dashboard(root: &Path, tick: &str) -> Server {
    Server::of(over(root, tick))
}

/// The measurements of the next message that has some.
fn next(client: &mut Client) -> Vec<Value> {
    loop {
        match serde_json::from_str(client.next().to_text().unwrap()).unwrap() {
            Value::Array(rows) => return rows,
            machine => assert!(machine.is_object(), "{machine}"),
        }
    }
}

/// The measured values, without the time.
fn values(row: &Value) -> &[Value] {
    &row.as_array().unwrap()[1..]
}

/// Reads on until a measurement differs from this one.
fn next_but(client: &mut Client, old: &Value) -> Value {
    loop {
        if let Some(row) = next(client).into_iter().find(|row| values(row) != values(old)) {
            return row;
        }
    }
}

#[test]
fn load_memory_and_the_hottest_zone_are_measured_again_and_again() {
    let machine = machine("0.42 0.36 0.31 1/123 4567\n");
    add_zone(&machine, 0, "48312\n");
    add_zone(&machine, 1, "51900\n");
    // A sensor without a valid value.
    add_zone(&machine, 2, "-274000\n");
    let server = dashboard(machine.path(), "50ms");
    let mut client = server.client("dashboard");
    let first = next_but(&mut client, &json!([0]));
    assert_eq!(values(&first), [json!(42), json!(250), json!(519)]);
    fs::write(machine.path().join("sys/class/thermal/thermal_zone1/temp"), "-1050\n").unwrap();
    let next = next_but(&mut client, &first);
    assert_eq!(values(&next), [json!(42), json!(250), json!(483)]);
    assert!(next[0].as_u64() > first[0].as_u64(), "{first} {next}");
}

#[test]
fn the_machines_name_its_cores_and_its_uptime_come_first() {
    let machine = machine("0.42 0.36 0.31 1/123 4567\n");
    let server = dashboard(machine.path(), "50ms");
    let first = || server.client("dashboard").next().to_text().unwrap().to_owned();
    assert_eq!(first(), r#"{"name":"kitchen-pi","cores":4,"uptime":183845}"#);
    fs::write(machine.path().join("proc/sys/kernel/hostname"), "a\"\\\n\u{1}b\n").unwrap();
    fs::write(machine.path().join("sys/devices/system/cpu/online"), "0-\n").unwrap();
    fs::remove_file(machine.path().join("proc/uptime")).unwrap();
    assert_eq!(first(), r#"{"name":"ab","cores":null,"uptime":null}"#);
}

#[test]
fn all_clients_get_the_same_and_a_new_one_what_was_before() {
    let machine = machine("12.05 0 0 1/1 1\n");
    let server = dashboard(machine.path(), "50ms");
    let mut ann = server.client("dashboard");
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.extend(next(&mut ann));
    }
    let mut bob = server.client("dashboard");
    let history = next(&mut bob);
    assert!(seen.iter().all(|row| history.contains(row)), "{seen:?} {history:?}");
    let pushed: Vec<_> = (0..5).flat_map(|_| next(&mut bob)).collect();
    assert_eq!(pushed.len(), 5, "one at a time");
    // Bob's history ends where the measurements that he gets by broadcast begin.
    let mut expected = history.into_iter().chain(pushed).skip_while(|row| *row != seen[0]);
    let last = seen.len() - 1;
    assert!(seen.iter().all(|row| expected.next().as_ref() == Some(row)));
    assert_eq!(values(&seen[last])[0], json!(1205));
    for row in expected {
        assert_eq!(next(&mut ann), [row]);
    }
}

#[test]
fn what_a_machine_does_not_tell_is_null() {
    let machine = machine("no numbers");
    fs::remove_file(machine.path().join("proc/meminfo")).unwrap();
    let server = dashboard(machine.path(), "50ms");
    let mut client = server.client("dashboard");
    let row = next_but(&mut client, &json!([0]));
    assert_eq!(values(&row), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn this_machines_own_figures_are_measured() {
    let server = dashboard(Path::new("/"), "50ms");
    let mut client = server.client("dashboard");
    let row = next_but(&mut client, &json!([0]));
    let [load, memory, temperature] = values(&row) else { panic!("{row}") };
    assert!(load.as_u64().is_some() && memory.as_u64().is_some_and(|part| part <= 1000), "{row}");
    assert!(temperature.is_null() || temperature.is_i64(), "{row}");
}

#[test]
fn while_nobody_watches_next_to_nothing_is_measured() {
    let machine = machine("0.01 0 0 1/1 1\n");
    let start = Instant::now();
    let server = dashboard(machine.path(), "20ms");
    eventually("did fifty ticks come", || events(&server) >= 50);
    let history = next(&mut server.client("dashboard"));
    // Of the fifty only those that are ten seconds apart, however slow this machine is.
    let passed = usize::try_from(start.elapsed().as_secs()).unwrap();
    assert!((1..=2 + passed / 10).contains(&history.len()), "{history:?}");
}

/// How many events the actor has handled.
fn events(server: &Server) -> u64 {
    let mut socket = TcpStream::connect(server.address("dashboard")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let name = "footlight_events_total{actor=\"dashboard\"} ";
    answer.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}
