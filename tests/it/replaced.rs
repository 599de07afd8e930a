//! Folders that are replaced while the host runs: pages and an actor's files come from the folder that
//! the path names now.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::support::{Client, Server, get, guest, namespace};

/// An actor whose pages and files are in the folder `current`.
struct Site {
    outer: TempDir,
    server: Server,
    client: Client,
}

impl Site {
    /// With the releases `one` and `two`, of which `make_current` puts one at `current`.
    fn new(options: &[&str], make_current: impl FnOnce(&Path)) -> Self {
        let outer = tempfile::tempdir().unwrap();
        for release in ["one", "two"] {
            fs::create_dir(outer.path().join(release)).unwrap();
            fs::write(outer.path().join(release).join("file"), release).unwrap();
        }
        make_current(outer.path());
        let current = outer.path().join("current");
        let actor = guest("events")
            .config(&format!("static = {current:?}"))
            .folder(&current, "writable = true");
        let options = [&["-v"], options].concat();
        let server = Server::start_with(&options, &[actor]);
        let mut client = server.client("events");
        client.expect("state:0");
        Self { outer, server, client }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.outer.path().join(path)
    }

    /// The status and the last line of a page.
    fn page(&self, path: &str) -> (String, String) {
        let answer = get(self.server.address("events"), path);
        let status = answer.split(' ').nth(1).unwrap().to_owned();
        (status, answer.lines().last().unwrap_or_default().to_owned())
    }

    /// Makes requests of the actor.
    fn ask(&mut self, requests: &str, answers: &[&str]) {
        self.client.text(&format!("do {requests}"));
        self.client.expect_all(answers);
    }

    /// Expects the files of this release, for pages and for the actor. The actor adds a file.
    fn is(&mut self, release: &str) {
        assert_eq!(self.page("/file"), ("200".into(), release.into()));
        let content = format!("content {release}");
        self.ask(&format!("read file; write made {release}"), &[&content, "done"]);
        let made = fs::read_to_string(self.at("current/made")).unwrap();
        assert_eq!((made.as_str(), self.page("/made").1.as_str()), (release, release));
    }

    /// Expects that there is nothing.
    fn is_gone(&mut self) {
        assert_eq!(self.page("/file").0, "404");
        self.ask("read file; list-files; write made x", &["not-found", "not-found", "not-found"]);
    }
}

/// Lets a link lead elsewhere, as deployments do: there is no moment without it.
fn relink(to: &str, outer: &Path) {
    symlink(to, outer.join("new")).unwrap();
    fs::rename(outer.join("new"), outer.join("current")).unwrap();
}

#[test]
fn a_folder_that_another_one_replaced_is_the_other_one_now() {
    let mut site =
        Site::new(&[], |outer| fs::rename(outer.join("one"), outer.join("current")).unwrap());
    site.is("one");
    fs::rename(site.at("current"), site.at("old")).unwrap();
    site.is_gone();
    fs::rename(site.at("two"), site.at("current")).unwrap();
    site.is("two");
    assert_eq!(fs::read_to_string(site.at("old/made")).unwrap(), "one");
}

#[test]
fn a_folder_that_was_removed_and_made_again_is_the_new_one() {
    let mut site =
        Site::new(&[], |outer| fs::rename(outer.join("one"), outer.join("current")).unwrap());
    site.is("one");
    fs::remove_dir_all(site.at("current")).unwrap();
    site.is_gone();
    fs::create_dir(site.at("current")).unwrap();
    fs::write(site.at("current/file"), "again").unwrap();
    site.is("again");
    // A file in its place is no folder.
    fs::rename(site.at("current"), site.at("old")).unwrap();
    fs::write(site.at("current"), "file").unwrap();
    assert_eq!(site.page("/file").0, "404");
    site.ask("read file", &["wrong-kind"]);
}

#[test]
fn a_link_to_a_folder_leads_where_it_leads_now() {
    let mut site = Site::new(&[], |outer| relink("one", outer));
    for release in ["one", "two", "one"] {
        relink(release, site.outer.path());
        site.is(release);
    }
    relink("missing", site.outer.path());
    site.is_gone();
}

