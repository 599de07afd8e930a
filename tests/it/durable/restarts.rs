//! What is there after the process has ended.

use super::{Device, counted, joined, kill, stop};
use crate::support::{Actor, SHAPES, Server, example, guest};

#[test]
fn a_state_goes_on_after_a_stop_and_after_a_kill_in_every_shape() {
    let device = Device::new();
    let actors = SHAPES.map(guest);
    for end in [stop, kill] {
        let server = device.start(&actors);
        for shape in SHAPES {
            let (mut client, state) = joined(&server, shape);
            client.text("count");
            let told = client.next().to_text().unwrap().parse::<u64>().unwrap();
            assert_eq!(told, state.parse::<u64>().unwrap() + 2);
            client.ask("state:5", "ok");
        }
        end(server);
        let server = device.start(&actors);
        for shape in SHAPES {
            // The close events of the earlier clients count too.
            assert_eq!(counted(&server, shape), 11_111 + 1, "{shape}");
        }
        end(server);
    }
}

#[test]
fn init_and_init_state_are_used_only_for_an_actor_that_has_nothing_stored() {
    let device = Device::new();
    for shape in ["events", "result"] {
        let actor = guest(shape).init_state(b"40");
        let server = device.run(&actor);
        assert_eq!(counted(&server, shape), 40);
        server.wait_for(&["close"]);
        stop(server);
        let server = device.run(&guest(shape).init_state(b"7000"));
        assert_eq!(counted(&server, shape), 42, "{shape}");
        stop(server);
    }
}

#[test]
fn a_first_state_is_stored_with_the_first_change_of_anything() {
    let device = Device::new();
    let actor = guest("events").init_state(b"40");
    let server = device.run(&actor);
    let (mut client, _) = joined(&server, "events");
    client.ask("do alarm 3600000", "done");
    kill(server);
    let server = device.run(&guest("events").init_state(b"9"));
    assert_eq!(counted(&server, "events"), 43);
}

#[test]
fn the_chat_room_of_the_guide_keeps_its_history() {
    let device = Device::new();
    let folder = example("chat-room");
    let state = std::fs::read(folder.parent().unwrap().join("state.json")).unwrap();
    let actor = Actor::file("chat", folder).init_state(&state);
    let said = |server: &Server, text: &str| {
        let mut client = server.client("chat");
        client.next();
        client.text(text);
        client.next().to_text().unwrap().to_owned()
    };
    let server = device.run(&actor);
    assert!(said(&server, "hello").contains("hello"));
    kill(server);
    let server = device.run(&actor);
    let mut client = server.client("chat");
    let history = client.next();
    assert!(history.to_text().unwrap().contains("hello"), "{history}");
}

#[test]
fn a_second_process_is_refused_and_told_why() {
    let device = Device::new();
    let actor = guest("events");
    let server = device.run(&actor);
    let folder = device.folder().to_str().unwrap();
    // Removing the lock's file makes no difference.
    std::fs::remove_file(device.folder().join("store/lock")).unwrap();
    let other = tempfile::tempdir().unwrap();
    let manifest = actor.write(other.path());
    let output = crate::support::footlight(&["run", "--data", folder, manifest.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("another process"), "{text}");
    stop(server);
}
