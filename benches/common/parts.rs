//! Benchmarks of several parts, which can be run alone.

use super::{Result, arguments::Arguments};

/// A part of a benchmark, with its name.
pub(crate) type Part = (&'static str, fn(&Arguments) -> Result<()>);

/// Runs the parts that are asked for, or all.
pub(crate) fn run(parts: &[Part], arguments: &Arguments) -> Result<()> {
    let known = |word: &String| parts.iter().any(|(name, _)| name == word);
    if let Some(word) = arguments.words.iter().find(|word| !known(word)) {
        return Err(format!("there is no part {word}").into());
    }
    for (name, part) in parts {
        if arguments.words.is_empty() || arguments.words.iter().any(|word| word == name) {
            println!("==> {name}");
            part(arguments)?;
            println!();
        }
    }
    Ok(())
}
