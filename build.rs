//! Compresses the texts in the program: the files of `footlight new`, and the host's own pages.

use std::{
    env,
    error::Error,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
};

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
    compress(&archive, "templates")?;
    compress(&read(Path::new("src/server/console.html"))?, "console.html")?;
    let client = without_comments(&read(Path::new("src/server/footlight.js"))?);
    compress(&client, "footlight.js")?;
    let mut hasher = DefaultHasher::new();
    client.hash(&mut hasher);
    println!("cargo::rustc-env=FOOTLIGHT_JS_TAG=\"{:x}\"", hasher.finish());
    Ok(())
}

/// Writes a text, compressed, where the program includes it.
fn compress(text: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let compressed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 10);
    let out = env::var_os("OUT_DIR").ok_or("Cargo has set no OUT_DIR")?;
    Ok(fs::write(Path::new(&out).join(name), compressed)?)
}

/// A script without its indentation and its comments, each of which has lines of its own.
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    code.flat_map(|line| [line, "\n"]).collect()
}

/// The text of a file, on which this program then depends.
fn read(file: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", file.display());
    Ok(fs::read_to_string(file)?)
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
    let text = read(file)?;
    if text.contains('\0') {
        return Err(format!("{}: has a byte 0", file.display()).into());
    }
    *archive += &[place, "\0", &text, "\0"].concat();
    Ok(())
}
