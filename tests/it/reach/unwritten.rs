//! The host can't write a file of a call that has otherwise succeeded: the call fails as if it had
//! trapped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{each, joined, make, several};
use crate::support::{Server, after, guest};

/// Makes writing in an actor's folder fail: the place for the new content has a folder with another
/// in it, which the host does not remove. `false` removes the folder again.
fn block(server: &Server, shape: &str, blocked: bool) {
    let path = server.folder(shape).join(format!(".{shape}.footlight"));
    if blocked { fs::create_dir_all(path.join("inner")) } else { fs::remove_dir_all(path) }
        .unwrap();
}

/// The log's line about it.
fn line(shape: &str, id: u64) -> String {
    format!(
        "ERROR {shape}#{id}: the files of a text event are not written, the state is kept, the \
         connection closed: writing "
    )
}

#[test]
fn nothing_of_a_call_whose_files_cannot_be_written_takes_effect_and_its_client_is_told() {
    each(|server, shape| {
        let [mut one, mut two] = several(server, shape);
        make(&mut one, "tag 1 old; attach 1 before; write file before", &["done"; 3]);
        two.text("count");
        let count = two.next();
        block(server, shape, true);
        two.text(
            "do send 1 never; broadcast - - never; tag 1 new; untag 1 old; attach 1 after; \
             close 1 4000 never; alarm 10; write file after; write new-file after; count",
        );
        assert_eq!(two.expect_close(1011), "the actor failed");
        server.wait_for(&[&line(shape, 2), "\"file\": "]);
        block(server, shape, false);
        server.wait_for(&[&format!("{shape}#2: actor: close ")]);
        make(
            &mut one,
            "list new; list old; attachment 1; read file; read new-file",
            &["list", "list 1", "attachment before", "content before", "not-found"],
        );
        let mut three = joined(server, shape);
        three.text("count");
        // The events since then: a close, a text, a connect, a text. The failed one does not count.
        let number = |message: &str| message.parse::<u64>().unwrap();
        let counted = number(three.next().to_text().unwrap());
        assert_eq!(counted, number(count.to_text().unwrap()) + 4);
        assert_eq!(server.count(&format!("{shape}: actor: alarm")), 0);
    });
}

#[test]
fn a_connect_or_an_alarm_whose_files_cannot_be_written_has_failed_too() {
    each(|server, shape| {
        let mut one = joined(server, shape);
        make(&mut one, "tag 1 alarm; attach 1 do write file x | send 1 never", &["done"; 2]);
        block(server, shape, true);
        make(&mut one, "alarm 10", &["done"]);
        let why =
            "the files of an alarm event are not written, the state is kept: writing \"file\"";
        server.wait_for(&[&format!("ERROR {shape}: {why}")]);
        let mut two = crate::support::Client::connect(
            server.address(shape),
            "/ws?do+send+1+never;+write+file+x",
        );
        two.expect_close(1011);
        one.ask("hello", "hello");
        assert!(!server.folder(shape).join("file").exists());
    });
}

#[test]
fn nothing_is_deleted_or_created_by_a_call_that_fails() {
    each(|server, shape| {
        let folder = server.folder(shape);
        let is_as_before = || {
            assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "before");
            assert!(folder.join("empty").is_dir() && !folder.join("new").exists());
        };
        let mut client = joined(server, shape);
        make(&mut client, "write file before; folder empty", &["done", "done"]);
        let changes = "remove file; remove-folder empty; folder new; write new/inner x";
        client.text(&format!("do {changes}; trap"));
        client.expect_close(1011);
        is_as_before();
        block(server, shape, true);
        let mut client = joined(server, shape);
        client.text(&format!("do {changes}"));
        client.expect_close(1011);
        server.wait_for(&[&line(shape, 2).replace("writing ", "creating the folder \"new\": ")]);
        is_as_before();
        block(server, shape, false);
        let mut client = joined(server, shape);
        make(&mut client, changes, &["done"; 4]);
        assert_eq!(fs::read_to_string(folder.join("new/inner")).unwrap(), "x");
        assert!(!folder.join("file").exists() && !folder.join("empty").exists());
    });
}

#[test]
fn what_the_kernel_refuses_to_take_undoes_what_was_to_be_written_elsewhere() {
    // Like `/sys` with an invalid number.
    let actor = guest("events")
        .folder(Path::new("/proc/self"), "writable = true\nname = \"proc\"")
        .folder(Path::new("."), "writable = true\nname = \"own\"");
    let server = Server::of(actor);
    let mut client = joined(&server, "events");
    client.text("do write own/file x; write proc/oom_score_adj never; write own/other x");
    client.expect_close(1011);
    server.wait_for(&[&line("events", 1), "\"proc/oom_score_adj\": Invalid argument"]);
    assert!(!server.folder("events").join("file").exists());
    // The log names the files that the host has already overwritten.
    let own = server.folder("events");
    fs::write(own.join("one"), "").unwrap();
    fs::hard_link(own.join("one"), own.join("two")).unwrap();
    let mut client = joined(&server, "events");
    client.text("do write own/one x; write proc/oom_score_adj never");
    client.expect_close(1011);
    server.wait_for(&["WARN  events: changed before another one failed", "[\"own/one\"]"]);
    assert_eq!(fs::read_to_string(own.join("two")).unwrap(), "x");
}

#[test]
fn a_file_past_the_limit_of_the_process_undoes_the_call_and_ends_nothing() {
    // Counted in units of 512 or 1,024 bytes.
    let server = Server::start_by(after("ulimit -f 8"), guest("events"));
    let mut client = joined(&server, "events");
    make(&mut client, "write file before", &["done"]);
    client.text("do write-big file 10000");
    client.expect_close(1011);
    server.wait_for(&[&line("events", 1), "\"file\": File too large"]);
    let mut client = joined(&server, "events");
    make(
        &mut client,
        "read file; list-files ",
        &["content before", "entries file:file manifest.toml:file"],
    );
    assert_eq!(server.stop().0.code(), Some(0));
}

/// A small file system in memory, unmounted when this is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` if this process may not mount it, with a line that says so.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(folder.path());
        let output = mount.output();
        if output.as_ref().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: no file system can be mounted, so none is full: {output:?}");
        None
    }

    fn path(&self) -> PathBuf {
        self.0.path().into()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_undoes_the_call_and_what_had_found_room_is_removed() {
    let Some(disk) = Disk::mount() else { return };
    let server = Server::of(guest("events").folder(&disk.path(), "writable = true"));
    let mut client = joined(&server, "events");
    make(&mut client, "write-big file 30000", &["done"]);
    client.text("do write-big first 20000; write-big file 30000; write-big last 30000");
    client.expect_close(1011);
    server.wait_for(&[&line("events", 1), ": No space left on device"]);
    let mut client = joined(&server, "events");
    make(&mut client, "list-files ", &["entries file:file"]);
    // The file system has room again.
    make(
        &mut client,
        "write-big first 20000; list-files ",
        &["done", "entries file:file first:file"],
    );
    assert_eq!(fs::read(disk.path().join("first")).unwrap().len(), 20_000);
}
