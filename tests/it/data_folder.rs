//! The data folder: `--data`, `$STATE_DIRECTORY`, what must keep away from it, and what the start and
//! `check` say about state and memory.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Output};

use footlight_store::Offline;

use crate::support::{Actor, Server, footlight, guest, program};

/// What `run` and `check` say about a manifest that both must refuse, with these options.
fn refused(actor: &Actor, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let manifest = actor.write(folder.path());
    let output = |command| {
        let mut args = vec![command, manifest.to_str().unwrap()];
        args.extend(options);
        let Output { status, stdout, stderr } = footlight(&args);
        assert_eq!(status.code(), Some(1), "{command}");
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    };
    let (stdout, told) = output("run");
    assert!(stdout.is_empty(), "{stdout}");
    let (report, stderr) = output("check");
    assert!(stderr.is_empty(), "{stderr}");
    // Both name the same mistakes.
    for line in told.lines().filter_map(|line| line.strip_prefix("footlight: ")) {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
    told
}

#[test]
fn without_a_data_folder_the_start_says_that_state_ends_with_the_process() {
    let server = Server::of(guest("events"));
    server.wait_for(&["INFO  footlight: state ends with the process; --data DIR keeps it"]);
    server.wait_for(&["INFO  footlight: all limits together allow up to ", " MiB are there"]);
}

#[test]
fn the_data_folder_is_made_for_the_host_alone_and_the_start_says_how_durable_each_actor_is() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let relaxed = "[storage]\ndurability = \"relaxed\"\ninterval = \"2s\"\n";
    let actors = [guest("events"), guest("typed").extra(relaxed)];
    let server = Server::start_with(&["--data", data.to_str().unwrap()], &actors);
    let line = format!(
        "INFO  footlight: state is kept in {}/store: events (strict), typed (relaxed, 2s)",
        data.display()
    );
    server.wait_for(&[&line]);
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o7777, 0o700);
}

#[test]
fn the_first_folder_of_the_service_manager_is_the_data_folder_if_there_is_no_option() {
    let parent = tempfile::tempdir().unwrap();
    let [first, second, given] = ["first", "second", "given"].map(|name| parent.path().join(name));
    let variable = format!("{}:{}", first.display(), second.display());
    let mut command = program();
    command.env("STATE_DIRECTORY", &variable);
    let server = Server::start_by(command, guest("events"));
    server.wait_for(&["state is kept in", "first/store: events (strict)"]);
    assert!(first.is_dir() && !second.exists());

    let folder = tempfile::tempdir().unwrap();
    let manifest = guest("events").folder(&given, "").write(folder.path());
    fs::create_dir(&given).unwrap();
    let mut command = program();
    command.env("STATE_DIRECTORY", &variable).arg("check").arg("--data").arg(&given);
    let output = command.arg(manifest).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("given/store, where the host keeps"));
}

#[test]
fn a_durability_without_a_data_folder_is_a_mistake_of_its_manifest() {
    let strict = guest("events").extra("[storage]\ndurability = \"strict\"\n");
    let text = refused(&strict, &[]);
    assert!(text.contains("manifest.toml: storage.durability: \"strict\" needs a"), "{text}");
    assert!(text.contains("give --data DIR, or write StateDirectory= in the systemd"), "{text}");
    let none = guest("events").extra("[storage]\ndurability = \"none\"\n");
    Server::of(none).client("events").expect("state:0");
}

#[test]
fn a_data_folder_that_can_not_be_made_or_is_in_reach_of_others_is_a_mistake() {
    let parent = tempfile::tempdir().unwrap();
    let data = |name: &str| parent.path().join(name).to_str().unwrap().to_owned();
    let text = refused(&guest("events"), &["--data", &data("no/where")]);
    assert!(text.contains("no/where: cannot be the data folder: No such file"), "{text}");
    let text = refused(&guest("events").folder(parent.path(), ""), &["--data", &data("new")]);
    assert!(text.contains("manifest.toml: `path` of a `filesystem` handler: "), "{text}");
    assert!(!Path::new(&data("new")).exists(), "the folder was made");
    let page = guest("events").config("static = \".\"\ntoken_file = \"manifest.toml\"");
    let text = refused(&page, &[]);
    assert!(text.contains("`token_file`: ") && text.contains("clients could read it"), "{text}");
}

#[test]
fn check_tells_the_most_memory_and_warns_of_more_than_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let small = guest("events").write(folder.path());
    let huge = guest("typed").limit("outbox", "\"1GiB\"").limit("connections", 100_000);
    let huge = huge.write(folder.path());
    let check = |args: &[&str]| {
        let output = footlight(&[&["check"], args].concat());
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let (small, huge) = (small.to_str().unwrap(), huge.to_str().unwrap());
    let text = check(&[small]);
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("all limits together allow up to "), "{last}");
    let text = check(&[small, huge]);
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("warning: all limits together allow up to "), "{last}");
    assert!(last.contains(" MiB are there; lower `limits.connections`, "), "{last}");

    let json = check(&["--json", small, huge]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let most = |index: usize| json[index]["most_memory"].as_u64().unwrap();
    assert!(most(0) > 16 << 20 && most(1) > 100_000 << 30);
}

#[test]
fn check_reads_the_store_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let manifest = guest("events").write(folder.path());
    let check = || {
        let args = ["check", "--data", data.to_str().unwrap(), manifest.to_str().unwrap()];
        let output = footlight(&args);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (fine, text) = check();
    assert!(fine && fs::read_dir(&data).unwrap().next().is_none(), "{text}");
    Offline::open(&data).unwrap().close().unwrap();
    let files = ["log-a", "log-b"].map(|name| data.join("store").join(name));
    let before = files.each_ref().map(|file| fs::read(file).unwrap());
    let (fine, text) = check();
    assert!(fine, "{text}");
    assert_eq!(files.each_ref().map(|file| fs::read(file).unwrap()), before);

    files.iter().for_each(|file| fs::write(file, "damaged").unwrap());
    let (fine, text) = check();
    let store = data.join("store");
    assert!(!fine && text.contains(&format!("problem: {}: log-", store.display())), "{text}");
}
