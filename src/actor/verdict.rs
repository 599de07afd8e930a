//! Says in words what the host does with an export or an import.

use std::fmt;

use wasmi::{ExternType, FuncType, ValType};
use wit_core::Signature;

use crate::{beginning::beginning, visible};

/// An export or an import.
#[derive(Clone, Debug)]
pub struct Item {
    /// The name, cut and escaped. For an import it begins with the module's name and a dot.
    pub name: String,
    /// The type in words, as `footlight check` prints it.
    pub ty: String,
    /// What the host does with it, and why.
    pub verdict: Verdict,
}

/// What the host does with an export or an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The host uses the export or provides the import. The text says what for.
    Used(&'static str),
    /// The module may import it, and traps if it calls it. The text says why and what to do.
    Traps(String),
    /// The host ignores it.
    Ignored,
    /// The host can't load the actor because of it. The text says why and what to do.
    Wrong(String),
}

/// The host shows at most this many characters of a name from a module.
const MAX_SHOWN: usize = 120;

impl Item {
    /// Describes an export or an import. The name comes from the guest, so it is cut and escaped. A
    /// type may be long, so it is cut too.
    pub fn new(name: &str, ty: &ExternType, verdict: Verdict) -> Self {
        Self { name: shown(name), ty: fit_type(describe(ty)), verdict }
    }
}

/// Cuts and escapes a name from a module for display.
pub fn shown(name: &str) -> String {
    fit(name, MAX_SHOWN)
}

/// Cuts a text with parts of a module to `limit` characters for display. Escapes characters that
/// are invisible or could make the text look like another one.
pub fn fit(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for (index, char) in text.chars().enumerate() {
        if index == limit {
            shown.push('…');
            break;
        }
        let plain = char == ' ' || (char.is_ascii_graphic() && char != '\\');
        if plain || (char.is_alphanumeric() && !visible::is_hidden(char)) {
            shown.push(char);
        } else {
            shown.extend(char.escape_unicode());
        }
    }
    shown
}

/// A function's signature, if all its parameters and results are `i32`.
pub fn signature(ty: &FuncType) -> Option<Signature> {
    let all = ty.params().iter().chain(ty.results()).all(|ty| *ty == ValType::I32);
    all.then(|| Signature { params: ty.params().len(), results: ty.results().len() })
}

/// A type in words.
pub(crate) fn describe(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(ty) => match signature(ty) {
            Some(signature) => signature.to_string(),
            None => format!("({}) → {}", list(ty.params()), results(ty.results())),
        },
        ExternType::Memory(memory) => match memory.maximum() {
            Some(maximum) => format!("memory of {} to {maximum} pages", memory.minimum()),
            None => format!("memory of {} pages or more", memory.minimum()),
        },
        ExternType::Table(_) => "table".into(),
        ExternType::Global(_) => "global".into(),
    }
}

/// Cuts a type in words, which is nearly always short.
fn fit_type(text: String) -> String {
    if text.len() <= MAX_SHOWN { text } else { format!("{}…", beginning(&text, MAX_SHOWN)) }
}

/// Types in the words of WebAssembly's text format.
fn list(types: &[ValType]) -> String {
    let words: Vec<_> = types.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect();
    words.join(", ")
}

/// The results of a function in words.
fn results(types: &[ValType]) -> String {
    if let [one] = types { list(&[*one]) } else { format!("({})", list(types)) }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Used(role) => f.write_str(role),
            Self::Traps(why) => write!(f, "traps if it is called: {why}"),
            Self::Ignored => f.write_str("not used"),
            Self::Wrong(why) => write!(f, "WRONG: {why}"),
        }
    }
}
