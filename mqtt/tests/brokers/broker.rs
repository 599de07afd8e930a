//! Brokers that run until they are dropped.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The variable that says that the brokers must be there.
const REQUIRED: &str = "FOOTLIGHT_REQUIRE_BROKERS";

/// How long a broker may take for anything.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A broker of this test alone.
pub struct Broker {
    child: Child,
    /// Where it speaks MQTT.
    pub address: SocketAddr,
    /// Its configuration and its other files.
    folder: TempDir,
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Broker {
    /// mosquitto with these lines in its configuration, if it is installed. The user `ann` has the
    /// password `secret`. Without `allow_anonymous false` nobody needs one.
    pub fn mosquitto(lines: &str) -> Option<Self> {
        let program = find("mosquitto", "-h")?;
        Some(Self::run(&program, "-c", |address, folder| {
            // Made by `mosquitto_passwd -b FILE ann secret`.
            let hash = "ann:$7$101$0H1d3FBfFu3SMoUr$2YcQd9aQk4E+q7j9x2q2eblXxk8qedyE+RpTdRVoDTvHnQD+DoK1UHoKmNilrEGKh5GZKcXK1ZhmFaXyO3vyIw==\n";
            let passwords = folder.join("passwords");
            fs::write(&passwords, hash).unwrap();
            let anonymous =
                if lines.contains("allow_anonymous") { "" } else { "allow_anonymous true" };
            // As root it would become a user who can't read the folder.
            format!(
                "listener {} {}\nuser root\npassword_file {}\n{anonymous}\n{lines}\n",
                address.port(),
                address.ip(),
                passwords.display(),
            )
        }))
    }

    /// nats-server, which speaks only 3.1.1, if it is installed.
    pub fn nats() -> Option<Self> {
        let program = find("nats-server", "--version")?;
        Some(Self::run(&program, "-c", |address, folder| {
            format!(
                "server_name: test\nlisten: \"127.0.0.1:-1\"\njetstream {{ store_dir: \"{}\" }}\n\
                 mqtt {{ listen: \"{address}\", ack_wait: \"1s\" }}\n",
                folder.display(),
            )
        }))
    }

    fn run(
        program: &str,
        option: &str,
        configure: impl FnOnce(SocketAddr, &Path) -> String,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The port is free again, and the broker takes it at once.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = folder.path().join("config");
        fs::write(&config, configure(address, folder.path())).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(program);
        command.arg(option).arg(config).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut broker = Self { child: command.spawn().unwrap(), address, folder };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = broker.child.try_wait().unwrap() {
                panic!("{program} ended with {status}: {}", broker.log());
            }
            assert!(start.elapsed() < PATIENCE, "{program} does not listen: {}", broker.log());
            thread::sleep(Duration::from_millis(5));
        }
        broker
    }

    /// Stops the broker's process without ending it: its connections stay, and nothing answers.
    pub fn freeze(&self) {
        let status = Command::new("kill").arg("-STOP").arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

/// A broker's program, if it is installed. Debian's are not on every user's path.
fn find(name: &str, probe: &str) -> Option<String> {
    let programs = [format!("/usr/sbin/{name}"), name.to_owned()];
    // mosquitto's help has another status than 0.
    let runs = |program: &&String| Command::new(program).arg(probe).output().is_ok();
    let found = programs.iter().find(runs);
    if found.is_none() {
        assert!(
            std::env::var_os(REQUIRED).is_none(),
            "{name} is not there: run scripts/test-clients.sh brokers"
        );
        eprintln!("skipped: {name} is not there; scripts/test-clients.sh brokers installs it");
    }
    found.cloned()
}
