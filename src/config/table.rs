//! Walks over parsed TOML and collects mistakes.
//!
//! A [`Document`] collects mistakes, so that one pass finds all of them. A [`Table`] remembers the
//! keys that were read, so that it can refuse the others. A [`Value`] knows its place in the text.
//! Reading goes on after a mistake, with `None` for the value.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, Mistake};
use super::nearest::nearest;

/// The most characters of a wrong value that a message repeats.
const SHOWN: usize = 60;

/// The text, and the mistakes found in it so far.
pub struct Document<'t> {
    /// For messages, and as the base of relative paths.
    file: &'t Path,
    /// The offset of each line in the text. The parser gives offsets, and messages give lines.
    line_starts: Vec<usize>,
    /// In a cell, because all tables and values of the document share it.
    mistakes: RefCell<Vec<Mistake>>,
    /// What is no mistake, and is perhaps not meant so.
    warnings: RefCell<Vec<Mistake>>,
}

impl<'t> Document<'t> {
    /// A document without mistakes so far.
    pub fn new(file: &'t Path, text: &str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(offset, _)| offset + 1);
        let line_starts = std::iter::once(0).chain(after_newlines).collect();
        Self { file, line_starts, mistakes: RefCell::default(), warnings: RefCell::default() }
    }

    /// The root table. Its place is the first line.
    pub fn root<'d>(&'d self, entries: &'d DeTable<'d>) -> Table<'d> {
        let place = Location { document: self, key: String::new(), offset: 0 };
        Table { place, entries, known: Vec::new(), old: Vec::new() }
    }

    /// Records a mistake that the TOML parser has found.
    pub(crate) fn not_toml(&self, offset: usize, message: &str) {
        let (file, line) = (self.file.to_owned(), Some(self.line(offset)));
        let problem = format!("not TOML: {message}");
        let mistake = Mistake { file, line, key: None, problem, advice: None };
        self.mistakes.borrow_mut().push(mistake);
    }

    /// The line at this offset, counted from 1.
    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The warnings so far, in the order of their lines.
    pub(crate) fn warnings(&self) -> Vec<Mistake> {
        let mut warnings = self.warnings.take();
        warnings.sort_by_key(|warning| warning.line);
        warnings
    }

    /// Returns `value` if there were no mistakes, and otherwise all mistakes in the order of their
    /// lines.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, ManifestError> {
        let mut mistakes = self.mistakes.into_inner();
        if mistakes.is_empty() {
            return Ok(value);
        }
        mistakes.sort_by_key(|mistake| mistake.line);
        // Keep only the TOML parser's first message about a line. The others usually follow from
        // it.
        mistakes.dedup_by(|next, kept| next.key.is_none() && next.line == kept.line);
        Err(ManifestError { mistakes })
    }
}

/// A place in the text, for messages.
#[derive(Clone)]
pub struct Location<'d> {
    /// Collects the mistakes.
    document: &'d Document<'d>,
    /// The key with all its parents, empty for the root.
    key: String,
    /// The byte offset in the text. The line is counted from it for messages.
    offset: usize,
}

impl<'d> Location<'d> {
    /// The place of a value inside this one.
    fn inner(&self, key: &str, offset: usize) -> Self {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let quoted = key.is_empty() || !key.chars().all(bare);
        let key = if quoted { shorten(&format!("{key:?}")) } else { shorten(key) };
        let dot = if self.key.is_empty() { "" } else { "." };
        Self { document: self.document, key: format!("{}{dot}{key}", self.key), offset }
    }

    /// Records a mistake at this place.
    pub fn refuse(&self, problem: impl Into<String>, advice: impl Into<String>) {
        self.document.mistakes.borrow_mut().push(self.mistake(problem.into(), advice.into()));
    }

    /// Records a warning about this place.
    pub(crate) fn warn(&self, problem: impl Into<String>, advice: impl Into<String>) {
        self.document.warnings.borrow_mut().push(self.mistake(problem.into(), advice.into()));
    }

    /// A mistake at this place.
    fn mistake(&self, problem: String, advice: String) -> Mistake {
        Mistake {
            file: self.document.file.to_owned(),
            line: Some(self.document.line(self.offset)),
            key: Some(self.key.clone()),
            problem,
            advice: Some(advice),
        }
    }
}

/// A table. Its keys are read one by one, and [`finish`](Table::finish) refuses the rest.
pub struct Table<'d> {
    /// The place of the table's header, or of the first key that mentions it.
    place: Location<'d>,
    entries: &'d DeTable<'d>,
    /// The keys that were read so far, which are the known ones.
    known: Vec<&'static str>,
    /// The keys that are accepted and have no effect.
    old: Vec<&'static str>,
}