#[test]
fn a_folder_that_is_mounted_over_is_the_mounted_one_until_it_is_unmounted() {
    let name = "replaced::a_folder_that_is_mounted_over_is_the_mounted_one_until_it_is_unmounted";
    namespace::inside("--mount", "mount -t tmpfs none /mnt", name, || {
        let mut site =
            Site::new(&[], |outer| fs::rename(outer.join("one"), outer.join("current")).unwrap());
        site.is("one");
        let run = |command: &mut Command| assert!(command.status().unwrap().success());
        run(Command::new("mount").arg("--bind").args([site.at("two"), site.at("current")]));
        site.is("two");
        run(Command::new("umount").arg(site.at("current")));
        site.is("one");
        assert_eq!(fs::read_to_string(site.at("two/made")).unwrap(), "two");
    });
}

#[test]
fn a_folder_that_is_replaced_by_one_around_the_store_is_not_used_and_the_log_says_so_once() {
    let data = tempfile::tempdir().unwrap();
    let options = ["--data", data.path().to_str().unwrap()];
    let mut site = Site::new(&options, |outer| relink("one", outer));
    site.is("one");
    for folder in
        [data.path().join("store"), data.path().into(), data.path().parent().unwrap().into()]
    {
        relink(folder.to_str().unwrap(), site.outer.path());
        for page in ["/file", "/store/lock", "/lock", "/"] {
            assert_eq!(site.page(page).0, "403", "{page}");
        }
        site.ask("read lock; list-files; write new x", &["denied", "denied", "denied"]);
        assert!(!folder.join("new").exists());
    }
    site.server.wait_for(&["WARN", "current: was replaced, and now reaches"]);
    // One line for the pages, and one for the actor.
    assert_eq!(site.server.count("now reaches"), 2);
    relink("two", site.outer.path());
    site.is("two");
}

#[test]
fn a_token_in_a_folder_that_replaced_the_pages_is_not_served() {
    let outer = tempfile::tempdir().unwrap();
    let at = |path: &str| outer.path().join(path);
    for folder in ["pages", "secrets"] {
        fs::create_dir(at(folder)).unwrap();
        fs::write(at(folder).join("page"), folder).unwrap();
    }
    fs::write(at("secrets/token"), "s3cret").unwrap();
    relink("pages", outer.path());
    let config = format!("static = {:?}\ntoken_file = {:?}", at("current"), at("secrets/token"));
    let server = Server::of(guest("events").config(&config));
    relink("secrets", outer.path());
    let page = |path| get(server.address("events"), path);
    assert!(page("/page").ends_with("\r\n\r\nsecrets"));
    for _ in 0..2 {
        let answer = page("/token");
        assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains("s3cret"), "{answer}");
    }
    server.wait_for(&["WARN", "current: now has the secret", "secrets/token"]);
    assert_eq!(server.count("now has the secret"), 1);
}

#[test]
fn no_hidden_file_is_served_through_a_link_and_the_actor_reads_it() {
    let mut site = Site::new(&[], |outer| relink("one", outer));
    fs::create_dir(site.at("one/.git")).unwrap();
    fs::write(site.at("one/.secret"), "secret").unwrap();
    fs::write(site.at("one/.git/config"), "secret").unwrap();
    fs::create_dir(site.at("one/sub")).unwrap();
    for (name, to) in [
        ("notes.txt", ".secret"),
        ("git", ".git"),
        ("config", ".git/config"),
        ("chain", "notes.txt"),
        ("sub/up", "../.secret"),
        ("sub/index.html", "../chain"),
        ("visible", "sub/../file"),
    ] {
        symlink(to, site.at("one").join(name)).unwrap();
    }
    for page in
        ["/notes.txt", "/git", "/git/", "/git/config", "/config", "/chain", "/sub/up", "/sub/"]
    {
        assert_eq!(site.page(page).0, "404", "{page}");
    }
    assert_eq!(site.page("/visible"), ("200".into(), "one".into()));
    site.ask("read notes.txt; read git/config", &["content secret", "content secret"]);
}
