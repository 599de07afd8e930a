//! An actor's files, through `footlight:host/files` and Theater's `read-file`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{each, joined, make, with_each};
use crate::support::Server;

/// Makes the folder `data` in an actor's folder.
fn data(server: &Server, shape: &str) -> PathBuf {
    let data = server.folder(shape).join("data");
    fs::create_dir(&data).unwrap();
    data
}

#[test]
fn files_are_read_listed_and_written() {
    each(|server, shape| {
        let data = data(server, shape);
        let mut client = joined(server, shape);
        make(&mut client, "list-files data", &["entries"]);
        fs::write(data.join("b"), "text 🐎").unwrap();
        fs::write(data.join("a"), "").unwrap();
        fs::create_dir(data.join("c")).unwrap();
        symlink("b", data.join("d")).unwrap();
        symlink("/etc", data.join("e")).unwrap();
        make(
            &mut client,
            "read data/b; read data/a; read data/d",
            &["content text 🐎", "content ", "content text 🐎"],
        );
        make(&mut client, "list-files data", &["entries a:file b:file c:folder d:file e:other"]);
        make(&mut client, "write data/b other; write data/c/new made", &["done", "done"]);
        assert_eq!(fs::read_to_string(data.join("b")).unwrap(), "other");
        assert_eq!(fs::read_to_string(data.join("c/new")).unwrap(), "made");
        make(&mut client, "read data/c/new", &["content made"]);
    });
}

#[test]
fn a_file_is_read_as_it_is_until_the_call_that_writes_it_has_succeeded() {
    each(|server, shape| {
        let mut client = joined(server, shape);
        make(
            &mut client,
            "write file one; read file; write file two; list-files file",
            &["done", "not-found", "done", "not-found"],
        );
        // The later of two writes counts.
        make(&mut client, "read file", &["content two"]);
    });
}

#[test]
fn each_reason_why_a_file_cannot_be_used_is_told() {
    with_each(
        |actor| actor.limit("file_access", 6000).limit("effects", 2 * 4160 + 5067),
        |server, shape| {
            let data = data(server, shape);
            fs::write(data.join("largest"), [b'x'; 6000]).unwrap();
            fs::write(data.join("larger"), [b'x'; 6001]).unwrap();
            symlink("/etc/hostname", data.join("out")).unwrap();
            let mut client = joined(server, shape);
            for path in ["gone", "data/gone", "../x", "/etc/hostname", "data/out", "data/../../x"] {
                make(&mut client, &format!("read {path}"), &["not-found"]);
            }
            make(&mut client, "list-files gone; list-files ..", &["not-found", "not-found"]);
            make(&mut client, "write gone/new x; write ../new x", &["not-found", "not-found"]);
            make(&mut client, "read data; list-files data/larger", &["wrong-kind", "wrong-kind"]);
            make(&mut client, "write data x; read ", &["wrong-kind", "wrong-kind"]);
            make(&mut client, "read data/larger; write-big new 6001", &["too-large", "too-large"]);
            make(&mut client, "write-big new 6000", &["done"]);
            client.text("do read data/largest");
            assert_eq!(client.next().len(), "content ".len() + 6000);
            // Each file counts 64 bytes beside its path and content. Path and content count at least
            // 4096 bytes.
            let two = "write-big new 0; write-big new 4093";
            let rest = 5000;
            make(
                &mut client,
                &format!("{two}; write-big new {}; write-big new {rest}", rest + 1),
                &["done", "done", "limit", "done"],
            );
            assert_eq!(fs::read(server.folder(shape).join("new")).unwrap().len(), rest);
        },
    );
}

#[test]
fn in_a_folder_that_is_not_writable_files_are_only_read() {
    with_each(
        |actor| actor.folder(Path::new("."), ""),
        |server, shape| {
            fs::write(server.folder(shape).join("file"), "old").unwrap();
            let mut client = joined(server, shape);
            make(
                &mut client,
                "write file new; write other new; read file",
                &["denied", "denied", "content old"],
            );
        },
    );
}

#[test]
fn theaters_read_file_gives_a_text_or_fails_as_its_shape_has_it() {
    each(|server, shape| {
        let folder = server.folder(shape);
        fs::write(folder.join("file"), "text 🐎").unwrap();
        fs::write(folder.join("bytes"), b"a\xffb").unwrap();
        let mut client = joined(server, shape);
        make(&mut client, "read-file file", &["content text 🐎"]);
        if shape != "events" {
            let failed = "failed: there is nothing of this name in the folder";
            make(&mut client, "read-file gone; read-file bytes", &[failed, "content a\u{fffd}b"]);
            return;
        }
        for (file, why) in [
            ("gone", "there is nothing of this name in the folder"),
            ("bytes", "the file is not UTF-8"),
            ("../file", "there is nothing of this name in the folder"),
        ] {
            client.text(&format!("do read-file {file}"));
            client.expect_close(1011);
            let call = "in a call of `filesystem.read-file`";
            server.wait_for(&[shape, &format!("{call}, {why}")]);
            client = joined(server, shape);
        }
    });
}
