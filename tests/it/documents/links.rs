//! Every link of a document leads somewhere, in the repository and in the release's archive.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// The folders with documents, as paths from the root of the repository.
const FOLDERS: [&str; 3] = ["", "docs", "examples"];

/// A document, by its path from the root.
struct Document {
    path: PathBuf,
    /// Its lines, without those in blocks of code.
    lines: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Document {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        let mut code = false;
        let mut lines = Vec::new();
        for line in text.lines() {
            let fence = line.trim_start().starts_with("```");
            code ^= fence;
            if !code && !fence {
                lines.push(line.to_owned());
            }
        }
        assert!(!code, "{}: a block of code has no end", path.display());
        Self { path, lines }
    }

    /// What its links lead to.
    fn targets(&self) -> Vec<&str> {
        let after = self.lines.iter().flat_map(|line| line.split("](").skip(1));
        after.map(|rest| rest.split_once(')').unwrap().0).collect()
    }

    /// The targets of its links within the repository: a path from the root, and an anchor.
    fn relative(&self) -> Vec<(PathBuf, Option<&str>)> {
        let here = self.targets().into_iter().filter(|target| !target.contains("://"));
        let split = here.map(|target| match target.split_once('#') {
            Some(("", anchor)) => (self.path.clone(), Some(anchor)),
            Some((path, anchor)) => (self.beside(path), Some(anchor)),
            None => (self.beside(target), None),
        });
        split.collect()
    }

    /// Turns a path in this document into a path from the root.
    fn beside(&self, path: &str) -> PathBuf {
        let mut whole = self.path.parent().unwrap().to_owned();
        for part in Path::new(path).components() {
            match part {
                Component::ParentDir => assert!(whole.pop(), "{path} leads out of the repository"),
                part => whole.push(part),
            }
        }
        whole
    }

    /// The anchors that GitHub makes of its headings.
    fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for line in self.lines.iter().filter(|line| line.starts_with('#')) {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            let anchor = heading.chars().filter(kept).collect::<String>().replace(' ', "-");
            // GitHub numbers the second heading of a name. A link to it would break if one moved.
            assert!(!anchors.contains(&anchor), "{}: two of {heading}", self.path.display());
            anchors.push(anchor);
        }
        anchors
    }
}

/// The documents.
fn documents() -> Vec<Document> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name();
            if Path::new(&name).extension().is_some_and(|end| end == "md") {
                found.push(Document::read(Path::new(folder).join(name)));
            }
        }
    }
    found
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let documents = documents();
    assert!(documents.len() >= 10);
    let mut followed = 0;
    for document in &documents {
        for (path, anchor) in document.relative() {
            let from = document.path.display();
            assert!(root().join(&path).exists(), "{from}: there is no {}", path.display());
            if let Some(anchor) = anchor {
                let to = documents.iter().find(|to| to.path == path);
                let to = to.unwrap_or_else(|| panic!("{from}: #{anchor} of {}", path.display()));
                let known = to.anchors();
                assert!(
                    known.iter().any(|a| a == anchor),
                    "{from}: #{anchor} is none of {known:?}"
                );
            }
            followed += 1;
        }
    }
    assert!(followed > 50, "{followed}");
}

#[test]
fn every_document_begins_with_whom_it_is_for() {
    for document in documents().iter().filter(|document| document.path.starts_with("docs")) {
        let [title, "", first] = [0, 1, 2].map(|line| document.lines[line].as_str()) else {
            panic!("{}: no title, or no first paragraph", document.path.display());
        };
        assert!(title.starts_with("# "), "{title}");
        assert!(first.starts_with("For anyone who "), "{}: {first}", document.path.display());
    }
}

#[test]
fn the_readme_leads_to_every_document() {
    let readme = Document::read("README.md".into());
    let linked = readme.relative();
    for document in documents() {
        let found = linked.iter().any(|(path, _)| *path == document.path);
        let not_for_users = ["README.md", "CHANGELOG.md"].map(Path::new);
        assert!(
            found || not_for_users.contains(&document.path.as_path()),
            "{}",
            document.path.display()
        );
    }
}

#[test]
fn what_is_released_as_an_archive_has_all_that_its_documents_link() {
    let script = include_str!("../../../scripts/package.sh");
    let (_, rest) = script.split_once("copy_tracked \"$tree\" ").unwrap();
    let shipped: Vec<_> = rest.lines().next().unwrap().split(' ').map(Path::new).collect();
    for path in &shipped {
        assert!(root().join(path).exists(), "there is no {}", path.display());
    }
    let has = |path: &Path| shipped.iter().any(|folder| path.starts_with(folder));
    for document in documents().iter().filter(|document| has(&document.path)) {
        for (path, _) in document.relative() {
            let from = document.path.display();
            assert!(has(&path), "{from} links {}, which is not shipped", path.display());
        }
    }
}
