//! A folder by its path, opened anew for each use.
//!
//! A deployment may replace the folder, swap the link that leads to it, or mount another one over it
//! while the host runs. Each use then finds what the path names at that moment.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::io::Errno;

use crate::sandboxed_dir::SandboxedDir;

/// A folder by its path.
#[derive(Debug)]
pub(crate) struct NamedFolder {
    path: PathBuf,
    /// The folder whose files nobody may reach through this one. Empty if there is none.
    forbidden: OnceLock<Arc<SandboxedDir>>,
    /// Whether the log says that this folder now reaches the forbidden one.
    is_logged: AtomicBool,
}

impl NamedFolder {
    /// Checks that the folder can be opened now.
    ///
    /// # Errors
    /// It does not exist, or may not be read.
    pub(crate) fn new(path: PathBuf) -> Result<Self, (PathBuf, io::Error)> {
        match SandboxedDir::open(&path) {
            Ok(_) => {
                Ok(Self { path, forbidden: OnceLock::new(), is_logged: AtomicBool::new(false) })
            }
            Err(error) => Err((path, error)),
        }
    }

    /// From now on, the folder is not opened if it contains `forbidden` or lies in it.
    pub(crate) fn keep_away_from(&self, forbidden: &Arc<SandboxedDir>) {
        // It is set once, at start.
        let _ = self.forbidden.set(forbidden.clone());
    }

    /// Opens what the path names now.
    ///
    /// # Errors
    /// It does not exist, or may not be read.
    pub(crate) fn open(&self) -> io::Result<SandboxedDir> {
        let folder = SandboxedDir::open(&self.path)?;
        let Some(forbidden) = self.forbidden.get() else { return Ok(folder) };
        let (own, other) = (folder.around()?, forbidden.around()?);
        let reaches = other.first().is_some_and(|id| own.contains(id))
            || own.first().is_some_and(|id| other.contains(id));
        if reaches != self.is_logged.swap(reaches, Ordering::Relaxed) && reaches {
            log::warn!(
                target: "footlight",
                "{}: was replaced, and now reaches the folder where the host keeps the state of all \
                 actors; nothing in it is used until the path names another folder",
                self.path.display()
            );
        }
        if reaches { Err(Errno::ACCESS.into()) } else { Ok(folder) }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_folder_is_what_its_path_names_now_and_never_reaches_the_forbidden_one() {
        let outer = tempfile::tempdir().unwrap();
        let at = |path: &str| outer.path().join(path);
        for path in ["one", "two", "data/store/deep"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        let link = |to: &str| {
            symlink(to, at("new")).unwrap();
            fs::rename(at("new"), at("current")).unwrap();
        };
        link("one");
        let folder = NamedFolder::new(at("current")).unwrap();
        let is = |path: &str| {
            let expected = SandboxedDir::open(&at(path)).unwrap().identity();
            folder.open().is_ok_and(|found| found.identity() == expected)
        };
        assert!(is("one"));
        link("data");
        assert!(is("data"));
        folder.keep_away_from(&Arc::new(SandboxedDir::open(&at("data/store")).unwrap()));
        for path in ["data", "data/store", "data/store/deep", "."] {
            link(path);
            assert_eq!(
                folder.open().unwrap_err().kind(),
                io::ErrorKind::PermissionDenied,
                "{path}"
            );
        }
        link("two");
        assert!(is("two"));
        // The store's folder is the same by another name.
        fs::rename(at("data/store"), at("moved")).unwrap();
        link("moved");
        assert!(folder.open().is_err());
        fs::rename(at("two"), at("moved/two")).unwrap();
        link("moved/two");
        assert!(folder.open().is_err());
        link("nothing");
        assert_eq!(folder.open().unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(at("nothing")).unwrap();
        assert!(is("nothing"));
        assert!(NamedFolder::new(at("missing")).is_err());
    }
}
