//! The project that `footlight new` creates: an actor in Rust that builds and runs unchanged.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{compressed, config::nearest::nearest};

/// The files of all templates, which `build.rs` has compressed: each is a place and a text, both with
/// a byte 0 at the end. The first part of a place is the template or the part that it belongs to.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/templates"));
/// The size of all files is below this one, in bytes.
const MAX_ARCHIVE: usize = 1 << 20;

/// The template of a project whose user names none.
const PLAIN: &str = "hello";
/// The files of every template.
const SHARED: &str = "all";
/// The files of those templates that call the host.
const WITH_HOST: &str = "host";
/// The templates that a user may name. Each has a page.
pub const TEMPLATES: &[&str] = &["counter", "rooms", "dashboard", "api"];

/// The actor's name in the template.
const NAME: &str = "actor-name";
/// The name of the template's module file: the compiler replaces `-` by `_`.
const LIBRARY: &str = "actor_name";

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
}

impl Project {
    /// A project in this folder. The actor gets `name` or, without one, the folder's name.
    ///
    /// # Errors
    /// [`NewError::Name`] if an actor can't have this name. [`NewError::Template`] if there is no such
    /// template.
    pub fn new(
        folder: &Path,
        name: Option<&str>,
        template: Option<&str>,
    ) -> Result<Self, NewError> {
        let template = match template {
            None => PLAIN,
            Some(template) => {
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
        Ok(Self { folder: folder.to_owned(), name, template })
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
        let archive = compressed::text(ARCHIVE, MAX_ARCHIVE);
        let mut parts = archive.split('\0');
        let mut files = Vec::new();
        while let (Some(place), Some(text)) = (parts.next(), parts.next()) {
            let Some((owner, place)) = place.split_once('/') else { continue };
            let calls_host = self.template != PLAIN;
            if owner == SHARED || owner == self.template || (owner == WITH_HOST && calls_host) {
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
        let text = text.replace(NAME, &self.name).replace(LIBRARY, &self.name.replace('-', "_"));
        OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
    }

    /// The next steps, for the user.
    pub fn next_steps(&self) -> String {
        let mut steps = ["Made the actor ", &self.name, ". Next:\n\n"].concat();
        if self.folder != Path::new(".") {
            steps += &["    cd ", &pasteable(&self.folder.to_string_lossy()), "\n"].concat();
        }
        steps += "    cargo build --release  # needs: rustup target add wasm32-unknown-unknown\n";
        steps += "    footlight run          # then open http://127.0.0.1:8080/\n\n";
        steps += "Or `footlight dev`, which builds it, serves it, and takes over each change.\n";
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
            Self::Template(name) => {
                write!(f, "there is no template {name:?}: ")?;
                match nearest(name, TEMPLATES) {
                    Some(near) => write!(f, "did you mean {near:?}?"),
                    None => write!(f, "use one of {}", TEMPLATES.join(", ")),
                }
            }
        }
    }
}

impl std::error::Error for NewError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unwritable(_, error) => Some(error),
            Self::Name { .. } | Self::Occupied(_) | Self::Template(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    /// The manifest of a project with this name, if the name is valid.
    fn manifest(name: &str) -> Result<Manifest, String> {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("project");
        let project = Project::new(&folder, Some(name), None).map_err(|error| error.to_string())?;
        project.write().map_err(|error| error.to_string())?;
        Manifest::load(&folder).map_err(|error| error.to_string())
    }

    #[test]
    fn every_valid_name_makes_a_manifest_that_loads() {
        let longest = "x".repeat(MAX_NAME);
        for name in ["a", "chat-room", "chat_room", "x2", "match", longest.as_str()] {
            let manifest = manifest(name).unwrap();
            assert_eq!(manifest.name, name);
            let module = name.replace('-', "_") + ".wasm";
            assert!(manifest.component.ends_with(module), "{manifest:?}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_rule() {
        let too_long = "x".repeat(MAX_NAME + 1);
        for name in ["", "2x", "-x", "_x", "Hello", "a b", "a.b", "ä", "footlight", &too_long] {
            let error = manifest(name).unwrap_err();
            assert!(error.contains("1 to 64 lower-case ASCII letters, digits"), "{error}");
        }
    }

    #[test]
    fn the_names_of_the_template_are_replaced_in_every_file() {
        for template in TEMPLATES.iter().map(Some).chain([None]) {
            let folder = tempfile::tempdir().unwrap();
            let project =
                Project::new(folder.path(), Some("chat-room"), template.copied()).unwrap();
            project.write().unwrap();
            let manifest = Manifest::load(folder.path()).unwrap();
            assert_eq!(manifest.name, "chat-room");
            let files = project.files();
            for needed in ["Cargo.toml", ".cargo/config.toml", "src/lib.rs", "src/bindings.rs"] {
                assert_eq!(files.iter().filter(|(place, _)| place == needed).count(), 1);
            }
            for (place, _) in files {
                let text = fs::read_to_string(folder.path().join(&place)).unwrap();
                assert!(!text.contains(NAME) && !text.contains(LIBRARY), "{place}: {text}");
            }
        }
    }

    #[test]
    fn an_unknown_template_is_refused_with_those_that_there_are() {
        let refused =
            |name| Project::new(Path::new("x"), None, Some(name)).unwrap_err().to_string();
        assert_eq!(refused("count"), "there is no template \"count\": did you mean \"counter\"?");
        let all = "there is no template \"hello\": use one of counter, rooms, dashboard, api";
        assert_eq!(refused("hello"), all);
    }

    #[test]
    fn the_step_into_the_folder_can_be_pasted() {
        assert_eq!(pasteable("path/to/chat-room"), "path/to/chat-room");
        assert_eq!(pasteable("it's here"), r"'it'\''s here'");
        assert_eq!(pasteable("-x"), "./-x");
    }
}
