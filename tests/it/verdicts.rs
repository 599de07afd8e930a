//! `check` and `run` agree about a manifest, for each kind of mistake in the files that it names. The
//! tests leave out what `check` can't know: a port that is taken, the limit of open files, and what
//! the actor's code does at the start.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::{Actor, actors_root, footlight, guest, program};

/// A change to an actor's folder, as a shell command.
type Prepare = &'static str;

/// Prepares an actor's folder, and runs both commands.
fn verdict(actor: &Actor, prepare: Prepare) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = actor.write(folder.path());
    let own = manifest.parent().unwrap();
    let mut shell = Command::new("sh");
    assert!(shell.args(["-ec", prepare]).current_dir(own).status().unwrap().success(), "{prepare}");
    let manifest = manifest.to_str().unwrap();
    let check = footlight(&["check", manifest]);
    let would = check.status.success();
    let said = String::from_utf8(check.stdout).unwrap();
    let (runs, error) = runs(manifest);
    assert_eq!(runs, would, "{prepare}\n{said}\n{error}");
    if !would {
        // Both report each problem in the same words.
        for problem in said.lines().filter_map(|line| line.strip_prefix("  problem: ")) {
            // For a module, `run` reports all of them in one sentence after the file's name.
            let (_, problem) = problem.split_once(": ").unwrap();
            assert!(error.contains(problem), "{problem} is not in: {error}");
        }
    }
    (would, said)
}

