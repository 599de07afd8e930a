//! Paths that try to escape from an actor's folder or to block the host.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
};

use bytes::Bytes;
use rustix::fs::{CWD, Mode, mkfifoat};
use smol::block_on;
use wit_core::host::FileError;

use super::{Change, Failure, Pending, What, tests::Stage};

/// A folder with links, pipes and sockets.
fn stage() -> Stage {
    let stage = Stage::new(1 << 20);
    fs::create_dir(stage.outside("outer")).unwrap();
    for file in ["secret", "outer/secret"] {
        fs::write(stage.outside(file), "secret").unwrap();
    }
    stage.put("file", "content");
    stage.put("folder/file", "content");
    let absolute = stage.outside("secret");
    for (name, to) in [
        ("out", "../secret"),
        ("out-folder", "../outer"),
        ("up", ".."),
        ("out-by-link", "out"),
        ("out-by-folder", "folder/../../secret"),
        ("absolute", absolute.to_str().unwrap()),
        ("root", "/"),
        ("magic", "/proc/self/root"),
        ("cwd", "/proc/self/cwd"),
        ("loop", "loop"),
        ("new-outside", "../new"),
    ] {
        symlink(to, stage.inside(name)).unwrap();
    }
    stage
}

/// Asserts that everything outside is unchanged.
fn is_untouched(stage: &Stage) {
    for file in ["secret", "outer/secret"] {
        assert_eq!(fs::read_to_string(stage.outside(file)).unwrap(), "secret");
    }
    let names = |path: &str| fs::read_dir(stage.outside(path)).unwrap().count();
    assert_eq!((names(""), names("outer")), (3, 1), "`root`, `outer`, `secret`");
}

#[test]
fn nothing_outside_is_read_listed_or_written() {
    let stage = stage();
    let secret = stage.outside("secret");
    let secret = secret.to_str().unwrap();
    for path in [
        "..",
        "../secret",
        "../outer",
        "../root/file",
        "folder/../../secret",
        "folder/..",
        "./file",
        ".",
        "folder/.",
        "/",
        "//",
        "/etc/passwd",
        "//etc/passwd",
        secret,
        "file/",
        "folder/",
        "folder//file",
        "/file",
        "file\0",
        "\0",
        "folder/\0/file",
        "out",
        "out-folder",
        "out-folder/secret",
        "up",
        "up/secret",
        "up/root/file",
        "out-by-link",
        "out-by-folder",
        "absolute",
        "root",
        "root/etc/passwd",
        "magic",
        "magic/etc/passwd",
        "cwd/Cargo.toml",
        "loop",
        "new-outside",
    ] {
        assert_eq!(stage.read(path), Err(Failure(FileError::NotFound)), "{path:?}");
        assert_eq!(stage.list(path), Err(Failure(FileError::NotFound)), "{path:?}");
    }
    is_untouched(&stage);
}

#[test]
fn nothing_outside_is_written_and_no_link_to_it_is_replaced() {
    let stage = stage();
    let before = stage.names();
    for path in [
        "../secret",
        "../new",
        "folder/../new",
        "/tmp/new",
        ".",
        "..",
        "new/",
        "folder//new",
        "new\0",
        "out",
        "out-folder/secret",
        "out-folder/new",
        "up/new",
        "up/root/new",
        "out-by-link",
        "out-by-folder",
        "absolute",
        "root/new",
        "magic/new",
        "loop",
        "new-outside",
    ] {
        let checked = stage.check(path, 1);
        assert_eq!(checked, Err(Failure(FileError::NotFound)), "{path:?}");
        let written = block_on(stage.files.write(path.into(), b"x".to_vec()));
        assert_eq!(written, Err(Failure(FileError::NotFound)), "{path:?}");
    }
    assert_eq!(stage.names(), before);
    is_untouched(&stage);
}

/// Every change of a path.
fn changes() -> [What; 4] {
    [What::Write(Bytes::from_static(b"x")), What::Delete, What::CreateFolder, What::DeleteFolder]
}

/// Makes one change as a call does: it is checked, and then made.
fn change(stage: &Stage, path: &str, what: What) -> Result<(), Failure> {
    block_on(async {
        let (mut own, change) = (Pending::default(), Change { path: path.into(), what });
        let checked = stage.files.change(change.clone(), &mut own).await;
        // What is refused at once is refused in the commit, too.
        let own = Pending { changes: vec![change], ..Pending::default() };
        let made = stage.files.commit(own, || Ok(())).await.map_err(|failed| failed.failure);
        assert_eq!(checked, made, "{path:?}");
        made
    })
}

