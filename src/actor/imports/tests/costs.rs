//! What imports cost in fuel.

use super::{super::all, host::Host};

#[test]
fn what_takes_the_host_longer_costs_more() {
    let mut host = Host::new(100);
    let text = "x".repeat(1600);
    let memory = [text.as_bytes(), &[0; 400], b"four"].concat();
    let mut cost = |name: &str, flat: &[u64]| {
        let row = all().find(|row| row.to_string() == name).unwrap();
        host.call(row, &memory, flat).0
    };
    let (area, four, long) = (1600, 2000, 1600);
    for (name, flat, expected) in [
        ("connections.sender", vec![area], 1000),
        ("connections.info", vec![1, area], 1000),
        ("connections.list", vec![0, 0, 0, area], 1000 + 100 * 100),
        // All clients have the tag of four bytes, and none has that of three.
        ("connections.list", vec![1, four, 4, area], 1000 + 1000 + 4 + 100 * 100),
        ("connections.list", vec![1, four, 3, area], 1000 + 1000 + 3),
        ("connections.send", vec![0, 0, 0, 0, area], 1000),
        ("connections.send", vec![0, 0, 0, long, area], 1000 + 100 + 1600),
        ("connections.send", vec![0, 1, 0, long, area], 1000 + 100),
        ("connections.broadcast", vec![0, 0, 0, 0, 0, 0, 0, 0, area], 1000 + 100 * 1000),
        (
            "connections.broadcast",
            vec![1, four, 3, 0, 0, 29, 0, 0, area],
            // Both are copied together.
            1000 + 1000 + 32 + 2,
        ),
        ("connections.tag", vec![1, four, 4, area], 1000 + 1000 + 4),
        ("connections.untag", vec![1, four, 4, area], 1000 + 1000 + 4),
        ("connections.attachment", vec![1, area], 1000),
        ("connections.set-attachment", vec![1, 1, 0, long, area], 1000 + 100),
        ("connections.close", vec![0, 1000, 0, 16, area], 1000 + 1 + 16),
        ("alarm.set", vec![1], 1000),
        ("alarm.cancel", vec![], 1000),
        ("random.bytes", vec![64, area], 1000 + 128),
        // A refusal costs as much.
        ("random.bytes", vec![u32::MAX.into(), area], 1000 + 2 * u64::from(u32::MAX)),
        ("files.read", vec![0, 16, area], 21_000 + 1 + 16),
        ("files.list", vec![0, 16, area], 21_000 + 1 + 16),
        ("files.write", vec![0, 16, 0, 32, area], 21_000 + 3 + 16),
        ("files.info", vec![0, 16, area], 21_000 + 1 + 16),
        ("files.delete", vec![0, 16, area], 21_000 + 1 + 16),
        ("files.create-folder", vec![0, 16, area], 21_000 + 1 + 16),
        ("files.delete-folder", vec![0, 16, area], 21_000 + 1 + 16),
        ("filesystem.read-file", vec![0, 16, area], 21_000 + 1 + 16),
        ("filesystem.write-file", vec![0, 16, 0, 32, area], 21_000 + 3 + 48),
        ("filesystem.list-files", vec![0, 16, area], 21_000 + 1 + 16),
        ("filesystem.delete-file", vec![0, 16, area], 21_000 + 1 + 16),
        ("filesystem.create-dir", vec![0, 16, area], 21_000 + 1 + 16),
        ("filesystem.delete-dir", vec![0, 16, area], 21_000 + 1 + 16),
        ("filesystem.path-exists", vec![0, 16, area], 21_000 + 1 + 16),
        (
            "http.fetch",
            vec![0, 3, 0, 16, 1600, 0, 1, 0, 32, 0, 0, 0, 0, 0, area],
            101_000 + 3 + 3 + 16,
        ),
        (
            "http.fetch-later",
            vec![0, 4, 0, 3, 0, 16, 1600, 0, 0, 0, 0, 0, 0, 0, 0, 0, area],
            101_000 + 1 + 4 + 3 + 16,
        ),
        ("http.answer", vec![area], 1000),
        ("http-client.send-http", vec![0, 3, 0, 16, 1600, 0, 0, 0, 0, area], 101_000 + 1 + 3 + 16),
        ("message-server-host.send", vec![0, 16, 0, 32, area], 3000 + 3 + 16),
        ("message-server-host.request", vec![0, 16, 0, 32, area], 21_000 + 3 + 16),
        ("mqtt.message", vec![area], 1000),
        (
            "mqtt.publish",
            vec![0, 16, 0, 16, 0, 32, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, area],
            3000 + 4 + 32,
        ),
        ("mqtt.broker-status", vec![0, 16, area], 1000 + 1 + 16),
        ("storage.get", vec![0, 16, area], 1000 + 1000 + 1 + 16),
        ("storage.put", vec![0, 16, 0, 32, area], 1000 + 2000 + 3 + 16),
        ("storage.put", vec![four, 4, 0, 0, area], 1000 + 2000 + 4),
        ("storage.delete", vec![0, 16, area], 1000 + 2000 + 1 + 16),
        ("storage.list", vec![four, 4, 1, 0, 16, 9, area], 1000 + 1000 + 1 + 4 + 16),
        ("storage.list", vec![four, 4, 0, 0, 0, 9, area], 1000 + 1000 + 300 + 4),
        ("storage.put", vec![0, 16, 0, 16, area], 1000 + 2000 + 2 + 16),
        ("storage.delete-all", vec![], 1000 + 2 * 1000),
        ("storage.delete-all", vec![], 1000),
    ] {
        assert_eq!(cost(name, &flat), expected, "{name} {flat:?}");
    }
}
