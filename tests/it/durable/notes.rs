//! The example `notes` with a data folder.

use super::{Device, kill, stop};
use crate::notes::{Person, actor};

#[test]
fn the_list_is_there_after_a_kill_with_all_that_a_client_was_told() {
    let device = Device::new();
    let mut told = Vec::new();
    for end in [kill, kill, stop] {
        let server = device.run(&actor());
        let (mut ann, first) = Person::join(&server);
        assert_eq!(first["notes"].as_array().unwrap(), &told);
        for _ in 0..5 {
            told.insert(0, ann.add("a note"));
        }
        ann.say(&format!("edit {} another text", told[1]["id"]));
        told[1] = ann.hear()["note"].take();
        ann.say(&format!("done {}", told[2]["id"]));
        told[2] = ann.hear()["note"].take();
        // Not even the number of the newest note is used again.
        ann.say(&format!("delete {}", told.remove(0)["id"]));
        ann.hear();
        end(server);
    }
    let server = device.run(&actor());
    let (mut ann, first) = Person::join(&server);
    assert_eq!(first["notes"].as_array().unwrap(), &told);
    assert_eq!(ann.add("the last")["id"], 16);
}
