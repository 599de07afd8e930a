//! Compresses what is in the program: the files of `footlight new`, the host's own pages, and the engine for
//! scripts.

use std::{
    env,
    error::Error,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use sha1::{Digest as _, Sha1};

/// The folder with the templates. Each has a folder, and so do those that share files. The file beside
/// them is the program's.
const TEMPLATES: &str = "src/new";
/// The engine for scripts in JavaScript.
const ENGINE: &str = "engines/javascript/javascript.wasm";
/// The interfaces, which are a part of the projects, by their place in the archive.
const INTERFACES: [(&str, &str); 5] = [
    ("javascript/footlight.d.ts", "engines/javascript/footlight.d.ts"),
    ("hello/host/host.wit", "wit-core/wit/host/host.wit"),
    ("hello/wit/theater.wit", "wit-core/wit/guide/theater.wit"),
    ("host/wit/deps/footlight/host.wit", "wit-core/wit/host/host.wit"),
    ("host/wit/deps/theater/theater.wit", "wit-core/wit/guide/theater.wit"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    collect(Path::new(TEMPLATES), &mut files)?;
    // Files of one name are alike, so they are smaller beside each other. This order is the smallest.
    files.sort_by(|a, b| name(&a.0).cmp(name(&b.0)).then(b.0.cmp(&a.0)));
    for (place, file) in INTERFACES {
        add(place, Path::new(file), &mut files)?;
    }
    let archive: String =
        files.iter().flat_map(|(place, text)| [place, "\0", text, "\0"]).collect();
    compress(archive.as_bytes(), "templates")?;
    compress(read(Path::new("src/server/console.html"))?.as_bytes(), "console.html")?;
    let inspector = without_comments(&read(Path::new("src/server/inspector.js"))?);
    compress(inspector.as_bytes(), "inspector.js")?;
    let client = without_comments(&read(Path::new("src/server/footlight.js"))?);
    compress(client.as_bytes(), "footlight.js")?;
    if env::var_os("CARGO_FEATURE_JAVASCRIPT").is_some() {
        println!("cargo::rerun-if-changed={ENGINE}");
        let engine = fs::read(ENGINE)?;
        // Taking it out takes a fifth of the time until a script's first event. Boards of 32 bits have the least space.
        if env::var("CARGO_CFG_TARGET_POINTER_WIDTH")? == "64" {
            fs::write(out("javascript.wasm")?, &engine)?;
        } else {
            compress(&engine, "javascript.wasm")?;
        }
        fs::write(out("javascript.sha1")?, Sha1::digest(&engine))?;
    }
    let mut hasher = DefaultHasher::new();
    client.hash(&mut hasher);
    println!("cargo::rustc-env=FOOTLIGHT_JS_TAG=\"{:x}\"", hasher.finish());
    Ok(())
}

/// Writes a content, compressed, where the program includes it: see `src/compressed.rs`.
fn compress(content: &[u8], name: &str) -> Result<(), Box<dyn Error>> {
    let mut compressed = u32::try_from(content.len())?.to_le_bytes().to_vec();
    compressed.extend(miniz_oxide::deflate::compress_to_vec_zlib(content, 10));
    Ok(fs::write(out(name)?, compressed)?)
}

/// A file that the program includes.
fn out(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    Ok(Path::new(&env::var_os("OUT_DIR").ok_or("Cargo has set no OUT_DIR")?).join(name))
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

/// The last part of a place.
fn name(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

/// Adds all files in a folder.
fn collect(folder: &Path, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if folder != Path::new(TEMPLATES) {
            let place = path.strip_prefix(TEMPLATES)?.to_str().ok_or("a name is not text")?;
            add(place, &path, files)?;
        }
    }
    Ok(())
}

/// Adds a file: its place and its text, neither of which has a byte 0.
fn add(place: &str, file: &Path, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    let text = read(file)?;
    if text.contains('\0') {
        return Err(format!("{}: has a byte 0", file.display()).into());
    }
    files.push((place.into(), text));
    Ok(())
}
