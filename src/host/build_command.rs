//! The command that builds a module that does not exist yet: its manifest's, or by the files near it.

use std::{fs, path::Path};

use crate::manifest::Manifest;

/// How many folders above the module are looked at.
const MAX_FOLDERS: usize = 6;
/// The target of modules that do not stand in a folder with a target's name.
const TARGET: &str = "wasm32-unknown-unknown";
/// What builds a project other than Cargo's, by a file in its folder.
const OTHERS: &[(&str, &str)] = &[
    ("package.json", "npm run build"),
    ("build.zig", "zig build"),
    ("Makefile", "make"),
    ("makefile", "make"),
    ("GNUmakefile", "make"),
];

/// The command, and where to run it if that is not here. `None` if neither the manifest nor anything
/// near the module tells.
pub(super) fn build_command(module: &Path, manifest: Option<&Manifest>) -> Option<String> {
    if let Some((manifest, build)) = manifest.and_then(|one| Some((one, one.build.as_ref()?))) {
        let folder = manifest.file.parent().unwrap_or(Path::new(""));
        let said = placed(first_line(&build.command), folder);
        return Some([&said, " (`footlight dev` does that)"].concat());
    }
    let folders = module.ancestors().skip(1).take(MAX_FOLDERS);
    let (folder, command) =
        folders.filter_map(|folder| Some((folder, command(folder, module)?))).next()?;
    Some(placed(command, folder))
}

/// A command, and where to run it if that is not here.
fn placed(command: String, folder: &Path) -> String {
    let is_here = folder == Path::new("") || folder == Path::new(".");
    let place = if is_here { String::new() } else { format!(" in {}", folder.display()) };
    format!("`{command}`{place}")
}

/// A command's first line, since an error is one line.
fn first_line(command: &str) -> String {
    let mut lines = command.trim().lines();
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { " …" } else { "" };
    [first, more].concat()
}

/// The command for the project in a folder.
fn command(folder: &Path, module: &Path) -> Option<String> {
    if folder.join("Cargo.toml").is_file() {
        return Some(cargo(folder, module));
    }
    let there = |(file, _): &&(&str, &str)| folder.join(file).is_file();
    OTHERS.iter().find(there).map(|(_, command)| (*command).into())
}

/// Cargo's command. The module's path has its target and its profile, as in
/// `target/wasm32-unknown-unknown/release/actor.wasm`.
fn cargo(folder: &Path, module: &Path) -> String {
    let parts = module.strip_prefix(folder).unwrap_or(module).iter();
    let mut parts = parts.filter_map(|part| part.to_str()).skip_while(|part| *part != "target");
    let target = parts.find(|part| part.starts_with("wasm32-"));
    let profile = parts.next().filter(|_| target.is_some()).unwrap_or("release");
    let target = target.unwrap_or(TARGET);
    // Cargo builds for it by itself if its configuration says so.
    let configured = fs::read_to_string(folder.join(".cargo/config.toml")).unwrap_or_default();
    let mut command = String::from("cargo build");
    match profile {
        "debug" => {}
        "release" => command += " --release",
        other => command += &[" --profile ", other].concat(),
    }
    if !configured.contains(&["target = \"", target, "\""].concat()) {
        command += &[" --target ", target].concat();
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_near_a_module_tell_what_builds_it() {
        let root = tempfile::tempdir().unwrap();
        let with = |name: &str, files: &[(&str, &str)], module: &str| {
            let folder = root.path().join(name);
            for (file, text) in files {
                let file = folder.join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            let command = build_command(&folder.join(module), None)?;
            Some(command.replace(folder.to_str().unwrap(), "IT"))
        };
        let config = (".cargo/config.toml", "[build]\ntarget = \"wasm32-unknown-unknown\"\n");
        let cargo = ("Cargo.toml", "");
        let built = "target/wasm32-unknown-unknown/release/a.wasm";
        for (name, files, module, expected) in [
            ("a", &[cargo, config][..], built, "`cargo build --release` in IT"),
            ("b", &[cargo], built, "`cargo build --release --target wasm32-unknown-unknown` in IT"),
            (
                "c",
                &[cargo, config],
                "target/wasm32-wasip1/debug/a.wasm",
                "`cargo build --target wasm32-wasip1` in IT",
            ),
            (
                "d",
                &[cargo],
                "target/wasm32-wasip1/small/a.wasm",
                "`cargo build --profile small --target wasm32-wasip1` in IT",
            ),
            ("e", &[cargo, config], "a.wasm", "`cargo build --release` in IT"),
            ("f", &[("package.json", "{}")], "build/a.wasm", "`npm run build` in IT"),
            ("g", &[("Makefile", "")], "a.wasm", "`make` in IT"),
        ] {
            assert_eq!(with(name, files, module).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(with("h", &[("README", "")], "a.wasm"), None);
    }

    #[test]
    fn the_manifests_own_command_is_named_before_what_the_files_tell() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Makefile"), "").unwrap();
        let module = root.path().join("a.wasm");
        let with = |folder: &Path, build: &str| {
            let text = [
                "name = \"a\"\ncomponent_path = \"a.wasm\"\n",
                build,
                "\n[[handlers]]\ntype = \"websocket-server\"\nconfig = { port = 1 }\n",
            ];
            let manifest = Manifest::parse(&folder.join("manifest.toml"), &text.concat()).unwrap();
            let command = build_command(&module, Some(&manifest)).unwrap();
            command.replace(root.path().to_str().unwrap(), "IT")
        };
        let dev = "(`footlight dev` does that)";
        let own = "[build]\ncommand = \"npm install && npm run build\"";
        let here = format!("`npm install && npm run build` {dev}");
        assert_eq!(with(Path::new(""), own), here);
        let there = format!("`npm install && npm run build` in IT {dev}");
        assert_eq!(with(root.path(), own), there);
        let lines = "[build]\ncommand = \"\"\"\nzig build\nls\n\"\"\"";
        assert_eq!(with(Path::new(""), lines), format!("`zig build …` {dev}"));
        assert_eq!(with(Path::new(""), ""), "`make` in IT");
    }
}
