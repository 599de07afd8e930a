//! A folder by its path, opened anew for each use.
//!
//! A deployment may replace the folder, swap the link that leads to it, or mount another one over it
//! while the host runs. Each use then finds what the path names at that moment.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
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
    /// Empty until the host has found it.
    forbidden: OnceLock<Arc<Forbidden>>,
    /// Whether the log says that this folder now reaches the store.
    is_store_logged: AtomicBool,
    /// Whether the log says that a client has asked for a secret.
    is_secret_logged: AtomicBool,
}

/// What nobody may reach through a folder. At start, a folder that reaches any of it is a mistake.
#[derive(Debug, Default)]
pub(crate) struct Forbidden {
    /// Where the host keeps the state of all actors.
    pub(crate) store: Option<SandboxedDir>,
    /// Files with tokens and keys. No page may be one of them.
    pub(crate) secrets: Vec<PathBuf>,
}

impl NamedFolder {
    /// Checks that the folder can be opened now.
    ///
    /// # Errors
    /// It does not exist, or may not be read.
    pub(crate) fn new(path: PathBuf) -> Result<Self, (PathBuf, io::Error)> {
        match SandboxedDir::open(&path) {
            Ok(_) => Ok(Self {
                path,
                forbidden: OnceLock::new(),
                is_store_logged: AtomicBool::new(false),
                is_secret_logged: AtomicBool::new(false),
            }),
            Err(error) => Err((path, error)),
        }
    }

    /// Sets what nobody may reach through the folder from now on.
    pub(crate) fn keep_away_from(&self, forbidden: &Arc<Forbidden>) {
        // It is set once, at start.
        let _ = self.forbidden.set(forbidden.clone());
    }

    /// Opens what the path names now.
    ///
    /// # Errors
    /// It does not exist, or may not be read.
    pub(crate) fn open(&self) -> io::Result<SandboxedDir> {
        let folder = SandboxedDir::open(&self.path)?;
        let store = self.forbidden.get().and_then(|forbidden| forbidden.store.as_ref());
        let Some(store) = store else { return Ok(folder) };
        let (own, other) = (folder.around()?, store.around()?);
        let reaches = other.first().is_some_and(|id| own.contains(id))
            || own.first().is_some_and(|id| other.contains(id));
        let is_logged = self.is_store_logged.swap(reaches, Ordering::Relaxed);
        if reaches && !is_logged {
            log::warn!(
                target: "footlight",
                "{}: was replaced, and now reaches the folder where the host keeps the state of all \
                 actors; nothing in it is used until the path names another folder",
                self.path.display()
            );
        }
        if reaches { Err(Errno::ACCESS.into()) } else { Ok(folder) }
    }

    /// Opens a file or a folder in what the path names now, for clients. A name that begins with a dot
    /// is not found.
    ///
    /// # Errors
    /// It does not exist inside, is hidden or a secret, or may not be read.
    pub(crate) fn page(&self, path: &str) -> io::Result<File> {
        let file = self.open()?.visible(path)?;
        let secrets = self.forbidden.get().map(|forbidden| &*forbidden.secrets);
        let own = file.metadata()?;
        let is_own = |secret: &&PathBuf| {
            fs::metadata(secret).is_ok_and(|it| (it.dev(), it.ino()) == (own.dev(), own.ino()))
        };
        let Some(secret) = secrets.unwrap_or_default().iter().find(is_own) else {
            return Ok(file);
        };
        if !self.is_secret_logged.swap(true, Ordering::Relaxed) {
            log::warn!(
                target: "footlight",
                "{}: now has the secret {}, which is not served; move it to another folder",
                self.path.display(),
                secret.display()
            );
        }
        Err(Errno::ACCESS.into())
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
        let store = Some(SandboxedDir::open(&at("data/store")).unwrap());
        folder.keep_away_from(&Arc::new(Forbidden { store, secrets: Vec::new() }));
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

    #[test]
    fn a_secret_is_no_page_by_whatever_name() {
        let outer = tempfile::tempdir().unwrap();
        let at = |path: &str| outer.path().join(path);
        fs::create_dir(at("pages")).unwrap();
        for path in ["token", "pages/page", "pages/key"] {
            fs::write(at(path), path).unwrap();
        }
        symlink("key", at("pages/link")).unwrap();
        fs::hard_link(at("token"), at("pages/hard")).unwrap();
        let folder = NamedFolder::new(at("pages")).unwrap();
        let denied = |path| {
            folder.page(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
        };
        assert!(!denied("key") && !denied("hard"));
        let secrets = vec![at("missing"), at("token"), at("pages/key")];
        folder.keep_away_from(&Arc::new(Forbidden { store: None, secrets }));
        assert!(denied("key") && denied("link") && denied("hard"));
        assert_eq!(folder.page("page").and_then(io::read_to_string).unwrap(), "pages/page");
    }
}