impl<'d> Table<'d> {
    /// The value of an optional key.
    pub fn get(&mut self, key: &'static str) -> Option<Value<'d>> {
        self.known.push(key);
        let found = self.entries.get(key)?;
        let place = self.place.inner(key, found.span().start);
        Some(Value { place, value: found.get_ref() })
    }

    /// Accepts a key that has no effect, and warns about it.
    pub(crate) fn accept_old(&mut self, key: &'static str) {
        self.old.push(key);
        if self.entries.contains_key(key) {
            self.place_of(key)
                .warn("has no effect", "this host accepts it from manifests of Theater");
        }
    }

    /// The value of a key under the name that it had before. No message names it.
    pub(crate) fn get_old(&mut self, key: &'static str) -> Option<Value<'d>> {
        let value = self.get(key);
        self.old.extend(self.known.pop());
        value
    }

    /// The place of a key's value, or of the table if the key is missing.
    pub(crate) fn place_of(&self, key: &'static str) -> Location<'d> {
        let found = self.entries.get(key);
        self.place.inner(key, found.map_or(self.place.offset, |found| found.span().start))
    }

    /// The value of a required key. `advice` says what to add if it is missing.
    pub fn require(&mut self, key: &'static str, advice: &str) -> Option<Value<'d>> {
        let found = self.get(key);
        if found.is_none() {
            self.place_of(key).refuse("missing", advice);
        }
        found
    }

    /// The table's own place.
    pub(crate) fn place(&self) -> Location<'d> {
        self.place.clone()
    }

    /// All its keys with their values, for a table whose keys are the user's own.
    pub(crate) fn into_pairs(self) -> Vec<(&'d str, Value<'d>)> {
        let mut pairs = Vec::new();
        for (key, found) in self.entries {
            let name: &str = key.get_ref();
            let place = self.place.inner(name, found.span().start);
            pairs.push((name, Value { place, value: found.get_ref() }));
        }
        pairs
    }

    /// Whether a key was read so far, or is accepted without effect.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.known.iter().chain(&self.old).any(|known| *known == key)
    }

    /// Refuses every key that was not read.
    pub(crate) fn finish(self) {
        self.finish_or(&|_| None);
    }

    /// The same. `elsewhere` says where a key belongs that is not near one of these.
    pub(crate) fn finish_or(self, elsewhere: &dyn Fn(&str) -> Option<String>) {
        let listed: Vec<String> = self.known.iter().map(|key| format!("`{key}`")).collect();
        let listed = listed.join(", ");
        for key in self.entries.keys() {
            let (name, offset) = (key.get_ref(), key.span().start);
            if self.knows(name) {
                continue;
            }
            let advice = match nearest(name, &self.known) {
                Some(meant) => format!("did you mean `{meant}`? The keys here are {listed}"),
                None => {
                    let elsewhere = elsewhere(name).map(|text| text + "; ").unwrap_or_default();
                    format!("{elsewhere}the keys here are {listed}")
                }
            };
            self.place.inner(name, offset).refuse("unknown key", advice);
        }
    }
}

/// A value and its place.
#[derive(Clone)]
pub struct Value<'d> {
    /// For messages. A table has the place of its header.
    pub place: Location<'d>,
    /// As parsed.
    value: &'d DeValue<'d>,
}

impl<'d> Value<'d> {
    /// The value for a message: short, and on one line.
    pub fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => shorten(&format!("{:?}", without_user(text))),
            // The parser accepts some control characters in numbers.
            DeValue::Integer(number) => shorten(&number.to_string().escape_debug().to_string()),
            DeValue::Float(number) => shorten(&number.to_string().escape_debug().to_string()),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// The value as a name in a message.
    pub fn named(&self) -> String {
        let name = self.as_str().unwrap_or_default();
        format!("`{}`", shorten(&name.escape_debug().to_string()))
    }

    /// Records that the value is not `what` belongs here.
    pub(crate) fn refuse_as(&self, what: &str, advice: impl Into<String>) {
        self.place.refuse(format!("{} is not {what}", self.shown()), advice);
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    /// The number, if this is an integer. A number out of the type's range becomes the type's
    /// maximum, which no key accepts.
    pub(crate) fn as_integer(&self) -> Option<i128> {
        let number = self.value.as_integer()?;
        Some(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX))
    }

    /// The text. Anything but a string is refused.
    pub fn string(&self) -> Option<&'d str> {
        let text = self.as_str();
        if text.is_none() {
            self.refuse_as("a string", "write one text in quotes");
        }
        text
    }

    /// The boolean, if this is one.
    pub(crate) fn as_boolean(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// The boolean. Anything else is refused.
    pub(crate) fn boolean(&self) -> Option<bool> {
        let value = self.as_boolean();
        if value.is_none() {
            self.refuse_as("a boolean", "write true or false, without quotes");
        }
        value
    }

    /// The path, joined to the manifest's folder unless it is absolute.
    pub fn path(&self) -> Option<PathBuf> {
        let text = self.string()?;
        if text.is_empty() || text.contains('\0') {
            self.refuse_as("a path", "write a path, relative to the manifest's folder");
            return None;
        }
        let folder = self.place.document.file.parent().unwrap_or(Path::new(""));
        Some(folder.join(text))
    }

    /// The table. Anything else is refused with `advice`.
    pub fn table(&self, advice: &str) -> Option<Table<'d>> {
        let entries = self.value.as_table();
        if entries.is_none() {
            self.refuse_as("a table", advice);
        }
        let place = self.place.clone();
        entries.map(|entries| Table { place, entries, known: Vec::new(), old: Vec::new() })
    }

    /// The items, if this is an array.
    pub fn items(&self) -> Option<Vec<Value<'d>>> {
        let array = self.value.as_array()?;
        let item = |(index, item): (usize, &'d toml::Spanned<DeValue<'d>>)| {
            let (document, offset) = (self.place.document, item.span().start);
            let key = format!("{}[{index}]", self.place.key);
            Value { place: Location { document, key, offset }, value: item.get_ref() }
        };
        Some(array.iter().enumerate().map(item).collect())
    }
}

/// An address without its user and its password, which no message may show.
fn without_user(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@').and_then(|at| rest.get(at..)) {
        Some(rest) => format!("{scheme}://...{rest}").into(),
        None => text.into(),
    }
}

/// Cuts a text that is too long for a message.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
