//! Alarms across runs of the host.

use std::time::{Duration, SystemTime};

use super::{Device, joined, kill};
use crate::support::{eventually, guest};

#[test]
fn an_alarm_that_became_due_while_the_host_was_off_comes_once() {
    let device = Device::new();
    let server = device.run(&guest("events"));
    let (mut client, _) = joined(&server, "events");
    client.ask("do alarm 300", "done");
    let due = SystemTime::now() + Duration::from_millis(300);
    kill(server);
    eventually("the moment of the alarm", || SystemTime::now() >= due);
    let server = device.run(&guest("events"));
    // Events so far: connect, text, close. The alarm is the fourth.
    eventually("the alarm", || joined(&server, "events").1.parse::<u64>().unwrap() >= 4);
    let alarms = super::metric(&server, "events", "footlight_alarms_total");
    kill(server);
    let server = device.run(&guest("events"));
    drop(joined(&server, "events"));
    assert_eq!((alarms, super::metric(&server, "events", "footlight_alarms_total")), (1, 0));
}

#[test]
fn an_alarm_far_away_is_still_set_after_a_restart() {
    let device = Device::new();
    let server = device.run(&guest("events"));
    let (mut client, _) = joined(&server, "events");
    client.ask("do alarm 3600000", "done");
    kill(server);
    let server = device.run(&guest("events"));
    // What is stored is shown by the state's tool.
    drop(joined(&server, "events"));
    kill(server);
    let folder = device.folder().to_str().unwrap();
    let listed = crate::support::footlight(&["state", "export", folder]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.contains("alarm"), "{text}");
}
