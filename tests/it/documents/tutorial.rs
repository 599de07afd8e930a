//! Does what `docs/tutorial.md` says, step by step, with the program under test.
//!
//! The text between the blocks of code says what a block is for, so it has a form: see [`Reader::block`].

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    new::{can_build, cargo},
    support::{Client, Host, program},
};

/// The document.
const TUTORIAL: &str = include_str!("../../../docs/tutorial.md");
/// The repository, which the reader has cloned.
const CLONE: &str = env!("CARGO_MANIFEST_DIR");
/// The board's sensor. A test has another one in its place.
const SENSOR: &str = "/sys/class/thermal/thermal_zone0";

/// Somebody who follows the document.
struct Reader {
    /// The folder where everything is.
    parent: tempfile::TempDir,
    /// The current folder.
    folder: PathBuf,
    /// The running host.
    host: Option<Host>,
    /// What the first one of two blocks is: a file, and a text in it.
    replaced: Option<(PathBuf, String)>,
    /// What was seen of the actor, after each start of the host and before each end.
    seen: Vec<Value>,
    /// Commands that change this machine or reach others, which a test does not run.
    left_out: Vec<String>,
}

impl Reader {
    fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().into();
        let (seen, left_out) = (Vec::new(), Vec::new());
        Self { parent, folder, host: None, replaced: None, seen, left_out }
    }

    /// Reads on to the end of a document. Returns whether everything could be done here.
    fn read(&mut self, document: &str) -> bool {
        let mut rest = document;
        while let Some((prose, after)) = rest.split_once("\n```") {
            self.prose(prose);
            let (language, after) = after.split_once('\n').unwrap();
            let (block, after) = after.split_once("\n```\n").unwrap();
            if !self.block(prose.trim(), language, block) {
                return false;
            }
            rest = after;
        }
        self.prose(rest);
        assert!(self.host.is_none() && self.replaced.is_none());
        true
    }

    fn prose(&mut self, prose: &str) {
        for _ in prose.matches("Say `hello`") {
            let host = self.host.as_ref().expect("a host is running");
            let mut client = Client::connect(host.address(), "/ws");
            client.next();
            client.text("hello");
            let heard: Value = serde_json::from_str(client.next().to_text().unwrap()).unwrap();
            assert_eq!(heard["text"], "hello");
        }
        for _ in prose.matches("Ctrl-C") {
            let host = self.host.take().expect("a host is running");
            self.seen.push(first_message(&host));
            host.stop();
        }
    }

    /// Does what the prose before a block says of it.
    fn block(&mut self, prose: &str, language: &str, block: &str) -> bool {
        if language == "sh" {
            return block.lines().all(|line| self.command(line));
        }
        let host = self.host.as_ref().map(|host| &host.greeting);
        if language == "text" {
            assert_eq!(without_port(host.unwrap().trim_end()), without_port(block));
            return true;
        }
        if let Some(file) = named(prose, "n `", "`, replace") {
            assert!(self.replaced.is_none());
            self.replaced = Some((self.folder.join(file), format!("{block}\n")));
        } else if let Some(file) = named(prose, "Write this into a new file `", "`:") {
            fs::write(self.folder.join(file), format!("{block}\n")).unwrap();
        } else if let Some(file) = named(prose, "Add this to the end of `", "`:") {
            let file = self.folder.join(file);
            let before = fs::read_to_string(&file).unwrap();
            fs::write(file, format!("{before}\n{block}\n")).unwrap();
        } else {
            assert_eq!(prose, "by", "what is this block for?\n{block}");
            let (file, old) = self.replaced.take().unwrap();
            let text = fs::read_to_string(&file).unwrap();
            assert_eq!(text.matches(&old).count(), 1, "{} has not once:\n{old}", file.display());
            fs::write(file, text.replace(&old, &format!("{block}\n"))).unwrap();
        }
        true
    }

    /// Types a command. Returns whether it can be done here.
    fn command(&mut self, line: &str) -> bool {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["cd", "../footlight"] => self.folder = CLONE.into(),
            ["cd", to] => self.folder = self.folder.join(to),
            ["footlight" | "./footlight", "run", ..] => {
                assert!(self.host.is_none(), "the host still runs");
                let host = Host::start(&self.folder, &words[1..]);
                self.seen.push(first_message(&host));
                self.host = Some(host);
            }
            ["footlight" | "./footlight", ..] => {
                let output =
                    program().args(&words[1..]).current_dir(&self.folder).output().unwrap();
                assert!(output.status.success(), "{line}: {output:?}");
                return words[1] != "new" || can_build(&self.folder.join(words[words.len() - 1]));
            }
            ["cargo", "test" | "build", ..] => {
                let output = cargo(&self.folder, &words[1..]).output().unwrap();
                let log = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success() && !log.contains("warning"), "{line}: {log}");
            }
            ["mkdir" | "echo" | "cp", ..] => {
                let mut shell = Command::new("sh");
                shell.args(["-c", line]).current_dir(&self.folder);
                assert!(shell.status().unwrap().success(), "{line}");
            }
            ["ssh", _] => self.log_in(),
            ["rustup" | "git" | "sudo" | "printf" | "systemctl", ..] => self.leave_out(line),
            ["cargo", "install", ..] | ["scp", ..] | ["scripts/cross.sh", _] => {
                self.leave_out(line);
            }
            _ => panic!("what to do about {line:?}?"),
        }
        true
    }

    fn leave_out(&mut self, line: &str) {
        self.left_out.push(line.into());
    }

    /// Goes on to a board with what was copied there, if that is a project. Its sensor is the laptop's.
    fn log_in(&mut self) {
        let laptop = self.parent.path().join("station");
        self.folder = self.parent.path().join("home");
        fs::create_dir(&self.folder).unwrap();
        if !laptop.exists() {
            return;
        }
        let mut copy = Command::new("cp");
        let copied = copy.arg("-r").arg(laptop.join("board")).arg(&self.folder).status();
        assert!(copied.unwrap().success());
        let manifest = self.folder.join("board/manifest.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        assert_eq!(text.matches(SENSOR).count(), 1);
        let sensor = laptop.join("sensor");
        fs::write(manifest, text.replace(SENSOR, sensor.to_str().unwrap())).unwrap();
    }
}

