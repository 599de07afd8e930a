//! The environment that an actor sees through WASI: the manifest's `[env]`.

use std::sync::Arc;

use crate::config::{Table, Value};

/// The most bytes of all names and values together, with two bytes more for each pair.
const MOST: usize = 1 << 15;

/// Names and values, in the order of the names. The environment of the host's own process is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env(Arc<[(String, String)]>);

impl Env {
    /// The names and values.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The bytes of `NAME=value` with a NUL, for all pairs.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len() + 2).sum()
    }

    /// Reads `[env]`: each key is a name, and its value a text.
    pub(crate) fn read(table: Table<'_>) -> Self {
        let place = table.place();
        let pairs = table.into_pairs().into_iter().filter_map(pair);
        let env = Self(pairs.collect());
        if env.bytes() > MOST {
            let problem = format!("{} bytes, at most {MOST} are allowed", env.bytes());
            place.refuse(problem, "keep long values in a file that a handler `filesystem` grants");
        }
        env
    }
}

/// Reads a pair.
fn pair((name, value): (&str, Value<'_>)) -> Option<(String, String)> {
    if name.is_empty() || name.contains(['=', '\0']) {
        value.place.refuse("not a name of the environment", "write a name without `=`");
        return None;
    }
    let text = value.string()?;
    if text.contains('\0') {
        value.refuse_as("a value of the environment", "write a text without NUL");
        return None;
    }
    Some((name.to_owned(), text.to_owned()))
}
