//! Paths and links that lead inside, outside and nowhere.

use std::{fs, os::unix::fs::symlink};

use super::*;

/// A folder with a secret file outside.
fn stage() -> (tempfile::TempDir, SandboxedDir) {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir(root.join(".git")).unwrap();
    for file in ["secret", "root/file", "root/a/b/file", "root/.hidden", "root/.git/file"] {
        fs::write(outer.path().join(file), file).unwrap();
    }
    let folder = SandboxedDir::open(&root).unwrap();
    (outer, folder)
}

#[test]
fn links_are_followed_if_they_stay_inside() {
    let (outer, folder) = stage();
    let root = outer.path().join("root");
    let absolute = root.join("file");
    for (name, to) in [
        ("out", "../secret"),
        ("up", ".."),
        ("around", "../root/file"),
        ("absolute", absolute.to_str().unwrap()),
        ("magic", "/proc/self/cwd"),
        ("self", "self"),
        ("into", "a/b"),
        ("slash", "a//b/"),
        ("dot", "./a/./b/."),
        ("back", "a/b/../../file"),
        ("by-link", "into/../b/file"),
        ("a/b/up", "../../file"),
        ("a/b/root", "../.."),
        ("a/b/far", "../../../secret"),
        ("chain", "chain2"),
        ("chain2", "into/up"),
        ("no-folder", "file/"),
        ("no-folder-dot", "file/."),
        ("through-file", "file/../file"),
        ("nowhere", "missing"),
    ] {
        symlink(to, root.join(name)).unwrap();
    }
    // As many links as are followed, and one more.
    for number in 0..=MAX_LINKS {
        symlink(format!("{}", number + 1), root.join(number.to_string())).unwrap();
    }
    fs::write(root.join((MAX_LINKS + 1).to_string()), "end").unwrap();
    let read = |path: &str| folder.visible(path).and_then(io::read_to_string).ok();
    for (path, content) in [
        ("file", "root/file"),
        ("a/b/file", "root/a/b/file"),
        ("into/file", "root/a/b/file"),
        ("slash/file", "root/a/b/file"),
        ("dot/file", "root/a/b/file"),
        ("back", "root/file"),
        ("by-link", "root/a/b/file"),
        ("into/up", "root/file"),
        ("a/b/root/a/b/root/file", "root/file"),
        ("chain", "root/file"),
        ("1", "end"),
    ] {
        assert_eq!(read(path).as_deref(), Some(content), "{path}");
        assert_eq!(folder.kind(path).unwrap(), FileType::RegularFile);
        let file = folder.regular(path, OFlags::RDONLY).unwrap();
        assert_eq!(io::read_to_string(file).unwrap(), content);
    }
    for path in ["into", "slash", "dot", "a/b/root"] {
        assert_eq!(folder.kind(path).unwrap(), FileType::Directory);
        let identity = folder.folder(path).unwrap().identity();
        let same = SandboxedDir::open(&root.join(path)).unwrap();
        assert_eq!(identity, same.identity(), "{path}");
    }
    for path in [
        "",
        "/",
        ".",
        "..",
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "//etc/passwd",
        "a//b/file",
        "./file",
        "out",
        "up/secret",
        "around",
        "absolute",
        "magic/Cargo.toml",
        "self",
        "self/file",
        "a/b/far",
        "no-folder",
        "no-folder-dot",
        "through-file",
        "nowhere",
        "0",
        "file/",
        "file/x",
        "file\0",
        "missing",
        "a/b/missing",
    ] {
        assert_eq!(read(path), None, "{path:?}");
        assert!(folder.kind(path).is_err(), "{path:?}");
    }
}