/// The first message for a new client.
fn first_message(host: &Host) -> Value {
    let mut client = Client::connect(host.address(), "/ws");
    serde_json::from_str(client.next().to_text().unwrap()).unwrap()
}

/// What stands between two texts at the end of the prose.
fn named<'p>(prose: &'p str, before: &str, after: &str) -> Option<&'p str> {
    let prose = prose.strip_suffix(after)?;
    prose.rsplit_once(before).map(|(_, name)| name)
}

/// A greeting without its ports.
fn without_port(greeting: &str) -> String {
    let parts = greeting.split("127.0.0.1:");
    parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
}

/// The part in JavaScript, and the one in Rust.
fn parts() -> (&'static str, &'static str) {
    TUTORIAL.split_once("\n## Install\n").unwrap()
}

#[cfg(feature = "javascript")]
#[test]
fn one_file_in_javascript_does_what_the_tutorial_says() {
    let mut reader = Reader::new();
    assert!(reader.read(parts().0));
    let kept = |seen: &Value| seen["before"].as_array().map(Vec::len);
    let kept: Vec<_> = reader.seen.iter().map(kept).collect();
    assert_eq!(kept, [None, None, Some(0), Some(1), Some(1), Some(1)]);
}

#[test]
fn each_step_of_the_tutorial_does_what_it_says() {
    let mut reader = Reader::new();
    if !reader.read(parts().1) {
        return;
    }
    let source = reader.parent.path().join("station/src/lib.rs");
    // rustfmt is not everywhere.
    if let Ok(it) = Command::new("rustfmt").args(["--check", "--edition=2024"]).arg(source).output()
    {
        assert!(it.status.success(), "{}", String::from_utf8_lossy(&it.stdout));
    }
    let [first, end_of_first, rest @ ..] = &reader.seen[..] else { panic!() };
    for (number, seen) in [first, end_of_first].into_iter().enumerate() {
        for key in ["load", "memory", "uptime"] {
            assert!(seen[key].is_number(), "{number}: {seen}");
        }
    }
    let (sensor, kept) = rest.split_at(2);
    assert_eq!(
        (&sensor[0]["temperature"], &sensor[1]["temperature"]),
        (&21500.into(), &23000.into())
    );
    let kept: Vec<_> =
        kept.iter().map(|seen| (seen[0]["temperature"].clone(), seen[1].clone())).collect();
    // Before and after it got cooler, after a restart, and on the board, which has data of its own.
    let expected = [(23000, 23000), (19000, 23000), (19000, 23000), (19000, 23000)];
    let board = [(19000, 19000), (19000, 19000)];
    let expected = expected.into_iter().chain(board).map(|(now, most)| (now.into(), most.into()));
    assert_eq!(kept, expected.collect::<Vec<(Value, Value)>>());

    // What a test does not run names what there is.
    for line in &reader.left_out {
        let local = line
            .split(' ')
            .filter(|word| word.starts_with("scripts/") || word.starts_with("dist/"));
        for file in local {
            assert!(Path::new(CLONE).join(file).exists(), "{line}");
        }
    }
    let has = |text: &str| reader.left_out.iter().any(|line| line.contains(text));
    assert!(has(concat!("git clone ", env!("CARGO_PKG_REPOSITORY"))));
    assert!(has("cargo install --locked --path footlight"));
    assert!(has("rustup target add wasm32-unknown-unknown"));
}

#[test]
fn the_tutorials_service_is_that_of_the_unit() {
    let unit = include_str!("../../../dist/footlight.service");
    for line in [
        "ExecStart=/usr/local/bin/footlight run /etc/footlight",
        "ProcSubset=pid",
        "StateDirectory=footlight footlight-files",
    ] {
        assert!(unit.contains(&format!("\n{line}\n")), "{line}");
    }
    for part in [
        "sudo install -m 755 footlight /usr/local/bin/footlight\n",
        "sudo cp -r board /etc/footlight\n",
        "'[Service]\\nProcSubset=all\\n'",
        "`/var/lib/footlight`",
    ] {
        assert!(TUTORIAL.contains(part), "{part}");
    }
}
