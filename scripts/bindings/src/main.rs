//! Prints the Rust bindings for a world, as
//! `wit-bindgen rust FOLDER --world WORLD --generate-all --format` writes them.

use std::{error::Error, io::Write as _};

use wit_bindgen_core::{Files, WorldGenerator as _, wit_parser::Resolve};
use wit_bindgen_rust::Opts;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, world] = &args[..] else { return Err("usage: FOLDER WORLD".into()) };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(folder)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    let options = Opts { format: true, generate_all: true, ..Opts::default() };
    options.build().generate(&mut resolve, world, &mut files)?;
    for (_, text) in files.iter() {
        std::io::stdout().write_all(text)?;
    }
    Ok(())
}