/// Whether the host listens, and what it says if not.
fn runs(manifest: &str) -> (bool, String) {
    let mut command = program();
    command.args(["run", manifest]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut host = command.spawn().unwrap();
    let mut greeting = String::new();
    BufReader::new(host.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    if !greeting.is_empty() {
        host.kill().unwrap();
    }
    let output = host.wait_with_output().unwrap();
    (!greeting.is_empty(), String::from_utf8(output.stderr).unwrap())
}

/// The file of a guest's module.
fn module() -> PathBuf {
    actors_root().join("tests/guests/events.wasm")
}

/// Both refuse every row, with these words.
fn refused(rows: &[(Actor, Prepare, &str)]) {
    for (actor, prepare, words) in rows {
        let (would, said) = verdict(actor, prepare);
        assert!(!would && said.contains(words), "{prepare}: {words} is not in: {said}");
    }
}

/// Both accept every row.
fn taken(rows: &[(Actor, Prepare)]) {
    for (actor, prepare) in rows {
        let (would, said) = verdict(actor, prepare);
        assert!(would, "{prepare}: {said}");
    }
}

/// An actor with a file for its first state.
fn with_state() -> Actor {
    guest("events").init_state(b"12345").limit("state", 5)
}

#[test]
fn they_agree_on_the_first_state() {
    taken(&[(with_state(), ":"), (with_state(), "mv state s; ln -s s state")]);
    refused(&[
        (with_state(), "printf 123456 >state", "state: is 6 bytes long, past the limit of 5"),
        (with_state(), "rm state", "state: cannot be read: No such file"),
        (with_state(), "rm state; mkdir state", "state: cannot be read: Is a directory"),
        (with_state(), "rm state; mkfifo state", "no regular file"),
        (with_state(), "ln -sf /dev/zero state", "no regular file"),
        (with_state(), "ln -sf /proc/self/status state", "past the limit of 5"),
        (with_state(), "rm state; ln -s state state", "state: cannot be read: Too many levels"),
    ]);
}

#[test]
fn they_agree_on_the_module() {
    let with = |path| Actor::bytes("own", fs::read(path).unwrap());
    let actor = || with(module()).folder(Path::new("."), "writable = true");
    // It imports files, and gets none.
    let dashboard = with(actors_root().join("examples/dashboard/dashboard.wasm"));
    taken(&[(actor(), ":"), (actor(), "mv actor.wasm a; ln -s a actor.wasm"), (dashboard, ":")]);
    refused(&[
        (actor(), "rm actor.wasm", "actor.wasm: cannot be read: No such file"),
        (actor(), "rm actor.wasm; mkdir actor.wasm", "actor.wasm: cannot be read: Is a directory"),
        (actor(), "rm actor.wasm; mkfifo actor.wasm", "no regular file"),
        (actor(), "ln -sf /dev/zero actor.wasm", "no regular file"),
        (actor(), ": >actor.wasm", "is not WebAssembly"),
        (actor(), "head -c 1000 actor.wasm >a; mv a actor.wasm", "is not valid"),
        (actor().limit("module", 1000), ":", "past the limit of 1000"),
        (actor().limit("memory", "\"64KiB\""), ":", "memory"),
        (actor().limit("tables", 0), ":", "table"),
    ]);
}

#[test]
fn they_agree_on_what_a_listener_names() {
    let token = || guest("events").config("token_file = \"token\"");
    let pages = || guest("events").config("static = \"pages\"");
    taken(&[(token(), "printf 'secret\\n' >token"), (pages(), "mkdir pages")]);
    refused(&[
        (token(), ":", "token: cannot be read: No such file"),
        (token(), "mkdir token", "token: cannot be read: Is a directory"),
        (token(), "mkfifo token", "no regular file"),
        (token(), "ln -s /dev/zero token", "no regular file"),
        (token(), ": >token", "holds no token"),
        (token(), "echo two words >token", "holds no token"),
        (token(), "head -c 5000 /dev/zero | tr '\\0' x >token", "holds no token"),
        (token(), "printf '\\377' >token", "holds no token"),
        (pages(), ":", "pages: cannot be served: No such file"),
        (pages(), ": >pages", "pages: cannot be served: Not a directory"),
        (pages(), "mkfifo pages", "pages: cannot be served: Not a directory"),
    ]);
}

#[test]
fn they_agree_on_folders_and_the_log() {
    let folder = || guest("events").folder(Path::new("data"), "");
    let log = |path: &str| guest("events").extra(&format!("[logging]\nfile_path = {path:?}\n"));
    taken(&[
        (folder(), "mkdir data"),
        (log("new/a.log"), ":"),
        (log("a.log"), ": >a.log"),
        (log("/dev/null"), ":"),
    ]);
    refused(&[
        (folder(), ":", "data: cannot be opened: No such file"),
        (folder(), ": >data", "data: cannot be opened: Not a directory"),
        (folder(), "mkfifo data", "data: cannot be opened: Not a directory"),
        (log("a.log"), "mkdir a.log", "logging: the file cannot be opened"),
        (log("a.log"), "mkfifo a.log", "logging: the file cannot be opened"),
        (log("a/b.log"), ": >a", "logging: the file cannot be opened"),
    ]);
}

#[test]
fn they_agree_on_the_manifest_itself() {
    refused(&[
        (guest("events"), "rm manifest.toml; mkfifo manifest.toml", "no regular file"),
        (guest("events"), "ln -sf /dev/zero manifest.toml", "no regular file"),
        (guest("events"), "printf '\\377' >manifest.toml", "manifest.toml:1: "),
        (guest("events").key("nme = 1"), ":", "nme: unknown key"),
    ]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let actor = with_state().config("token_file = \"token\"\nstatic = \"pages\"");
    let (would, said) = verdict(&actor.folder(Path::new("data"), ""), "rm state");
    for file in ["state", "token", "pages", "data"] {
        assert!(said.contains(&format!("{file}: cannot be ")), "{file} is missing: {said}");
    }
    assert!(!would && said.matches("problem: ").count() == 4, "{said}");
}

#[test]
fn manifests_that_do_not_fit_each_other_are_refused_by_both() {
    // An address that is free at the moment, which the second manifest asks for as well.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let on = |host: &str, port: u16| format!("port = {port}\nhost = \"{host}\"");
    for (name, config, says) in [
        ("events", on("127.0.0.1", 0), "another manifest has the name \"events\" already"),
        ("other", on("127.0.0.1", free), "is taken by"),
        ("other", on("0.0.0.0", free), "is taken by"),
        ("other", on("::1", free), ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let written = |to: &str, actor: Actor| actor.write(&folder.path().join(to));
        let manifests = [written("1", guest("events")), written("2", guest("events").name(name))];
        let [one, other] = manifests.map(|manifest| manifest.to_str().unwrap().to_owned());
        let set = |manifest: &str, config: &str| {
            let text = fs::read_to_string(manifest).unwrap().replace("port = 0", config);
            fs::write(manifest, text).unwrap();
        };
        set(&one, &on("127.0.0.1", free));
        set(&other, &config);
        let check = footlight(&["check", &one, &other]);
        let said = String::from_utf8(check.stdout).unwrap();
        assert_eq!(check.status.success(), says.is_empty(), "{said}");
        assert!(said.contains(says), "{said}");
        if !says.is_empty() {
            let run = footlight(&["run", &one, &other]);
            assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
        }
    }
}

#[test]
fn two_clients_of_one_broker_with_one_identifier_are_refused_by_both() {
    let broker = |keys: &str| {
        format!(
            "[[handlers]]\ntype = \"mqtt\"\nconfig = {{ broker = \"mqtt://127.0.0.1:9\"{keys} }}\n"
        )
    };
    for (first, second, says) in [
        (", client_id = \"a\"", ", client_id = \"a\"", "the client identifier \"a\""),
        (", client_id = \"a\"", ", client_id = \"b\"", ""),
        ("", "", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let actors = [("one", first), ("other", second)].map(|(name, keys)| {
            let actor = guest("events").name(name).extra(&broker(keys));
            actor.write(&folder.path().join(name)).to_str().unwrap().to_owned()
        });
        let check = footlight(&["check", &actors[0], &actors[1]]);
        let said = String::from_utf8(check.stdout).unwrap();
        assert_eq!(check.status.success(), says.is_empty(), "{said}");
        assert!(said.contains(says), "{said}");
        if !says.is_empty() {
            let run = footlight(&["run", &actors[0], &actors[1]]);
            let said = String::from_utf8_lossy(&run.stderr);
            assert!(run.status.code() == Some(1) && said.contains(says), "{said}");
        }
    }
}

#[test]
fn a_folder_is_looked_into_for_its_manifest_by_both() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").write(folder.path());
    let link = folder.path().join("link");
    symlink(manifest.parent().unwrap(), &link).unwrap();
    let link = link.to_str().unwrap();
    assert!(footlight(&["check", link]).status.success());
    assert!(runs(link).0);
}
