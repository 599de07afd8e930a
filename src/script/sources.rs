//! A script's files in memory.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustix::{fs::OFlags, io::Errno};

use super::{MAX_FILES, ScriptError, archive, imports::imports};
use crate::{
    regular::{self, Unread},
    sandboxed_dir::SandboxedDir,
};

/// The most files that are looked for, with those that are missing.
const MAX_WANTED: usize = 16 * MAX_FILES;

/// The files of a script.
#[derive(Debug)]
pub struct Sources {
    /// Each file's path, relative to the folder of the main one, with `/` between its parts, and its
    /// content. The main one is the first.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Sources {
    /// Reads a script's main file and all that it imports, directly or through others, inside of the main
    /// file's folder. A file that is missing is left out: the engine says who imports it. All together have
    /// at most `limit` bytes in an archive.
    ///
    /// # Errors
    /// [`ScriptError`]: a file can't be read or leads out of the folder, or there are too many or too large
    /// ones.
    pub fn read(main: &Path, limit: usize) -> Result<Self, ScriptError> {
        Self::find(main, limit, &mut Vec::new())
    }

    /// The paths of all files that a script imports, with those that are missing or that can't be read. The
    /// main one is the first.
    pub(crate) fn paths(main: &Path, limit: usize) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        // A script that can't be read has the paths that were found before.
        let _ = Self::find(main, limit, &mut paths);
        let folder = main.parent().unwrap_or(Path::new(""));
        [main.to_owned()].into_iter().chain(paths.iter().map(|path| folder.join(path))).collect()
    }

    /// Reads a script, and leaves the paths of all files but the main one in `wanted`.
    fn find(main: &Path, limit: usize, wanted: &mut Vec<String>) -> Result<Self, ScriptError> {
        let too_large = || ScriptError::TooLarge { limit };
        let spend = |left: usize, path: &str, content: &[u8]| {
            left.checked_sub(archive::size(path, content)).ok_or_else(too_large)
        };
        let left = limit.saturating_sub(archive::OVERHEAD);
        let main_name = main.file_name().and_then(|name| name.to_str());
        let name = main_name.ok_or(ScriptError::Name)?.to_owned();
        let content = regular::read(main, left).map_err(|unread| match unread {
            Unread::Io(error) => ScriptError::Io(error),
            Unread::TooLarge(_) => too_large(),
        })?;
        let folder = main.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = SandboxedDir::open(folder.unwrap_or(Path::new(".")));
        let folder = folder.map_err(ScriptError::Io)?;
        let mut left = spend(left, &name, &content)?;
        let mut files = vec![(name, content)];
        let mut next = 0;
        while let Some((from, content)) = files.get(next) {
            let source = str::from_utf8(content).ok().filter(|_| !from.ends_with(".json"));
            let found: Vec<_> = imports(from, source.unwrap_or_default()).collect();
            let from = from.clone();
            for path in found {
                let is_main = files.first().is_some_and(|(main, _)| *main == path);
                if is_main || wanted.contains(&path) {
                    continue;
                }
                if wanted.len() == MAX_WANTED {
                    return Err(ScriptError::TooMany);
                }
                wanted.push(path.clone());
                let file = folder.regular(&path, OFlags::RDONLY).map_err(Unread::Io);
                match file.and_then(|file| regular::content(file, left)) {
                    Ok(_) if files.len() == MAX_FILES => return Err(ScriptError::TooMany),
                    Ok(content) => {
                        left = spend(left, &path, &content)?;
                        files.push((path, content));
                    }
                    Err(Unread::Io(error)) if is_missing(&error) => {}
                    Err(Unread::Io(error)) => {
                        return Err(ScriptError::Import { from, path, error });
                    }
                    Err(Unread::TooLarge(_)) => return Err(too_large()),
                }
            }
            next += 1;
        }
        Ok(Self { files })
    }
}

/// Whether there is no such file. A folder is none.
fn is_missing(error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory];
    kinds.contains(&error.kind()) || Errno::from_io_error(error) == Some(Errno::NOTDIR)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    /// A folder with these files.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        folder
    }

    fn names(sources: &Sources) -> Vec<&str> {
        sources.files.iter().map(|(path, _)| &**path).collect()
    }

    #[test]
    fn a_script_has_all_files_that_it_imports_and_no_other() {
        let folder = folder(&[
            ("main.js", "import './lib/a.js'; import './gone.js'; import './lib'"),
            ("lib/a.js", "import '../main.js'; import './b.json'; import '../../out.js'"),
            ("lib/b.json", "\"from './c.js'\""),
            ("lib/c.js", ""),
        ]);
        let main = folder.path().join("main.js");
        assert_eq!(
            names(&Sources::read(&main, 1000).unwrap()),
            ["main.js", "lib/a.js", "lib/b.json"]
        );
        let paths = ["main.js", "lib/a.js", "gone.js", "lib", "lib/b.json"];
        assert_eq!(Sources::paths(&main, 1000), paths.map(|path| folder.path().join(path)));
    }

    #[test]
    fn a_link_out_of_the_folder_and_what_is_no_file_are_refused_with_their_path() {
        let folder = folder(&[("in/main.js", "\n import './x.js';"), ("out.js", "")]);
        let at = |path: &str| folder.path().join(path);
        symlink("../out.js", at("in/x.js")).unwrap();
        let why = || Sources::read(&at("in/main.js"), 1000).unwrap_err().to_string();
        assert!(why().starts_with("it imports x.js (in main.js), which leads out of"), "{}", why());
        fs::remove_file(at("in/x.js")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("in/x.js"), 0o600.into()).unwrap();
        assert!(
            why().starts_with("it imports x.js (in main.js), which cannot be read"),
            "{}",
            why()
        );
    }

    #[test]
    fn the_files_and_their_bytes_are_bounded() {
        let import = |number: usize| format!("import './{number}.js'\n");
        let many: Vec<_> = (1..=MAX_FILES).map(|number| format!("{number}.js")).collect();
        let mut files: Vec<_> = many.iter().map(|path| (&**path, "")).collect();
        let sources = (1..MAX_FILES).map(import).collect::<String>();
        let one_more = sources.clone() + &import(MAX_FILES);
        files.extend([("main.js", &*sources), ("more.js", &one_more)]);
        let folder = folder(&files);
        let read = |name: &str, limit| Sources::read(&folder.path().join(name), limit);
        let all = read("main.js", 100_000).unwrap();
        assert_eq!(all.files.len(), MAX_FILES);
        assert!(matches!(read("more.js", 100_000), Err(ScriptError::TooMany)));
        let size = archive::pack(&all, &[0; 20]).len();
        assert_eq!(read("main.js", size).unwrap().files.len(), MAX_FILES);
        assert!(matches!(read("main.js", size - 1), Err(ScriptError::TooLarge { .. })));
        assert!(matches!(read("main.js", 10), Err(ScriptError::TooLarge { limit: 10 })));
    }
}