#[test]
fn no_hidden_name_is_visible_through_a_link() {
    let (outer, folder) = stage();
    let root = outer.path().join("root");
    for (name, to) in [
        ("direct", ".hidden"),
        ("folder", ".git"),
        ("inner", ".git/file"),
        ("chain", "direct"),
        ("a/b/up", "../../.hidden"),
        (".link", "file"),
        ("by-hidden-link", ".link"),
        ("through", ".git/../file"),
    ] {
        symlink(to, root.join(name)).unwrap();
    }
    for path in [
        ".hidden",
        ".git/file",
        "direct",
        "folder",
        "folder/file",
        "inner",
        "chain",
        "a/b/up",
        ".link",
        "by-hidden-link",
        "through",
    ] {
        let error = folder.visible(path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{path}");
        // It is there, for those who may see hidden files.
        folder.kind(path).unwrap();
    }
}

#[test]
fn links_with_many_parts_end_at_a_bound() {
    let (outer, folder) = stage();
    let root = outer.path().join("root");
    let deep = "d/".repeat(500);
    fs::create_dir_all(root.join(&deep)).unwrap();
    symlink("d/../".repeat(800), root.join("long")).unwrap();
    assert_eq!(folder.kind("long").unwrap(), FileType::Directory);
    symlink("../d/".repeat(800), root.join(&deep).join("up")).unwrap();
    let error = folder.kind(&format!("{deep}up")).unwrap_err();
    assert_eq!(Errno::from_io_error(&error), Some(Errno::LOOP));
}

#[test]
fn the_folders_around_a_folder_are_those_of_its_path() {
    use std::os::unix::fs::MetadataExt as _;
    let (outer, _) = stage();
    symlink("root/a", outer.path().join("link")).unwrap();
    let path = fs::canonicalize(outer.path().join("link/b")).unwrap();
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    let expected: Vec<_> = path.ancestors().map(|path| identity(path).unwrap()).collect();
    let found = SandboxedDir::open(&outer.path().join("link/b")).unwrap().around().unwrap();
    assert_eq!(found, expected);
    let root = SandboxedDir::open(Path::new("/")).unwrap();
    assert_eq!(root.around().unwrap(), [identity(Path::new("/")).unwrap()]);
}

#[test]
fn a_folder_that_is_missing_or_a_file_is_an_error() {
    let outer = tempfile::tempdir().unwrap();
    fs::write(outer.path().join("file"), "").unwrap();
    assert!(SandboxedDir::open(&outer.path().join("file")).is_err());
    assert!(SandboxedDir::open(&outer.path().join("missing")).is_err());
}

#[test]
fn a_path_is_resolved_to_the_place_where_it_leads_and_what_is_missing_is_kept() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("real/deep")).unwrap();
    fs::write(root.join("real/file"), "").unwrap();
    for (to, at) in [
        ("real", "link"),
        ("link/deep", "two"),
        ("deep/../file", "real/up"),
        ("missing", "nothing"),
        ("nothing", "nothing-twice"),
        ("missing/", "nothing-within"),
        ("..", "out"),
        ("/", "root"),
        ("self", "self"),
    ] {
        symlink(to, root.join(at)).unwrap();
    }
    let dir = SandboxedDir::open(&root).unwrap();
    let resolved = |path: &str| {
        let (place, is_link) = dir.resolve(path).ok()?;
        Some((String::from_utf8(place).unwrap(), is_link))
    };
    let long = format!("new/{}", "x".repeat(256));
    for (path, expected) in [
        ("real/file", Some(("real/file", false))),
        ("link", Some(("real", true))),
        ("link/file", Some(("real/file", false))),
        ("two", Some(("real/deep", true))),
        ("two/new", Some(("real/deep/new", false))),
        ("link/up", Some(("real/file", true))),
        ("link/new/deep/er", Some(("real/new/deep/er", false))),
        ("new", Some(("new", false))),
        // A link to nothing is its own place, and nothing is in it.
        ("nothing", Some(("nothing", true))),
        ("nothing-twice", Some(("nothing-twice", true))),
        ("nothing-within", Some(("nothing-within", true))),
        ("nothing/new", None),
        ("real/file/new", None),
        ("out", None),
        ("out/root/real", None),
        ("root/etc", None),
        ("self", None),
        ("../root", None),
        ("real/../file", None),
        ("real//file", None),
        (&long, None),
    ] {
        let expected = expected.map(|(place, is_link)| (String::from(place), is_link));
        assert_eq!(resolved(path), expected, "{path}");
    }
}
