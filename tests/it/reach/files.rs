//! An actor's files, through `footlight:host/files` and Theater's `read-file`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{each, joined, make, with_each};
use crate::support::Server;

/// What Theater's functions say in a folder that is not `writable`.
const READ_ONLY: &str = "failed: the host may not do this, or the folder is not `writable`";

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
fn a_call_sees_its_own_changes_and_the_disk_gets_them_once_it_has_succeeded() {
    each(|server, shape| {
        let folder = server.folder(shape);
        fs::write(folder.join("old"), "old").unwrap();
        let mut client = joined(server, shape);
        make(
            &mut client,
            "write file one; read file; write file three; read file; stat file; remove old; read old; \
             stat old; folder new; write new/inner x; list-files new; read new/inner",
            &[
                "done",
                "content one",
                "done",
                "content three",
                "file 5",
                "done",
                "not-found",
                "not-found",
                "done",
                "done",
                "entries inner:file",
                "content x",
            ],
        );
        assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "three");
        assert_eq!(fs::read_to_string(folder.join("new/inner")).unwrap(), "x");
        assert!(!folder.join("old").exists());
        make(
            &mut client,
            "remove-folder new; remove new/inner; remove-folder new; stat new; list-files ",
            &["not-empty", "done", "done", "not-found", "entries file:file manifest.toml:file"],
        );
        assert!(!folder.join("new").exists());
        make(&mut client, "read file; stat file; stat ", &["content three", "file 5", "folder 0"]);
    });
}

#[test]
fn a_call_sees_its_own_changes_by_whatever_path() {
    each(|server, shape| {
        let folder = server.folder(shape);
        fs::create_dir(folder.join("real")).unwrap();
        symlink("real", folder.join("link")).unwrap();
        let mut client = joined(server, shape);
        make(
            &mut client,
            "write link/file x; read real/file; list-files real; remove real/file; read link/file; \
             write real/file y; read link/file",
            &["done", "content x", "entries file:file", "done", "not-found", "done", "content y"],
        );
        assert_eq!(fs::read_to_string(folder.join("real/file")).unwrap(), "y");
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
            for (requests, answers) in [
                ("remove data; remove-folder data/largest", ["wrong-kind", "wrong-kind"]),
                ("remove data/out; remove gone/x", ["not-found", "not-found"]),
                ("stat data/out; stat ../x", ["not-found", "not-found"]),
                ("folder data; folder gone/new", ["exists", "not-found"]),
                ("remove-folder data; remove-folder gone", ["not-empty", "not-found"]),
                ("folder ../x; stat data/larger/x", ["not-found", "wrong-kind"]),
            ] {
                make(&mut client, requests, &answers);
            }
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
            make(
                &mut client,
                "folder a; remove data/larger; remove data/largest; remove-folder a",
                &["done", "done", "done", "limit"],
            );
            fs::write(data.join("larger"), "").unwrap();
            make(
                &mut client,
                &format!(
                    "remove-folder a; remove data/larger; write-big new {}; folder a",
                    5000 - 63
                ),
                &["done", "done", "done", "limit"],
            );
            assert_eq!(fs::read(server.folder(shape).join("new")).unwrap().len(), 5000 - 63);
            assert!(!server.folder(shape).join("a").exists());
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
                "write file new; write other new; read file; remove file; folder new; stat file",
                &["denied", "denied", "content old", "denied", "denied", "file 3"],
            );
            make(&mut client, "exists file; exists other", &["true", "false"]);
            make(&mut client, "write-file file x; create-dir new", &[READ_ONLY, READ_ONLY]);
            // The operator is told once.
            let told = format!("{shape}: \"file\" can't be written: its folder is read-only;");
            server.wait_for(&["WARN", &told, "write `writable = true`"]);
            assert!(!server.log().contains(&told.replace("file\"", "other\"")));
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

#[test]
fn every_other_function_of_theaters_filesystem_answers_in_every_shape() {
    each(|server, shape| {
        let folder = server.folder(shape);
        let mut client = joined(server, shape);
        make(
            &mut client,
            "exists data; create-dir data; exists data; write-file data/b text \u{1f40e}; write-file data/a ; \
             names data; read-file data/b; exists data/b",
            &[
                "false",
                "done",
                "true",
                "done",
                "done",
                "names a b",
                "content text \u{1f40e}",
                "true",
            ],
        );
        assert_eq!(fs::read_to_string(folder.join("data/b")).unwrap(), "text \u{1f40e}");
        let missing = "failed: there is nothing of this name in the folder";
        let wrong = "failed: a folder or a device is no file, and a file no folder";
        make(
            &mut client,
            "create-dir data; delete-dir data; delete-file data; names data/a; names gone; delete-file gone",
            &[
                "failed: there is something of this name already",
                "failed: the folder is not empty",
                wrong,
                wrong,
                missing,
                missing,
            ],
        );
        make(
            &mut client,
            "exists ../data; exists /etc; exists data/a/inner; create-dir ../new; write-file ../new x; \
             delete-dir .; create-dir gone/new",
            &["false", "false", "false", missing, missing, missing, missing],
        );
        make(
            &mut client,
            "delete-file data/a; delete-file data/b; names data; delete-dir data; exists data; names ",
            &["done", "done", "names ", "done", "false", "names manifest.toml"],
        );
        assert!(!folder.join("data").exists());
        // A list of many names is placed as a whole.
        (0..200).for_each(|number| fs::write(folder.join(format!("n{number:03}")), "").unwrap());
        client.text("do names ");
        let names = client.next().to_text().unwrap().to_owned();
        assert!(names.starts_with("names manifest.toml n000 n001 ") && names.ends_with(" n199"));
    });
}

#[test]
fn theaters_functions_have_the_limits_of_the_hosts_own() {
    with_each(
        |actor| actor.limit("file_access", 100).limit("effects", 4160 * 2),
        |server, shape| {
            let mut client = joined(server, shape);
            let fits = "x".repeat(100);
            let large = "failed: larger than `limits.file_access`";
            make(
                &mut client,
                &format!("write-file file {fits}; write-file file {fits}x; exists file"),
                &["done", large, "true"],
            );
            let limit = "failed: the call asks for more than `limits.effects`";
            make(
                &mut client,
                "create-dir a; create-dir b; create-dir c; delete-file file; exists b; exists c",
                &["done", "done", limit, limit, "true", "false"],
            );
            fs::write(server.folder(shape).join("y".repeat(86)), "").unwrap();
            make(&mut client, "names a; delete-dir b; write-file z x", &["names ", "done", "done"]);
            // The names `a`, `file`, `manifest.toml`, `z` and that of 86 bytes are too long together.
            make(&mut client, "names ", &[large]);
        },
    );
}
