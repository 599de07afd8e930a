//! The contestants.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    common::{Result, arguments::Arguments, server::Server},
    workload::Workload,
};

/// The folder of this repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The program that cargo has built for this benchmark.
const BUILT: &str = env!("CARGO_BIN_EXE_footlight");
/// If this variable is set, a missing contestant is an error.
const REQUIRED: &str = "FOOTLIGHT_REQUIRE_CLIENTS";

/// The contestants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program with actors, which the others are compared with.
    Footlight,
    /// The same program with scripts, `scripts/`.
    Script,
    /// async-tungstenite alone, `plain/`.
    Plain,
    /// npm's ws, `server.js`.
    Node,
    /// Bun's own server, `server.js`.
    Bun,
    /// Python's websockets, `server.py`.
    Python,
}

/// A server that can be started.
pub(crate) struct Contestant {
    /// Which contestant it is.
    pub(crate) kind: Kind,
    /// The program that runs it.
    program: PathBuf,
    /// Its versions, if they are not this repository's.
    pub(crate) version: String,
    /// What must be installed beside the program and its libraries.
    pub(crate) parts: Vec<PathBuf>,
}

impl Contestant {
    /// The title of its column.
    pub(crate) fn title(&self) -> &'static str {
        match self.kind {
            Kind::Footlight => "Footlight",
            Kind::Script => "Footlight, JavaScript",
            Kind::Plain => "Rust, async-tungstenite",
            Kind::Node => "Node, ws",
            Kind::Bun => "Bun",
            Kind::Python => "Python, websockets",
        }
    }

    /// Whether it has a program for a workload.
    pub(crate) fn has(&self, workload: Workload) -> bool {
        self.kind != Kind::Script || workload.has_script()
    }

    /// Starts it with rooms `room0` and so on, each with its own port and state.
    pub(crate) fn start(&self, workload: Workload, rooms: usize) -> Result<Server> {
        let of = match self.kind {
            Kind::Footlight => Some(Workload::actor as fn(Workload, String) -> _),
            Kind::Script => Some(Workload::script as _),
            Kind::Plain | Kind::Node | Kind::Bun | Kind::Python => None,
        };
        if let Some(of) = of {
            let actors: Vec<_> =
                (0..rooms).map(|number| of(workload, format!("room{number}"))).collect();
            return Server::run(&self.program, &actors);
        }
        let folder = tempfile::tempdir()?;
        let mut command = self.command();
        match self.kind {
            Kind::Node | Kind::Bun => _ = command.arg(script("server.js")),
            Kind::Python => _ = command.arg(script("server.py")),
            Kind::Footlight | Kind::Script | Kind::Plain => (),
        }
        command.arg(workload.name()).arg(rooms.to_string());
        if let Some(state) = workload.state() {
            let file = folder.path().join("state.json");
            fs::write(&file, state)?;
            command.arg(file);
        }
        Server::spawn(command, rooms, folder)
    }

    /// Its program, without arguments.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // The folders where scripts/test-clients.sh and Debian's package install ws.
        command.env("NODE_PATH", format!("{ROOT}/target/clients/node_modules:/usr/share/nodejs"));
        command
    }

    /// Runs some lines in its interpreter, which print its version and the folders of its parts.
    /// Returns false if they fail.
    fn probe(&mut self, flag: &str, lines: &str, script: PathBuf) -> bool {
        let Ok(output) = self.command().args([flag, lines]).output() else { return false };
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        self.version = lines.next().unwrap_or_default().into();
        self.parts = lines.map(PathBuf::from).chain([script]).collect();
        output.status.success()
    }
}

/// The probe of Node.
const PROBE_NODE: &str = "
    const { version } = require('ws/package.json');
    console.log(`Node ${process.version}, ws ${version}`);
    console.log(require('path').dirname(require.resolve('ws/package.json')));";

/// The probe of Bun.
const PROBE_BUN: &str = "console.log(`Bun ${Bun.version}`);";

/// The probe of Python.
const PROBE_PYTHON: &str = "
import os, platform, sys, sysconfig, websockets, websockets.asyncio.server
python = f'Python {platform.python_version()} of {sys.base_prefix}'
print(f'{python}, websockets {websockets.__version__}')
print(sysconfig.get_path('stdlib'))
print(os.path.dirname(websockets.__file__))";

/// Finds the contestants that are installed, and prints which are missing.
pub(crate) fn find(arguments: &Arguments) -> Result<Vec<Contestant>> {
    let new = |kind, program| {
        let (version, parts) = (String::new(), Vec::new());
        Contestant { kind, program, version, parts }
    };
    let mut footlight = new(Kind::Footlight, arguments.path("binary", BUILT));
    footlight.parts.push(Path::new(ROOT).join("examples/chat-room/chat_room.wasm"));
    let mut scripts = new(Kind::Script, arguments.path("binary", BUILT));
    scripts.parts.push(script("scripts/chat.js"));
    let check = Command::new(&scripts.program).arg("check").args(&scripts.parts).output()?;
    let mut found = vec![footlight];
    if check.status.success() {
        found.push(scripts);
    } else {
        println!("skipped: this build runs no scripts; build it with `--features javascript`");
    }
    found.push(new(Kind::Plain, build_plain()?));

    let mut node = new(Kind::Node, "node".into());
    if present(node.probe("-e", PROBE_NODE, script("server.js")), "npm's ws")? {
        found.push(node);
    }
    let mut bun = new(Kind::Bun, Path::new(ROOT).join("target/clients/node_modules/.bin/bun"));
    if bun.probe("-e", PROBE_BUN, script("server.js")) {
        found.push(bun);
    } else {
        println!("skipped: Bun is not there; `scripts/test-clients.sh bun` installs it");
    }
    let installed = Path::new(ROOT).join("target/clients/venv/bin/python3");
    let program = if installed.exists() { installed } else { "python3".into() };
    let mut python = new(Kind::Python, program);
    if present(python.probe("-c", PROBE_PYTHON, script("server.py")), "Python's websockets")? {
        found.push(python);
    }
    Ok(found)
}

/// Whether a contestant was found. If not, prints that, or fails if none may be missing.
fn present(found: bool, name: &str) -> Result<bool> {
    let text = format!("{name} is not there; `scripts/test-clients.sh python node` installs it");
    match (found, env::var_os(REQUIRED)) {
        (false, Some(_)) => return Err(text.into()),
        (false, None) => println!("skipped: {text}"),
        (true, _) => (),
    }
    Ok(found)
}

/// A file of this benchmark.
fn script(name: &str) -> PathBuf {
    Path::new(ROOT).join("benches/compare").join(name)
}

/// Builds `plain/` with the profile of the program. It is a package of its own, because its size
/// counts, and cargo builds no programs of other packages for a benchmark.
fn build_plain() -> Result<PathBuf> {
    let folder = Path::new(BUILT).parent().ok_or("no folder")?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(ROOT).args([
        "build",
        "--locked",
        "--quiet",
        "--package",
        "footlight-compare-plain",
    ]);
    cargo.arg("--target-dir").arg(folder.parent().ok_or("no folder")?);
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    if !cargo.status()?.success() {
        return Err("benches/compare/plain does not build".into());
    }
    Ok(folder.join("footlight-compare-plain"))
}
