//! The command line: options that take a number or a path, and `--quick`.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use lexopt::prelude::*;

use super::child::WORD;

/// What was given on the command line.
pub(crate) struct Arguments {
    /// Whether to check only that everything works.
    pub(crate) quick: bool,
    /// The words that are not options.
    pub(crate) words: Vec<String>,
    /// The values of the other options, by name.
    values: BTreeMap<String, String>,
}

impl Arguments {
    /// Reads the arguments. The options in `known` take a value. Without the `--bench` of `cargo
    /// bench`, for example under `cargo test`, the run is quick too.
    pub(crate) fn read(known: &[&str]) -> super::Result<Self> {
        let (mut bench, mut quick) = (false, false);
        let (mut words, mut values) = (Vec::new(), BTreeMap::new());
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("bench") => bench = true,
                Long("quick") => quick = true,
                Long(name) if known.contains(&name) => {
                    let name = name.to_owned();
                    values.insert(name, parser.value()?.string()?);
                }
                Value(word) => words.push(word.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Self { quick: quick || !bench, words, values })
    }

    /// The value of an option. The default is `usual`, or `quick` in a quick run.
    pub(crate) fn number<T: FromStr>(&self, name: &str, usual: T, quick: T) -> super::Result<T> {
        Ok(self.given(name)?.unwrap_or(if self.quick { quick } else { usual }))
    }

    /// The same, for a number that must be at least 1.
    pub(crate) fn count<T: FromStr + Default + PartialEq>(
        &self,
        name: &str,
        usual: T,
        quick: T,
    ) -> super::Result<T> {
        let count = self.number(name, usual, quick)?;
        if count == T::default() {
            return Err(format!("--{name} must be at least 1").into());
        }
        Ok(count)
    }

    /// A number that was given.
    pub(crate) fn given<T: FromStr>(&self, name: &str) -> super::Result<Option<T>> {
        let number = self.values.get(name).map(|number| {
            number.parse().map_err(|_| format!("--{name} {number}: not such a number"))
        });
        Ok(number.transpose()?)
    }

    /// If this process is a [`super::child`], what it is told.
    pub(crate) fn child(&self) -> Option<Vec<&str>> {
        let (first, rest) = self.words.split_first()?;
        (first == WORD).then(|| rest.iter().map(String::as_str).collect())
    }

    /// What was given for an option, separated by commas.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.values.get(name).map(|values| values.split(',').collect())
    }

    /// The path of an option. The default is `usual`.
    pub(crate) fn path(&self, name: &str, usual: impl Into<PathBuf>) -> PathBuf {
        self.values.get(name).map_or_else(|| usual.into(), PathBuf::from)
    }
}
