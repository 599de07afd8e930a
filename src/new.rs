//! The project that `footlight new` creates: an actor that builds and runs unchanged.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    compressed,
    config::nearest::nearest,
    languages::{self, Language, RUST},
    script::ScriptError,
};

/// The files of all templates, which `build.rs` has compressed: each is a place and a text, both with
/// a byte 0 at the end. The first part of a place is the template or the part that it belongs to.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/templates"));

/// The template of a project whose user names none.
const PLAIN: &str = "hello";
/// The files of every template in Rust.
const SHARED: &str = "all";
/// The files of those templates that call the host.
const WITH_HOST: &str = "host";
/// The template that is there in all languages.
const COUNTER: &str = "counter";
/// The templates that a user may name. Each has a page, which is the same in all languages.
pub const TEMPLATES: &[&str] = &[COUNTER, "rooms", "dashboard", "api"];
const PAGE: &str = "page/index.html";

/// The actor's name in the template.
const NAME: &str = "actor-name";
/// The name of the template's module file: the compiler replaces `-` by `_`.
const LIBRARY: &str = "actor_name";

/// Other names of languages, with ours.
const OTHER_NAMES: [(&str, &str); 4] = [
    ("js", "javascript"),
    ("ecmascript", "javascript"),
    ("ts", "javascript, whose footlight.d.ts lets an editor check types, or assemblyscript"),
    (
        "typescript",
        "javascript, whose footlight.d.ts lets an editor check types, or assemblyscript",
    ),
];

/// The longest name, in letters, as in manifests.
const MAX_NAME: usize = 64;

/// The host's own name in its log, which an actor must not use.
const TAKEN: &str = "footlight";

/// A project to create.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
    /// Names the actor and its crate.
    name: String,
    /// One of [`TEMPLATES`], or [`PLAIN`].
    template: &'static str,
    language: &'static Language,
}

/// Why a project can't be created. The user's fault, or the file system's.
#[derive(Debug)]
#[non_exhaustive]
pub enum NewError {
    /// An actor can't have this name.
    Name {
        /// As given, for the message.
        name: String,
        /// Whether it comes from the path. If so, the error suggests `--name`.
        from_path: bool,
    },
    /// The path exists and is not an empty folder.
    Occupied(PathBuf),
    /// A file or a folder can't be created.
    Unwritable(PathBuf, io::Error),
    /// There is no template of this name.
    Template(String),
    /// There is no language of this name.
    Language(String),
    /// A template, and a language that has only the counter.
    OnlyCounter(&'static str),
}

impl Project {
    /// A project in this folder. The actor gets `name` or, without one, the folder's name.
    ///
    /// # Errors
    /// [`NewError::Name`] if an actor can't have this name. [`NewError::Template`] and [`NewError::Language`]
    /// if there is no such template or language, [`NewError::OnlyCounter`] if the language has no templates.
    pub fn new(
        folder: &Path,
        name: Option<&str>,
        template: Option<&str>,
        language: Option<&str>,
    ) -> Result<Self, NewError> {
        let named =
            |name: &str| languages::find(name).ok_or_else(|| NewError::Language(name.into()));
        let language = language.map(named).transpose()?;
        let template = match (template, language) {
            (None, None) => PLAIN,
            (None, Some(_)) => COUNTER,
            (Some(_), Some(other)) if !other.has_templates => {
                return Err(NewError::OnlyCounter(other.name));
            }
            (Some(template), _) => {
                let mut all = TEMPLATES.iter().copied();
                let found = all.find(|name| *name == template);
                found.ok_or_else(|| NewError::Template(template.into()))?
            }
        };
        let from_path = name.is_none();
        let name = match name {
            Some(name) => name.to_owned(),
            None => last_part(folder),
        };
        if !is_name(&name) {
            return Err(NewError::Name { name, from_path });
        }
        let language = language.unwrap_or(RUST);
        Ok(Self { folder: folder.to_owned(), name, template, language })
    }

    /// Creates the folder and its files. Never overwrites anything.
    ///
    /// # Errors
    /// [`NewError::Occupied`] if the folder exists and is not empty. [`NewError::Unwritable`] if
    /// the file system refuses something; files that were created before remain.
    pub fn write(&self) -> Result<(), NewError> {
        let occupied = match fs::read_dir(&self.folder) {
            Ok(mut entries) => entries.next().is_some(),
            // For instance, it is a file.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if occupied {
            return Err(NewError::Occupied(self.folder.clone()));
        }
        for (place, text) in self.files() {
            let file = self.folder.join(place);
            self.write_file(&file, &text).map_err(|error| NewError::Unwritable(file, error))?;
        }
        Ok(())
    }

