//! Compresses the part of the console page that inspects an actor.

use std::{env, error::Error, fs, path::Path};

use miniz_oxide::deflate::compress_to_vec;

/// The file, and what it becomes in `OUT_DIR`.
const INSPECTOR: (&str, &str) = ("src/server/inspector.js", "inspector.js.gz");

fn main() -> Result<(), Box<dyn Error>> {
    let (file, to) = INSPECTOR;
    println!("cargo::rerun-if-changed={file}");
    let out = env::var_os("OUT_DIR").ok_or("Cargo has set no OUT_DIR")?;
    Ok(fs::write(Path::new(&out).join(to), gzip(&fs::read(file)?)?)?)
}

/// Compresses bytes in the form gzip (RFC 1952), which clients of HTTP take.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    // Deflate, no flags, no time, the best compression, an unknown system.
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff];
    file.extend(compress_to_vec(bytes, 10));
    file.extend(crc32(bytes).to_le_bytes());
    file.extend(u32::try_from(bytes.len())?.to_le_bytes());
    Ok(file)
}

/// The checksum of gzip (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    let shift = |sum: u32| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| shift(sum)))
}
