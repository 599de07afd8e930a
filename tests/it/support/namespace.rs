//! Tests in namespaces of their own, with networks or mounts that the rest of the system does not see.
//!
//! Such a test begins by starting itself again in a new namespace. This needs Linux, `unshare`, and
//! the right to make one. Without these the test says so and passes, unless
//! `FOOTLIGHT_REQUIRE_NETNS` is set.

use std::{env, process::Command};

/// Tells a test that it is inside.
const INSIDE: &str = "FOOTLIGHT_INSIDE_NETNS";

/// Runs the test with this name inside a namespace. `kind` is an option of `unshare`. `setup` are
/// commands for the shell, which run inside first.
pub fn inside(kind: &str, setup: &str, name: &str, test: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        footlight::fd_limit::raise();
        return test();
    }
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    let unshare = |user: &[&str], program: &str| {
        let mut command = Command::new("unshare");
        command.args(user).args([kind, "sh", "-c", &script, program]);
        command
    };
    let program = env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    for user in [&[][..], &["--user", "--map-root-user"]] {
        if !unshare(user, "true").output().is_ok_and(|output| output.status.success()) {
            continue;
        }
        let mut command = unshare(user, program);
        let output = command.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let why = format!("no namespace can be made: unshare {kind} sh -c {setup:?} fails");
    assert!(env::var_os("FOOTLIGHT_REQUIRE_NETNS").is_none(), "{why}");
    eprintln!("skipped: {why}; it takes root, `unshare`, `ip` and `mount`");
}
