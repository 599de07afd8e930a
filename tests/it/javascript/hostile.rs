//! Scripts that want to harm: the event fails in the words of its limit, and the next one works.

use serde_json::{Value, json};

use super::{Script, error, lines, load, logged, refused, thrown};

/// A script that runs `hostile` at the message `bad`, and answers others.
fn script(hostile: &str) -> Script {
    Script::new(&format!(
        "export function message(client, data) {{ if (data !== 'bad') return client.send('fine'); {hostile} }}"
    ))
}

/// The error of the hostile event. The next event works.
fn survived(script: &Script) -> String {
    let reports = script.call(&["connect", "bad", "bob@text:good"]);
    let next = reports.last().unwrap();
    assert_eq!(next["effects"], json!([{ "text": "fine", "to": "bob" }]), "{next}");
    let bad = reports.iter().find(|report| report["message"]["text"] == "bad");
    bad.map_or(String::new(), |report| report["error"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn endless_loops_and_backtracking_end_at_the_time_limit() {
    for endless in [
        "for (;;);",
        "const again = () => Promise.resolve().then(again); again();",
        "/^(a+)+$/.test('a'.repeat(40) + 'b');",
        "state = { toJSON() { for (;;); } };",
        "return { then(resolve) { for (;;); } };",
    ] {
        let script = script(endless).limit("time = \"300ms\"");
        let error = survived(&script);
        assert!(error.contains("time") || endless.contains("then(resolve)"), "{endless}: {error}");
    }
}

#[test]
fn memory_that_is_used_up_is_an_error_of_that_name() {
    for greedy in [
        "const all = []; for (;;) all.push(new Uint8Array(100000));",
        "let text = 'x'; for (;;) text += text + 'y'.charAt(0);",
        "const all = []; for (;;) all.push({});",
        "new Uint8Array(2 ** 30);",
        "'x'.repeat(2 ** 29);",
    ] {
        let error = survived(&script(greedy));
        assert!(
            ["out of memory", "string too long", "invalid array"]
                .iter()
                .any(|word| error.contains(word)),
            "{greedy}: {error}"
        );
    }
}

#[test]
fn deep_recursion_is_a_range_error() {
    for deep in [
        "const f = () => f(); f();",
        "const o = { get a() { return this.a; } }; o.a;",
        "const o = { toString() { return `${o}`; } }; `${o}`;",
        "const f = () => [1].map(f); f();",
        "const f = () => 'a'.replace(/a/, f); f();",
        "let p = {}; for (let i = 0; i < 3000; i++) p = new Proxy(p, {}); p.x;",
        "let f = () => 1; for (let i = 0; i < 1000; i++) f = f.bind(1); f();",
        "function* f() { yield* f(); } [...f()];",
        "let a = []; for (let i = 0; i < 3000; i++) a = [a]; String(a);",
        "let C = class {}; for (let i = 0; i < 3000; i++) C = class extends C {}; new C();",
        "const o = { [Symbol.iterator]() { return [...o]; } }; [...o];",
        "const o = { toJSON() { return JSON.parse(JSON.stringify(o)); } }; JSON.stringify(o);",
    ] {
        let script = script(deep);
        let error = survived(&script);
        assert!(error.contains("RangeError: Maximum call stack size exceeded"), "{deep}: {error}");
    }
}

#[test]
fn json_and_sources_that_are_nested_deeply_are_range_errors() {
    for deep in [
        "JSON.parse('['.repeat(5000) + ']'.repeat(5000));",
        "JSON.parse('{\"a\":'.repeat(5000) + '1' + '}'.repeat(5000));",
        "let o = {}; for (let i = 0; i < 5000; i++) o = { o }; JSON.stringify(o);",
        "let o = {}; for (let i = 0; i < 5000; i++) o = { o }; state = o;",
        "let o = {}; for (let i = 0; i < 5000; i++) o = { o }; client.send(o);",
        "let o = {}; for (let i = 0; i < 5000; i++) o = { o }; storage.put('a', o);",
        "let o = {}; for (let i = 0; i < 5000; i++) o = { o }; structuredClone(o);",
    ] {
        let error = survived(&script(deep));
        assert!(error.contains("RangeError: Maximum call stack size exceeded"), "{deep}: {error}");
    }
    let fine = "const text = '['.repeat(1000) + ']'.repeat(1000);
        console.log(JSON.stringify(JSON.parse(text)) === text);";
    assert_eq!(logged(fine), ["true"]);
    for (open, close, fine) in [
        ("(", ")", 200),
        ("[", "]", 200),
        ("{a:", "}", 200),
        ("(function(){return ", "})()", 40),
        ("`${", "}`", 140),
        ("()=>", "", 200),
        ("1?", ":1", 350),
    ] {
        let nested = |depth: usize| {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            format!("const x = {open}1{close}; export function alarm() {{}}")
        };
        let too_deep =
            |message: &str| message.contains("Maximum call stack") || message.contains("too deep");
        load(&nested(fine)).unwrap();
        let refused = super::refused(&nested(10_000));
        assert!(too_deep(&refused.message), "{open} {refused:?}");
    }
}

#[test]
fn replaced_built_ins_do_not_mislead_the_glue() {
    let script = Script::new(
        "const { Error } = globalThis, { defineProperty } = Object;
        const evil = () => { throw new Error('evil'); };
        const replace = (object, ...names) => { for (let i = 0; i < names.length; i++) object[names[i]] = evil; };
        replace(Array.prototype, 'push', 'map', 'forEach', 'join', Symbol.iterator);
        replace(String.prototype, 'slice', 'indexOf', 'toWellFormed', 'toLowerCase', 'trim', 'startsWith');
        replace(Map.prototype, 'get', 'set', 'forEach', 'delete', 'has');
        replace(Object.prototype, 'hasOwnProperty', 'toString', 'valueOf');
        replace(Function.prototype, 'call', 'apply', 'bind');
        replace(Promise.prototype, 'then');
        replace(RegExp.prototype, 'exec');
        replace(JSON, 'parse', 'stringify');
        replace(Object, 'keys', 'defineProperty');
        replace(globalThis, 'Uint8Array', 'Map', 'String', 'Error');
        Promise.resolve = Reflect.apply = Array.isArray = evil;
        defineProperty(Object.prototype, 'status', { get: evil });
        defineProperty(Object.prototype, 'get', { value: evil });
        export function message(client, data) {
            state = { last: data };
            client.data = { seen: true };
            client.tags.add('all');
            client.send('sent');
            broadcast(new ArrayBuffer(2), { tag: 'all' });
            storage.put('key', { a: 1 });
            console.log('logged', storage.get('key'));
        }",
    );
    let report = script.last(&["connect", "hello"]);
    assert_eq!(report["error"], Value::Null, "{report}");
    assert_eq!(report["state"]["after"], r#"{"last":"hello"}"#);
    assert_eq!(report["effects"][0], json!({ "text": "sent", "to": "1" }));
    assert_eq!(report["attachments"]["1"], r#"{"seen":true}"#);
    assert_eq!(lines(&report), [r#"logged {"a":1}"#]);
}

#[test]
fn getters_proxies_and_conversions_in_returned_values_throw_or_work() {
    for (returned, part) in [
        ("[{ get a() { throw new Error('getter') } }, []]", "getter"),
        ("[1, { get messages() { throw new Error('messages') } }]", "messages"),
        ("[1, [{ get type() { throw new Error('type') } }]]", "type"),
        (
            "[1, [{ type: 'text', text: { toString() { throw new Error('toString') } } }]]",
            "toString",
        ),
        ("[1, new Proxy([], { get() { throw new Error('proxy') } })]", "proxy"),
        ("[1, [Symbol('s')]]", "a message is a string"),
        ("[1, [{ type: 'close', code: 1 }]]", "close"),
        ("[1n, []]", "BigInt"),
        ("'text'", "handleMessage returns [state, messages]"),
    ] {
        let script = Script::new(&format!(
            "export function handleMessage(message, state) {{ return {returned}; }}"
        ));
        let report = script.last(&["connect"]);
        assert!(error(&report).contains(part), "{returned}: {report}");
    }
    let script = Script::new(
        "export function handleMessage() { return [new Date(0), [{ type: 'text', text: '\\ud800a' }]]; }",
    );
    let report = script.last(&["connect"]);
    assert_eq!(
        (&report["state"]["after"], &report["answer"]),
        (&json!(r#""1970-01-01T00:00:00.000Z""#), &json!([{ "text": "\u{fffd}a" }]))
    );
}

#[test]
fn exceptions_that_resist_being_shown_are_told_all_the_same() {
    for body in [
        "throw new Proxy(new Error('a'), { get() { throw 1; } });",
        "const e = new Error(); Object.defineProperty(e, 'message', { get() { throw e; } }); throw e;",
        "throw { toString() { throw 1; }, toJSON() { throw 2; } };",
        "throw Object.create(null);",
        "const e = new Error('x'.repeat(1e6)); e.stack = 'y'.repeat(1e6); throw e;",
        "Error.prepareStackTrace = () => { throw 1; }; throw new Error('a');",
    ] {
        let text = thrown(body);
        assert!(!text.is_empty() && text.len() < 5000, "{body}: {text}");
    }
}

#[test]
fn messages_that_are_no_text_or_too_large_are_refused_or_mended() {
    assert_eq!(
        Script::new(
            "export function connect(client) { client.send('\\udc00 \\ud83d\\ude00 \\ud83d'); }"
        )
        .last(&["connect"])["effects"],
        json!([{ "text": "\u{fffd} \u{1f600} \u{fffd}", "to": "1" }])
    );
    assert!(thrown("client.send('x'.repeat(2e6))").contains("client.send: "));
    assert!(thrown("client.send(undefined)").contains("client.send: undefined can't be JSON"));
    assert!(thrown("client.send(() => 1)").contains("client.send: a function can't be JSON"));
    assert!(thrown("state = () => 1").contains("state: a function can't be JSON"));
    for (what, line) in [
        ("state", "const a = {}; a.a = a; state = a"),
        ("client.data", "const a = []; a.push(a); client.data = a"),
        ("client.send", "const a = []; a.push(a); client.send(a)"),
    ] {
        let said = format!("{what}: a circular reference can't be JSON");
        assert!(thrown(line).contains(&said), "{}", thrown(line));
    }
    assert!(thrown("state = Symbol()").contains("state: a symbol can't be JSON"));
    assert!(thrown("client.data = () => 1").contains("client.data: a function can't be JSON"));
    assert!(thrown("client.close(1)").contains("client.close: "));
    assert!(thrown("new client.constructor({}, 7)").contains("clients connect"));
    assert!(thrown("broadcast('a', { except: { id: 1 } })").contains("except takes a client"));
}

#[test]
fn weak_references_and_async_generators_work() {
    let logged = logged(
        "async function* numbers() { yield 1; yield 2; }
        for await (const number of numbers()) console.log(number);
        const kept = {}; console.log(new WeakRef(kept).deref() === kept);
        new FinalizationRegistry(() => console.log('gone')).register({}, 1);",
    );
    assert_eq!(logged[..3], ["1", "2", "true"]);
}

#[test]
fn a_hostile_top_level_is_refused() {
    assert!(
        refused("const f = () => f(); f(); export function alarm() {}")
            .message
            .contains("RangeError")
    );
    assert!(
        refused("throw new Proxy({}, { get() { throw 1; } }); export function alarm() {}")
            .message
            .contains("thrown")
    );
    let loaded = load(
        "for (let i = 0; i < 1000; i++) console.log('x'.repeat(5000)); export function alarm() {}",
    )
    .unwrap();
    assert_eq!(loaded.log.len(), 64);
    assert!(loaded.log.iter().all(|line| line.len() <= 1024));
    assert!(loaded.log[63].contains("more"));
}
