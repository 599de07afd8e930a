//! A script of several files.

use footlight::script::Refused;

use super::{Script, lines, load_files};

fn refused(files: &[(&str, &str)]) -> Refused {
    *load_files(files).expect_err("the script can't run")
}

#[test]
fn modules_import_each_other_and_json_by_paths_inside_of_the_folder() {
    let loaded = load_files(&[
        (
            "main.js",
            "import { double } from './src/lib/double.js'; import config from './config.json';
            import raw from './src/lib/data.txt' with { type: 'json' };
            export function connect() { console.log(double(config.n), raw[0], Object.keys(config).join()); }",
        ),
        ("src/lib/double.js", "import { two } from '../two.js'; export const double = (n) => n * two;"),
        ("src/two.js", "export const two = 2;"),
        ("config.json", r#"{ "n": 21, "__proto__": 1 }"#),
        ("src/lib/data.txt", "[7]"),
    ])
    .unwrap();
    let report = Script::of(loaded, "").last(&["connect"]);
    assert_eq!(lines(&report), ["42 7 n,__proto__"]);
}

#[test]
fn an_import_that_leads_nowhere_is_told_with_its_line() {
    for (name, why) in [
        ("./gone.js", "there is no file gone.js"),
        ("../out.js", "the path leads out of the script's folder"),
        ("./../../etc/passwd", "the path leads out of the script's folder"),
        ("express", "there are no packages"),
        ("/main.js", "there are no packages"),
        ("https://example.com/x.js", "there are no packages"),
    ] {
        let refused =
            refused(&[("main.js", &format!("\nimport '{name}';\nexport function alarm() {{}}"))]);
        assert!(refused.message.contains(why), "{refused:?}");
        assert_eq!(
            (&*refused.file, refused.line, refused.text),
            ("main.js", 2, format!("import '{name}';"))
        );
    }
}

#[test]
fn a_mistake_in_an_imported_file_is_told_with_that_file() {
    let refused = refused(&[
        ("main.js", "import './lib.js'; export function alarm() {}"),
        ("lib.js", "export const a = 1;\n  let b = = 2;\n"),
    ]);
    assert_eq!((&*refused.file, refused.line, &*refused.text), ("lib.js", 2, "let b = = 2;"));
    assert!(refused.message.starts_with("SyntaxError: "), "{refused:?}");
}

#[test]
fn what_is_no_json_and_no_text_is_refused() {
    let json = refused(&[
        ("main.js", "import x from './x.json'; export function alarm() {}"),
        ("x.json", "{ a: 1 }"),
    ]);
    assert!(json.message.starts_with("SyntaxError: "), "{json:?}");
    let nul = refused(&[("main.js", "export function alarm() {} \0")]);
    assert!(nul.message.contains("has a NUL"), "{nul:?}");
    let missing = refused(&[
        ("main.js", "import { nothing } from './x.js'; export function alarm() {}"),
        ("x.js", ""),
    ]);
    assert!(missing.message.contains("nothing"), "{missing:?}");
}

#[test]
fn modules_may_import_each_other_in_a_circle_and_wait_at_their_top_level() {
    let loaded = load_files(&[
        ("main.js", "import { b } from './b.js'; export const a = await Promise.resolve(1); export function connect() { console.log(b()); }"),
        ("b.js", "import { a } from './main.js'; export const b = () => a + 1;"),
    ])
    .unwrap();
    assert_eq!(lines(&Script::of(loaded, "").last(&["connect"])), ["2"]);
}

#[test]
fn dynamic_imports_work_at_the_top_level_only() {
    let loaded = load_files(&[
        (
            "main.js",
            "const { x } = await import('./x.js');
            export async function connect() {
                try { await import('./y.js'); } catch (error) { console.log(x, error.message); }
            }",
        ),
        ("x.js", "export const x = 1;"),
        ("y.js", ""),
    ])
    .unwrap();
    let logged = lines(&Script::of(loaded, "").last(&["connect"]));
    assert!(
        logged[0].starts_with("1 can't import \"./y.js\": import() works at the top level only"),
        "{logged:?}"
    );
}
