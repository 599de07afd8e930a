//! Finds the files that a file of a script imports.
//!
//! Every text after the word `from` or `import` counts, also in comments and in other texts. So this needs no
//! parser that could disagree with the engine's about where a comment or an expression ends. The engine looks
//! for what is really imported among the files that it gets. One file too many does no harm.

use crate::beginning::beginning;

/// The most bytes between one of the words and the end of the text that names a file, so that a file takes
/// time in proportion to its length.
const MAX_NAME: usize = 1024;
/// The words before the text that names a file.
const WORDS: [&str; 2] = ["from", "import"];

/// The paths that a file at `base` may import, relative to the script's folder. Paths that lead out of the
/// folder are left out, and so are packages. The engine says where those are imported.
pub(crate) fn imports<'s>(base: &'s str, source: &'s str) -> impl Iterator<Item = String> + 's {
    let ends = |word: &'static str| source.match_indices(word).map(move |(at, _)| at + word.len());
    let names = WORDS
        .into_iter()
        .flat_map(ends)
        .filter_map(|end| name(beginning(source.get(end..)?, MAX_NAME)));
    names.filter_map(move |name| beside(base, name))
}

/// The text that follows, after white space, comments and a bracket.
fn name(mut rest: &str) -> Option<&str> {
    loop {
        rest = rest.trim_start();
        rest = if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/")?.1
        } else if let Some(comment) = rest.strip_prefix("//") {
            comment.split_once('\n')?.1
        } else if let Some(call) = rest.strip_prefix('(') {
            call
        } else {
            break;
        }
    }
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (name, _) = rest.get(1..)?.split_once(quote)?;
    let is_path = name.starts_with("./") || name.starts_with("../");
    (is_path && !name.contains(['\\', '\n', '\0'])).then_some(name)
}

/// The path of `name` as seen from the file `base`; `None` if it leads out of the folder.
fn beside(base: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/")).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let mut found: Vec<_> = imports("src/main.js", source).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_form_of_an_import_is_found_and_packages_and_ways_out_are_not() {
        let source = "import './a.js'; import b from \"./lib/b.js\"; import { c }from'../c.js'
            export * from /* why */ './d.js'; export { e } from // why
            './e.js'; import f from './f.json' with { type: 'json' }; await import(/**/ './g.js' );
            import h from 'package'; import i from '../../i.js'; import j from '/j.js';
            import k from './\\k.js'; import l from './l.js";
        let all = ["c.js", "src/a.js", "src/d.js", "src/e.js", "src/f.json", "src/g.js"];
        assert_eq!(found(source), [&all[..], &["src/lib/b.js"]].concat());
        assert_eq!(found("Array.from('./x'); import /* './y' */"), ["src/x"]);
        for nothing in ["", "import", "from '", "import '..", "import './é", "from '../'"] {
            assert_eq!(found(nothing), [""; 0], "{nothing}");
        }
        let far = |bytes: usize| found(&format!("import{}'./x'", " ".repeat(bytes - 5)));
        assert_eq!((far(MAX_NAME), far(MAX_NAME + 1)), (vec!["src/x".into()], vec![]));
    }
}
