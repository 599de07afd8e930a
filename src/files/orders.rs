//! Calls that create, write and delete in every order, compared with the same on a real disk.

use std::{fs, io, path::Path};

use smol::block_on;
use wit_core::host::Kind;

use super::{tests::Stage, *};

/// The places. Some are inside of others.
const PLACES: [&str; 4] = ["a", "a/b", "a/b/c", "d"];

/// What no call can do in one commit: such a change is refused, and the others are made.
const SWAP: &str = "can't take each other's place in one call";
/// Every so many of the orders are tried. It has no divisor in common with their number.
const STEP: usize = 37;

/// All changes.
fn all() -> Vec<(What, &'static str)> {
    let whats = [What::Write("x".into()), What::Delete, What::CreateFolder, What::DeleteFolder];
    let of = |what: What| PLACES.map(|place| (what.clone(), place));
    whats.into_iter().flat_map(of).collect()
}

/// What there is before a call, as changes.
fn beginnings() -> [Vec<(What, &'static str)>; 3] {
    let (write, create) = (What::Write("old".into()), What::CreateFolder);
    [
        vec![],
        vec![(write.clone(), "a"), (create.clone(), "d")],
        vec![(create.clone(), "a"), (create, "a/b"), (write, "a/b/c")],
    ]
}

/// Makes a change at once.
fn make(folder: &Path, what: &What, place: &str) -> io::Result<()> {
    let path = folder.join(place);
    match what {
        What::Write(content) => fs::write(path, content),
        What::Delete => fs::remove_file(path),
        What::CreateFolder => fs::create_dir(path),
        What::DeleteFolder => fs::remove_dir(path),
    }
}

/// What is at each place: a file's content, or a folder.
fn tree(folder: &Path) -> [Option<String>; 4] {
    PLACES.map(|place| {
        let path = folder.join(place);
        if path.is_dir() { Some("/".into()) } else { fs::read_to_string(path).ok() }
    })
}

/// The same as a call sees it.
fn seen(files: &Files, own: &Pending) -> [Option<String>; 4] {
    PLACES.map(|place| match block_on(files.info(place, own)) {
        Ok(info) if info.kind == Kind::Folder => Some("/".into()),
        Ok(_) => Some(String::from_utf8(block_on(files.read(place, own)).unwrap()).unwrap()),
        Err(_) => None,
    })
}

#[test]
fn a_call_that_creates_writes_and_deletes_in_any_order_sees_and_leaves_what_the_disk_would_have() {
    let (all, stage) = (all(), Stage::new(100));
    let real = stage.outside("real");
    for beginning in beginnings() {
        for number in (0..all.len().pow(3)).step_by(STEP) {
            let clean = |folder: &Path| {
                let _ = fs::remove_dir_all(folder);
                fs::create_dir(folder).unwrap();
                beginning.iter().for_each(|(what, place)| make(folder, what, place).unwrap());
            };
            clean(&real);
            // The actor's folder itself has to stay.
            for entry in fs::read_dir(stage.inside("")).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
                    .unwrap();
            }
            let inside = stage.inside("");
            beginning.iter().for_each(|(what, place)| make(&inside, what, place).unwrap());
            let mut own = Pending::default();
            let digits = [number / all.len().pow(2), number / all.len(), number];
            let steps = digits.map(|digit| all[digit % all.len()].clone());
            for (what, place) in &steps {
                let change = Change { path: (*place).into(), what: what.clone() };
                let done = block_on(stage.files.change(change, &mut own));
                if done.as_ref().is_err_and(|failure| failure.to_string().contains(SWAP)) {
                    continue;
                }
                let expected = make(&real, what, place).is_ok();
                assert_eq!(done.is_ok(), expected, "{beginning:?} {steps:?}: {done:?}");
            }
            let expected = tree(&real);
            assert_eq!(seen(&stage.files, &own), expected, "{beginning:?} {steps:?}");
            block_on(stage.files.commit(own, || Ok(()))).unwrap();
            assert_eq!(tree(&inside), expected, "{beginning:?} {steps:?}");
            let left = stage.names().into_iter().find(|name| name.starts_with('.'));
            assert_eq!(left, None, "{steps:?}");
        }
    }
}
