//! Paths that try to escape from an actor's folder or to block the host.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
};

use rustix::fs::{CWD, Mode, mkfifoat};
use smol::block_on;
use wit_core::host::FileError;

use super::{Failure, tests::Stage};

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
