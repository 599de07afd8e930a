//! The command line: options that take a number, and `--quick`.

use std::{collections::BTreeMap, str::FromStr};

use lexopt::prelude::*;

/// What was given on the command line.
pub(crate) struct Arguments {
    /// Whether it is enough to see that everything works.
    pub(crate) quick: bool,
    /// The words that are no options.
    pub(crate) words: Vec<String>,
    /// The numbers, by their options.
    numbers: BTreeMap<String, String>,
}

impl Arguments {
    /// Reads the arguments, of which these options take a number. Without the `--bench` that
    /// `cargo bench` adds, as when `cargo test` runs this, it is quick too.
    pub(crate) fn read(known: &[&str]) -> super::Result<Self> {
        let (mut bench, mut quick) = (false, false);
        let (mut words, mut numbers) = (Vec::new(), BTreeMap::new());
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("bench") => bench = true,
                Long("quick") => quick = true,
                Long(name) if known.contains(&name) => {
                    let name = name.to_owned();
                    numbers.insert(name, parser.value()?.string()?);
                }
                Value(word) => words.push(word.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Self { quick: quick || !bench, words, numbers })
    }

    /// A number that was given, or else the usual one, or that of a quick run.
    pub(crate) fn number<T: FromStr>(&self, name: &str, usual: T, quick: T) -> super::Result<T> {
        match self.numbers.get(name) {
            None => Ok(if self.quick { quick } else { usual }),
            Some(number) => {
                number.parse().map_err(|_| format!("--{name} {number}: not such a number").into())
            }
        }
    }
}