#[test]
fn nothing_outside_is_looked_at_deleted_or_created() {
    let stage = stage();
    fs::create_dir(stage.outside("outer/empty")).unwrap();
    let before = stage.names();
    for path in [
        "..",
        "../secret",
        "../new",
        "../outer/empty",
        "folder/..",
        "folder/../file",
        "./file",
        ".",
        "/",
        "/tmp/new",
        "file/",
        "folder/",
        "folder//file",
        "new\0",
        "out",
        "out-folder",
        "out-folder/secret",
        "out-folder/empty",
        "out-folder/new",
        "up/root/file",
        "up/new",
        "out-by-link",
        "out-by-folder",
        "absolute",
        "root/new",
        "magic/new",
        "cwd/Cargo.toml",
        "loop",
        "new-outside/x",
    ] {
        let looked = block_on(stage.files.info(path, &Pending::default()));
        assert_eq!(looked, Err(Failure(FileError::NotFound)), "{path:?}");
        for what in changes() {
            assert_eq!(change(&stage, path, what), Err(Failure(FileError::NotFound)), "{path:?}");
        }
    }
    assert_eq!(stage.names(), before);
    fs::remove_dir(stage.outside("outer/empty")).unwrap();
    is_untouched(&stage);
}

#[test]
fn no_link_pipe_or_socket_is_deleted_and_nothing_that_has_the_other_kind() {
    let stage = stage();
    stage.put("target", "content");
    fs::create_dir(stage.inside("empty")).unwrap();
    for (name, to) in [("to-file", "target"), ("to-empty", "empty"), ("to-nothing", "missing")] {
        symlink(to, stage.inside(name)).unwrap();
    }
    mkfifoat(CWD, stage.inside("pipe"), Mode::RWXU).unwrap();
    let _socket = UnixListener::bind(stage.inside("socket")).unwrap();
    let before = stage.names();
    let refused = |path: &str, what: What, why: FileError| {
        assert_eq!(change(&stage, path, what), Err(Failure(why)), "{path}");
    };
    for path in ["pipe", "socket", "to-file", "to-empty", "", "file/inner"] {
        refused(path, What::Delete, FileError::WrongKind);
        refused(path, What::DeleteFolder, FileError::WrongKind);
    }
    refused("empty", What::Delete, FileError::WrongKind);
    refused("file", What::DeleteFolder, FileError::WrongKind);
    refused("folder", What::DeleteFolder, FileError::NotEmpty);
    refused("to-nothing", What::Delete, FileError::NotFound);
    for path in ["pipe", "socket", "to-file", "to-empty", "to-nothing", "file", "folder", ""] {
        refused(path, What::CreateFolder, FileError::Exists);
    }
    assert_eq!(stage.names(), before);
    // What is reached through a link to a folder is deleted there.
    symlink("folder", stage.inside("to-folder")).unwrap();
    assert_eq!(change(&stage, "to-folder/file", What::Delete), Ok(()));
    assert_eq!(change(&stage, "to-folder/new", What::CreateFolder), Ok(()));
    assert_eq!(stage.list("folder").unwrap(), ["new/"]);
    is_untouched(&stage);
}

#[test]
fn a_name_that_is_too_long_is_refused_also_in_a_folder_that_the_call_creates() {
    let stage = stage();
    let long = Failure(FileError::Other("File name too long (os error 36)".into()));
    let ask = |own: &mut Pending, path: String, what: What| {
        block_on(stage.files.change(Change { path, what }, own))
    };
    let (fits, longer) = ("x".repeat(255), "x".repeat(256));
    for what in changes() {
        assert_eq!(ask(&mut Pending::default(), longer.clone(), what), Err(long.clone()));
    }
    let mut own = Pending::default();
    ask(&mut own, "new".into(), What::CreateFolder).unwrap();
    ask(&mut own, format!("new/{fits}"), What::CreateFolder).unwrap();
    assert_eq!(ask(&mut own, format!("new/{longer}"), What::CreateFolder), Err(long));
    block_on(stage.files.commit(own, || Ok(()))).unwrap();
    assert_eq!(stage.list("new").unwrap(), [fits + "/"]);
}

