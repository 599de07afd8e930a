//! What was made of files and folders above those of the disk.

use bytes::Bytes;
use wit_core::host::Kind;

use super::{DirEntry, change::What};

/// Files and folders by their places: paths without links, that begin as the actor's do. They are in
/// the order of their places, and few: `limits.effects` bounds them.
#[derive(Clone, Debug, Default)]
pub(super) struct View(Vec<(String, Node)>);

/// What is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// With its content.
    File(Bytes),
    /// A new one. What the disk has below its place is not in it.
    Folder,
    /// Nothing, whatever the disk has.
    Gone,
}

/// What a view says about a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<'v> {
    /// This file.
    File(&'v Bytes),
    /// A new folder.
    New,
    /// A folder, because something is in it. The disk may have more of it.
    Folder,
    /// There is nothing.
    Gone,
    /// The view does not know.
    Unknown,
}

impl View {
    /// Whether it knows nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets what is at a place.
    pub(super) fn set(&mut self, place: String, node: Node) {
        match self.find(&place) {
            Ok(at) => {
                if let Some((_, old)) = self.0.get_mut(at) {
                    *old = node;
                }
            }
            Err(at) => self.0.insert(at, (place, node)),
        }
    }

    /// The index of a place, or where it would be.
    fn find(&self, place: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(place))
    }

    /// What is at a place itself.
    fn get(&self, place: &str) -> Option<&Node> {
        let at = self.find(place).ok()?;
        self.0.get(at).map(|(_, node)| node)
    }

    /// Makes a change that was checked.
    pub(super) fn apply(&mut self, place: String, what: &What) {
        self.set(
            place,
            match what {
                What::Write(content) => Node::File(content.clone()),
                What::CreateFolder => Node::Folder,
                What::Delete | What::DeleteFolder => Node::Gone,
            },
        );
    }

    /// Adds what another says, which is newer.
    pub(super) fn add(&mut self, newer: &Self) {
        newer.0.iter().for_each(|(place, node)| self.set(place.clone(), node.clone()));
    }

    /// What lies below a place, by the rest of its path.
    fn below<'v>(&'v self, place: &str) -> impl Iterator<Item = (&'v str, &'v Node)> {
        let prefix = if place.is_empty() { String::new() } else { format!("{place}/") };
        let (Ok(from) | Err(from)) = self.find(&prefix);
        let from = self.0.get(from..).unwrap_or_default().iter();
        from.map_while(move |(path, node)| Some((path.strip_prefix(&prefix)?, node)))
            .filter(|(rest, _)| !rest.is_empty())
    }

    /// What it says about a place.
    pub(super) fn look(&self, place: &str) -> Seen<'_> {
        match self.get(place) {
            Some(Node::File(content)) => return Seen::File(content),
            Some(Node::Folder) => return Seen::New,
            _ if self.below(place).any(|(_, node)| *node != Node::Gone) => return Seen::Folder,
            Some(Node::Gone) => return Seen::Gone,
            None => {}
        }
        let above = place.rmatch_indices('/').filter_map(|(at, _)| self.get(place.get(..at)?));
        if above.count() > 0 { Seen::Gone } else { Seen::Unknown }
    }

    /// Whether it has a place, or one below.
    pub(super) fn knows(&self, place: &str) -> bool {
        self.get(place).is_some() || self.below(place).next().is_some()
    }

    /// Changes a folder's entries, which are in the order of their names, to what it says.
    pub(super) fn list(&self, place: &str, entries: &mut Vec<DirEntry>) {
        for (rest, node) in self.below(place) {
            let (name, kind) = match (rest.split_once('/'), node) {
                (Some(_), Node::Gone) => continue,
                (Some((name, _)), _) => (name, Some(Kind::Folder)),
                (None, Node::Folder) => (rest, Some(Kind::Folder)),
                (None, Node::File(_)) => (rest, Some(Kind::File)),
                (None, Node::Gone) => (rest, None),
            };
            let at = entries.partition_point(|entry| *entry.name < *name);
            let known = entries.get_mut(at).filter(|entry| entry.name == name);
            match (known, kind) {
                (Some(entry), Some(kind)) => entry.kind = kind,
                (Some(_), None) => _ = entries.remove(at),
                (None, Some(kind)) => entries.insert(at, DirEntry { name: name.into(), kind }),
                (None, None) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(nodes: &[(&str, Node)]) -> View {
        let mut view = View::default();
        nodes.iter().for_each(|(place, node)| view.set((*place).into(), node.clone()));
        view
    }

    #[test]
    fn what_is_above_a_place_decides_about_it_unless_it_is_known_itself() {
        let text = Bytes::from_static(b"text");
        let view = view(&[
            ("file", Node::File(text.clone())),
            ("new", Node::Folder),
            ("new/file", Node::File(text.clone())),
            ("gone", Node::Gone),
            ("gone/kept", Node::File(text.clone())),
            ("left", Node::Gone),
            ("in/gone", Node::Gone),
        ]);
        for (place, expected) in [
            ("file", Seen::File(&text)),
            ("file/inner", Seen::Gone),
            ("new", Seen::New),
            ("new/file", Seen::File(&text)),
            ("new/other", Seen::Gone),
            ("new/other/deep", Seen::Gone),
            ("gone", Seen::Folder),
            ("gone/other", Seen::Gone),
            ("left", Seen::Gone),
            ("left/deep", Seen::Gone),
            ("in", Seen::Unknown),
            ("in/gone", Seen::Gone),
            ("in/other", Seen::Unknown),
            ("new-other", Seen::Unknown),
            ("", Seen::Folder),
        ] {
            assert_eq!(view.look(place), expected, "{place}");
        }
        assert!(view.knows("in") && view.knows("left") && !view.knows("new/other"));
    }

    #[test]
    fn a_listing_gets_what_is_new_and_loses_what_is_gone() {
        let file = || Node::File(Bytes::new());
        let view = view(&[
            ("d/a", file()),
            ("d/b", Node::Gone),
            ("d/c", Node::Folder),
            ("d/e/deep", file()),
            ("d/f/deep", Node::Gone),
            ("d-other", file()),
        ]);
        let of = |name: &str, kind| DirEntry { name: name.into(), kind };
        let mut entries = vec![of("b", Kind::File), of("c", Kind::File), of("z", Kind::Other)];
        view.list("d", &mut entries);
        let expected = [
            of("a", Kind::File),
            of("c", Kind::Folder),
            of("e", Kind::Folder),
            of("z", Kind::Other),
        ];
        assert_eq!(entries, expected);
    }
}
