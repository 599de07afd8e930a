//! Each row of the tables in `docs/http.md` names tests, and they exist.

use std::{collections::HashSet, fs, path::Path};

const HTTP: &str = include_str!("../../../docs/http.md");

/// Adds the names of all functions without parameters in a folder's Rust files.
fn collect(folder: &Path, names: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let after = text.split("fn ").skip(1);
            let found = after.filter_map(|rest| rest.split_once("()").map(|(name, _)| name));
            names.extend(found.map(str::to_owned));
        }
    }
}

#[test]
fn every_rule_names_a_test_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = HashSet::new();
    collect(&root.join("src/server"), &mut names);
    collect(&root.join("src/actor"), &mut names);
    collect(&root.join("tests/it"), &mut names);
    // The tables of rules have a last column `test`. The document has others too.
    let tables = HTTP
        .split("\n\n")
        .filter(|part| part.lines().next().is_some_and(|head| head.ends_with("| test |")));
    let rows = tables.flat_map(|table| table.lines().skip(2));
    let mut count = 0;
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in last.split(", ") {
            let name = name.trim_matches('`');
            assert!(names.contains(name), "there is no test {name}: {row}");
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}
