//! What is told of mistakes: at load with their place, in events with their class and stack.

use super::{Script, error, lines, logged, refused, thrown};

#[test]
fn a_syntax_error_is_told_with_its_line_column_and_text() {
    let refused = refused("export function alarm() {\n    let a = ;\n}\n");
    assert_eq!((&*refused.file, refused.line, refused.column), ("main.js", 2, 13));
    assert_eq!(refused.text, "let a = ;");
    assert!(refused.message.starts_with("SyntaxError: "), "{refused:?}");
}

#[test]
fn an_exception_of_the_top_level_is_told_with_its_place_stack_and_log() {
    let refused = refused(
        "console.log('before');\nfunction inner() {\n  null.x;\n}\ninner();\nexport function alarm() {}",
    );
    assert_eq!((&*refused.file, refused.line, &*refused.text), ("main.js", 3, "null.x;"));
    assert!(refused.message.starts_with("TypeError: "), "{refused:?}");
    assert_eq!(refused.stack.lines().count(), 2, "{refused:?}");
    assert!(refused.stack.starts_with("at inner (main.js:3:"), "{refused:?}");
    assert_eq!(refused.log, ["before"]);
}

#[test]
fn a_script_without_a_handler_is_told_which_there_are() {
    for source in
        ["", "export default 1; export const onMessage = () => {};", "export function init() {}"]
    {
        let message = refused(source).message;
        assert!(
            message.contains("exports no handler: export at least one of connect, message"),
            "{message}"
        );
    }
    assert!(
        refused("export default 1; export const onMessage = 1")
            .message
            .contains("default, onMessage")
    );
    assert!(
        refused("export const message = 1").message.contains("the export message is no function")
    );
}

#[test]
fn a_handler_that_is_a_generator_is_refused() {
    for source in ["export function* message() {}", "export async function* message() {}"] {
        let message = refused(source).message;
        assert!(message.contains("the handler message is a generator"), "{message}");
    }
    super::load("export const message = async () => {};").unwrap();
}

#[test]
fn a_source_that_is_nested_too_deeply_is_told_what_to_do() {
    let deep = format!("const a = {}{};", "[".repeat(5000), "]".repeat(5000));
    let message = refused(&format!("{deep} export function alarm() {{}}")).message;
    assert!(message.contains("nested too deeply: name inner parts"), "{message}");
}

#[test]
fn a_top_level_that_never_ends_waiting_is_told() {
    let message = refused("await new Promise(() => {}); export function alarm() {}").message;
    assert!(message.starts_with("UnsettledPromise: the top level"), "{message}");
    let message = refused("Promise.reject(new Error('early')); export function alarm() {}").message;
    assert_eq!(message, "Error: early");
}

#[test]
fn imports_before_the_first_event_are_refused_in_those_words() {
    for call in [
        "storage.get('a')",
        "storage.put('a', 1)",
        "storage.delete('a')",
        "storage.list()",
        "storage.deleteAll()",
        "broadcast('a')",
        "clients()",
        "alarm.set(1)",
        "alarm.cancel()",
        "files.read('a')",
        "files.write('a', 'b')",
        "files.list()",
        "files.info('a')",
        "files.delete('a')",
        "files.createFolder('a')",
        "files.deleteFolder('a')",
        "await fetch('http://a')",
        "fetchLater('a', 'http://a')",
        "mqtt.publish('a', 'b')",
        "mqtt.status()",
        "actors.send('a', 'b')",
        "await actors.request('a', 'b')",
        "Math.random()",
        "crypto.randomUUID()",
        "crypto.getRandomValues(new Uint8Array(1))",
        "state",
        "state = 1",
    ] {
        let refused = refused(&format!("\n{call};\nexport function connect() {{}}"));
        assert!(
            refused.message.contains("can't be used before the first event"),
            "{call}: {refused:?}"
        );
        assert_eq!(refused.line, 2, "{call}: {refused:?}");
    }
    for call in ["Date.now()", "new Date()", "performance.now()"] {
        let message = refused(&format!("{call}; export function connect() {{}}")).message;
        assert!(message.contains("the top level asks for the time"), "{call}: {message}");
    }
}

#[test]
fn an_exception_in_a_handler_is_told_with_class_message_and_stack() {
    let text = thrown("\n function deep() { undefinedThing(); }\n deep();");
    assert!(text.contains("ReferenceError: undefinedThing is not defined"), "{text}");
    assert!(text.contains("at deep (main.js:2:"), "{text}");
    assert!(!text.contains("footlight:"), "{text}");
    let own =
        thrown("class OwnError extends Error { name = 'OwnError' }; throw new OwnError('mine')");
    assert!(own.contains("OwnError: mine"), "{own}");
    assert!(thrown("throw 'a text'").contains("a text was thrown, which is no Error"));
    assert!(thrown("throw undefined").contains("undefined was thrown"));
    assert!(thrown("throw { a: 1 }").contains(r#"{"a":1} was thrown"#));
}

#[test]
fn what_is_absent_is_told_with_what_there_is_instead() {
    for (call, advice) in [
        (
            "setTimeout(() => {}, 1)",
            "setTimeout is not defined: it is not there; set one alarm with alarm.set",
        ),
        ("setInterval(() => {}, 1)", "setInterval is not defined: it is not there; set `tick`"),
        ("require('fs')", "require is not defined: it is not there; use import"),
        ("process.exit()", "process is not defined: it is not there; a script has no process"),
        ("window.alert(1)", "window is not defined: it is not there;"),
        ("document.body", "document is not defined: it is not there;"),
        ("localStorage.a", "localStorage is not defined: it is not there; use storage.put"),
    ] {
        assert!(thrown(call).contains(advice), "{}", thrown(call));
        assert!(refused(&format!("{call}; export function alarm() {{}}")).message.contains(advice));
    }
    assert_eq!(
        logged("console.log(typeof setTimeout, typeof process, typeof window)"),
        ["undefined undefined undefined"]
    );
}

#[test]
fn the_console_shows_values_of_every_kind() {
    let logged = logged(
        "console.log('text', 1, -0.5, 10n, true, null, undefined, Symbol('s'), [1, { a: 2 }], new Map());
        console.info('info'); console.debug('debug'); console.warn('careful'); console.error(new TypeError('wrong'));
        const circle = {}; circle.self = circle; console.log(circle);
        console.log({ toJSON() { throw 1; }, toString() { throw 2; } }); console.log('\\ud800');",
    );
    assert_eq!(logged[0], r#"text 1 -0.5 10n true null undefined Symbol(s) [1,{"a":2}] {}"#);
    assert_eq!(logged[1..4], ["info", "debug", "warning: careful"]);
    assert!(logged[4].starts_with("error: TypeError: wrong"), "{logged:?}");
    assert!(logged.iter().any(|line| line == "[object]"), "{logged:?}");
    assert!(logged.iter().any(|line| line == "\u{fffd}"), "{logged:?}");
}

#[test]
fn an_error_of_a_handler_keeps_the_instance() {
    let script = Script::new(
        "let count = 0; export function message(client, data) { count++; console.log(count); if (data === 'bad') throw 1; }",
    );
    let reports = script.call(&["connect", "bad", "good"]);
    assert!(error(&reports[2]).contains("1 was thrown"));
    assert_eq!(lines(&reports[3]), ["2"]);
}