    /// The files, by their path in the project. [`NAME`] and [`LIBRARY`] in their text are replaced.
    fn files(&self) -> Vec<(String, String)> {
        let archive = compressed::text(ARCHIVE);
        let mut parts = archive.split('\0');
        let mut files = Vec::new();
        while let (Some(place), Some(text)) = (parts.next(), parts.next()) {
            let Some((owner, place)) = place.split_once('/') else { continue };
            let belongs = if self.language == RUST {
                let calls_host = self.template != PLAIN;
                owner == SHARED || owner == self.template || (owner == WITH_HOST && calls_host)
            } else {
                owner == self.language.name || (owner == self.template && place == PAGE)
            };
            // A language with all templates has a folder for each.
            let of_template = place.split_once('/').filter(|(first, _)| TEMPLATES.contains(first));
            let (of, place) = of_template.unwrap_or((self.template, place));
            if belongs && of == self.template {
                files.push((place.into(), text.into()));
            }
        }
        files
    }

    /// Creates one file and its folders.
    fn write_file(&self, file: &Path, text: &str) -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(file)?
            .write_all(self.named(text).as_bytes())
    }

    /// A text of the template with the project's name.
    fn named(&self, text: &str) -> String {
        text.replace(NAME, &self.name).replace(LIBRARY, &self.name.replace('-', "_"))
    }

    /// The next steps, for the user.
    pub fn next_steps(&self) -> String {
        let mut steps = ["Made the actor ", &self.name, ". Next:\n\n"].concat();
        if self.folder != Path::new(".") {
            steps += &["    cd ", &pasteable(&self.folder.to_string_lossy()), "\n"].concat();
        }
        let build = self.named(self.language.build);
        // The comments are below each other if the command is short.
        let gap = " ".repeat(build.len().clamp(13, 46) - 13);
        if !build.is_empty() {
            steps += &["    ", &build, "  # needs: ", self.language.needs, "\n"].concat();
        }
        steps += &["    footlight run", &gap, "  # then open http://127.0.0.1:8080/\n\n"].concat();
        let builds = if build.is_empty() { "" } else { "builds it, " };
        steps +=
            &["Or `footlight dev`, which ", builds, "serves it, and takes over each change.\n"]
                .concat();
        if build.is_empty() && !cfg!(feature = "javascript") {
            steps += &["This footlight can't run it: ", &ScriptError::NoEngine.to_string(), ".\n"]
                .concat();
        }
        steps
    }
}

/// The last part of a path, also for `.` and `..`. Empty if there is none.
fn last_part(folder: &Path) -> String {
    let full = match folder.file_name() {
        Some(_) => Ok(folder.to_owned()),
        None => folder.canonicalize(),
    };
    let full = full.unwrap_or_default();
    full.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether manifests and cargo both accept a name, cargo without a warning.
fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(allowed)
        && name.len() <= MAX_NAME
        && name != TAKEN
}

/// Quotes a path for a shell, if necessary.
fn pasteable(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    // Without this, `cd` would take it for an option.
    let before = if text.starts_with('-') { "./" } else { "" };
    if text.chars().all(plain) {
        [before, text].concat()
    } else {
        [before, "'", &text.replace('\'', "'\\''"), "'"].concat()
    }
}

impl fmt::Display for NewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, from_path } => {
                write!(
                    f,
                    "{name:?} can't be an actor's name: write 1 to {MAX_NAME} lower-case ASCII \
                     letters, digits, `-` and `_`, beginning with a letter, and not {TAKEN:?}"
                )?;
                if *from_path {
                    f.write_str("; --name NAME gives one that is not the folder's")?;
                }
                Ok(())
            }
            Self::Occupied(folder) => write!(
                f,
                "{}: exists and is not an empty folder; choose another path, because nothing is \
                 overwritten",
                folder.display()
            ),
            Self::Unwritable(path, error) => {
                write!(f, "{}: cannot be made: {error}", path.display())
            }
            Self::Template(name) => unknown(f, "template", name, TEMPLATES),
            Self::Language(name) => {
                match OTHER_NAMES.iter().find(|(other, _)| name.eq_ignore_ascii_case(other)) {
                    Some((_, ours)) => write!(f, "there is no language {name:?}: use {ours}"),
                    None => unknown(f, "language", name, languages::NAMES),
                }
            }
            Self::OnlyCounter(language) => write!(
                f,
                "in {language} there is only the counter; leave out --template, or write --lang rust or \
                 --lang javascript"
            ),
        }
    }
}

/// Says that there is no such thing of a kind, and what there is.
fn unknown(f: &mut fmt::Formatter<'_>, kind: &str, name: &str, known: &[&str]) -> fmt::Result {
    write!(f, "there is no {kind} {name:?}: ")?;
    match nearest(name, known) {
        Some(near) => write!(f, "did you mean {near:?}?"),
        None => write!(f, "use one of {}", known.join(", ")),
    }
}

impl std::error::Error for NewError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unwritable(_, error) => Some(error),
            Self::Name { .. }
            | Self::Occupied(_)
            | Self::Template(_)
            | Self::Language(_)
            | Self::OnlyCounter(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