#[test]
fn a_folder_that_is_replaced_by_a_link_after_the_check_is_not_changed() {
    let stage = stage();
    fs::create_dir(stage.outside("outer/empty")).unwrap();
    stage.put("folder/secret", "inside");
    fs::create_dir(stage.inside("folder/empty")).unwrap();
    for (path, what) in [
        ("folder/secret", What::Delete),
        ("folder/empty", What::DeleteFolder),
        ("folder/new", What::CreateFolder),
    ] {
        let mut own = Pending::default();
        let change = Change { path: path.into(), what };
        block_on(stage.files.change(change, &mut own)).unwrap();
        fs::rename(stage.inside("folder"), stage.inside("other")).unwrap();
        symlink("../outer", stage.inside("folder")).unwrap();
        let made = block_on(stage.files.commit(own, || Ok(())));
        assert_eq!(made.unwrap_err().failure, Failure(FileError::NotFound), "{path}");
        fs::remove_file(stage.inside("folder")).unwrap();
        fs::rename(stage.inside("other"), stage.inside("folder")).unwrap();
    }
    assert_eq!(stage.list("folder").unwrap(), ["empty/", "file", "secret"]);
    fs::remove_dir(stage.outside("outer/empty")).unwrap();
    is_untouched(&stage);
}

#[test]
fn a_file_that_is_replaced_by_a_link_after_the_check_is_not_written() {
    let stage = stage();
    let check = |path: &str| stage.check(path, 1);
    let write = |path: &str| block_on(stage.files.write(path.into(), b"x".to_vec()));
    assert_eq!((check("file"), check("folder/secret")), (Ok(()), Ok(())));
    fs::remove_file(stage.inside("file")).unwrap();
    symlink("../secret", stage.inside("file")).unwrap();
    fs::rename(stage.inside("folder"), stage.inside("other")).unwrap();
    symlink("../outer", stage.inside("folder")).unwrap();
    assert_eq!(write("file"), Err(Failure(FileError::NotFound)));
    assert_eq!(write("folder/secret"), Err(Failure(FileError::NotFound)));
    is_untouched(&stage);
}

#[test]
fn pipes_sockets_and_folders_are_no_files_and_files_no_folders() {
    let stage = stage();
    mkfifoat(CWD, stage.inside("pipe"), Mode::RWXU).unwrap();
    let _socket = UnixListener::bind(stage.inside("socket")).unwrap();
    for path in ["pipe", "socket", "folder", ""] {
        assert_eq!(stage.read(path), Err(Failure(FileError::WrongKind)), "{path:?}");
        assert_eq!(stage.write(path, "x"), Err(Failure(FileError::WrongKind)), "{path:?}");
    }
    for path in ["pipe", "socket", "file", "file/inner", "pipe/inner"] {
        assert_eq!(stage.list(path), Err(Failure(FileError::WrongKind)), "{path:?}");
    }
    assert_eq!(stage.read("file/inner"), Err(Failure(FileError::WrongKind)));
}

#[test]
fn a_path_may_be_as_long_as_the_system_allows_and_longer_ones_are_refused() {
    let stage = stage();
    let long = Failure(FileError::Other("File name too long (os error 36)".into()));
    let name = "x".repeat(255);
    assert_eq!(stage.write(&name, "content"), Ok(()));
    assert_eq!(stage.read(&name).as_deref(), Ok("content"));
    for path in [
        "x".repeat(256),
        "x".repeat(4096),
        "x".repeat(1 << 24),
        format!("{}file", "folder/".repeat(10_000)),
        "é".repeat(1 << 20),
    ] {
        let start: String = path.chars().take(20).collect();
        assert_eq!(stage.read(&path), Err(long.clone()), "{start}");
        assert_eq!(stage.list(&path), Err(long.clone()), "{start}");
        assert_eq!(stage.write(&path, ""), Err(long.clone()), "{start}");
    }
    // Empty parts and `..` are noticed before the path is found to be too long.
    assert_eq!(stage.read(&"../".repeat(1000)), Err(Failure(FileError::NotFound)));
    let deep = ["d"; 1000].join("/");
    stage.put(&format!("{deep}/file"), "content");
    assert_eq!(stage.read(&format!("{deep}/file")).as_deref(), Ok("content"));
}
