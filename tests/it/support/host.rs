//! The program in a project's folder, as its user runs it.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::program;

/// `footlight run` in a project's folder.
pub struct Host {
    child: Child,
    /// The first two lines that it has printed.
    pub greeting: String,
}

impl Host {
    /// Starts it with these arguments, at a free port: another program may use the project's.
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = program()
            .args(args)
            .args(["--port", "0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
        let mut greeting = String::new();
        lines.read_line(&mut greeting).unwrap();
        lines.read_line(&mut greeting).unwrap();
        Self { child, greeting }
    }

    pub fn address(&self) -> SocketAddr {
        let (_, rest) = self.greeting.split_once("ws://").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    /// Presses Ctrl-C.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
