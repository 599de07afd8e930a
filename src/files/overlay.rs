//! Files that take the place of those on the disk, so that an actor can be called without its real
//! files.

use std::{mem, sync::Arc};

use bytes::Bytes;

use super::{
    Change, Pending,
    view::{Node, View},
};
use crate::lock::Lock;

/// Files and folders by the paths that the actor uses for them. What the actor changes is kept here.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// Whether a path that no folder has may be written: the actor has no manifest that says more.
    pub(super) takes_all: bool,
    /// Whether what the actor changes goes to the disk, too.
    pub(super) to_disk: bool,
    /// Shared with the threads that read and write.
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    view: Arc<View>,
    /// What was changed since the last look.
    changes: Vec<Change>,
}

/// What a script says about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// There is a file with this content.
    File(Vec<u8>),
    /// There is a folder, with nothing in it so far.
    Folder,
    /// There is nothing.
    Nothing,
}

impl Overlay {
    /// No files yet.
    pub(crate) fn new(takes_all: bool, to_disk: bool) -> Self {
        Self { takes_all, to_disk, inner: Lock::default() }
    }

    /// Says what is at a path.
    pub(crate) fn set(&self, path: String, given: Given) {
        let node = match given {
            Given::File(content) => Node::File(Bytes::from(content)),
            Given::Folder => Node::Folder,
            Given::Nothing => Node::Gone,
        };
        Arc::make_mut(&mut self.inner.lock().view).set(path, node);
    }

    /// What was changed since the last call of this function.
    pub(crate) fn take_changes(&self) -> Vec<Change> {
        mem::take(&mut self.inner.lock().changes)
    }

    /// What it says now.
    pub(super) fn view(&self) -> Arc<View> {
        self.inner.lock().view.clone()
    }

    /// Those of a call's changes that go to the disk.
    pub(super) fn to_disk<'c>(&self, changes: &'c [Change]) -> &'c [Change] {
        if self.to_disk { changes } else { &[] }
    }

    /// Keeps what a call has changed, once it is committed.
    pub(super) fn keep(&self, Pending { changes, view }: Pending) {
        let mut inner = self.inner.lock();
        if let Some(view) = view {
            Arc::make_mut(&mut inner.view).add(&view);
        }
        inner.changes.extend(changes);
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use smol::block_on;
    use wit_core::host::{FileError, Kind};

    use super::*;
    use crate::files::{
        Failure, Files, What,
        tests::{Stage, files},
    };

    /// Asks for changes and commits them, as a call does.
    fn change(files: &Files, changes: &[(&str, What)]) -> Result<(), Failure> {
        block_on(async {
            let mut own = Pending::default();
            for (path, what) in changes {
                let change = Change { path: (*path).into(), what: what.clone() };
                files.change(change, &mut own).await?;
            }
            files.commit(own, || Ok(())).await.map_err(|failed| failed.failure)
        })
    }

    fn write(content: &'static str) -> What {
        What::Write(Bytes::from_static(content.as_bytes()))
    }

    #[test]
    fn what_was_given_or_changed_last_counts_and_the_disk_has_the_rest_and_stays_as_it_is() {
        let mut stage = Stage::new(30);
        for path in ["a", "b", "d/e", "ghost/x"] {
            stage.put(path, "disk");
        }
        let overlay = Arc::new(Overlay::new(false, false));
        stage.below(overlay.clone());
        assert_eq!(stage.list("").unwrap(), ["a", "b", "d/", "ghost/"]);
        overlay.set("a".into(), Given::File(b"given".into()));
        overlay.set("b".into(), Given::Nothing);
        overlay.set("large".into(), Given::File(vec![0; 31]));
        overlay.set("ghost".into(), Given::Nothing);
        overlay.set("empty".into(), Given::Folder);
        overlay.set("in/deep/file".into(), Given::File(vec![]));
        assert_eq!(stage.list("").unwrap(), ["a", "d/", "empty/", "in/", "large"]);
        assert_eq!(stage.list("in").unwrap(), ["deep/"]);
        assert_eq!(stage.list("empty").unwrap(), [""; 0]);
        assert_eq!(stage.list("ghost"), Err(Failure(FileError::NotFound)));
        assert_eq!(stage.read("a").as_deref(), Ok("given"));
        assert_eq!(stage.read("b"), Err(Failure(FileError::NotFound)));
        assert_eq!(stage.read("large"), Err(Failure(FileError::TooLarge)));
        assert_eq!(stage.read("ghost/x"), Err(Failure(FileError::NotFound)));
        assert_eq!(stage.read("d/e").as_deref(), Ok("disk"));
        let before = stage.names();
        change(&stage.files, &[("d/e", What::Delete), ("d", What::DeleteFolder)]).unwrap();
        change(&stage.files, &[("new", What::CreateFolder), ("new/f", write("x"))]).unwrap();
        change(&stage.files, &[("b", write("y")), ("empty", What::DeleteFolder)]).unwrap();
        assert_eq!(stage.list("").unwrap(), ["a", "b", "in/", "large", "new/"]);
        assert_eq!(stage.read("new/f").as_deref(), Ok("x"));
        let info = block_on(stage.files.info("b", &Pending::default())).unwrap();
        assert_eq!((info.kind, info.size), (Kind::File, 1));
        assert_eq!(
            (stage.names(), fs::read(stage.inside("d/e")).unwrap()),
            (before, b"disk".into())
        );
        let paths: Vec<_> = overlay.take_changes().into_iter().map(|change| change.path).collect();
        assert_eq!(paths, ["d/e", "d", "new", "new/f", "b", "empty"]);
        assert!(overlay.take_changes().is_empty());
    }

    #[test]
    fn what_goes_to_the_disk_has_to_be_possible_there() {
        let mut stage = Stage::new(10);
        let overlay = Arc::new(Overlay::new(false, true));
        stage.below(overlay.clone());
        overlay.set("in/file".into(), Given::File(b"given".into()));
        let missing = Err(Failure(FileError::NotFound));
        assert_eq!(change(&stage.files, &[("in/file", What::Delete)]), missing);
        assert_eq!(change(&stage.files, &[("in/file", write("x"))]), missing);
        change(&stage.files, &[("in", What::CreateFolder), ("in/file", write("x"))]).unwrap();
        assert_eq!(stage.read("in/file").as_deref(), Ok("x"));
        assert_eq!(fs::read(stage.inside("in/file")).unwrap(), b"x");
    }

    #[test]
    fn without_a_manifest_everything_may_be_changed_that_does_not_lead_out() {
        let stats = Arc::default();
        let files = files(&[], 10, &stats).below(Arc::new(Overlay::new(true, false)));
        assert_eq!(block_on(files.list("", &Pending::default())), Ok(vec![]));
        change(&files, &[("a/b", write("x")), ("c", What::CreateFolder)]).unwrap();
        let list = block_on(files.list("", &Pending::default())).unwrap();
        assert_eq!(list.iter().map(|entry| &*entry.name).collect::<Vec<_>>(), ["a", "c"]);
        change(&files, &[("a/b", What::Delete), ("c", What::DeleteFolder)]).unwrap();
        for path in ["../a", "/a", "a//b", "a/", "."] {
            let refused = change(&files, &[(path, write("x"))]);
            assert_eq!(refused, Err(Failure(FileError::NotFound)), "{path}");
        }
    }
}
