//! Compresses the files of `footlight new`, which are text and repeat themselves.

use std::{env, error::Error, fs, path::Path};

/// The folder with the templates. Each has a folder, and so do those that share files.
const TEMPLATES: &str = "src/new";
/// The interfaces, which are a part of the projects, by their place in the archive.
const INTERFACES: [(&str, &str); 4] = [
    ("hello/host/host.wit", "wit-core/wit/host/host.wit"),
    ("hello/wit/theater.wit", "wit-core/wit/guide/theater.wit"),
    ("host/wit/deps/footlight/host.wit", "wit-core/wit/host/host.wit"),
    ("host/wit/deps/theater/theater.wit", "wit-core/wit/guide/theater.wit"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut archive = String::new();
    collect(Path::new(TEMPLATES), &mut archive)?;
    for (place, file) in INTERFACES {
        add(place, Path::new(file), &mut archive)?;
    }
    let compressed = miniz_oxide::deflate::compress_to_vec(archive.as_bytes(), 10);
    let out = env::var_os("OUT_DIR").ok_or("Cargo has set no OUT_DIR")?;
    Ok(fs::write(Path::new(&out).join("templates"), compressed)?)
}

/// Adds all files in a folder, in the order of their names.
fn collect(folder: &Path, archive: &mut String) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, archive)?;
        } else {
            let place = path.strip_prefix(TEMPLATES)?.to_str().ok_or("a name is not text")?;
            add(place, &path, archive)?;
        }
    }
    Ok(())
}

/// Adds a file: its place and its text, each with its end.
fn add(place: &str, file: &Path, archive: &mut String) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(file)?;
    if text.contains('\0') {
        return Err(format!("{}: has a byte 0", file.display()).into());
    }
    *archive += &[place, "\0", &text, "\0"].concat();
    Ok(())
}
