//! The documents are true: their links, tables, blocks of code and manifests.

mod http;
mod links;
mod manual;
mod sensors;
mod tutorial;

/// The blocks of a document in this language.
pub fn blocks<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let begin = format!("\n```{language}\n");
    let blocks = document.split(&begin).skip(1);
    let blocks: Vec<_> = blocks.map(|rest| rest.split_once("\n```\n").unwrap().0).collect();
    // This would miss an indented block.
    assert_eq!(blocks.len(), document.matches(&format!("```{language}\n")).count());
    blocks
}
