//! Random programs on the real engine, through the host's own code: whatever a program does, its event ends, and
//! the next one works.
//!
//! `FOOTLIGHT_PROGRAMS` says how many.

use std::{env, fmt::Write as _};

use serde_json::json;

use super::Script;

/// How many programs there are without the variable.
const PROGRAMS: usize = 300;
/// The programs that run in one process, one after the other.
const BATCH: usize = 100;
/// The deepest part in a part of a program.
const DEPTH: usize = 5;

/// Runs a text as a program. What it uses itself is taken before the program can replace it.
const SCRIPT: &str = "const run = eval, { apply } = Reflect;
    let send;
    export async function message(client, text) {
        send ??= client.send;
        if (text === 'probe') return apply(send, client, ['fine']);
        globalThis.client = client;
        await run(text);
    }";

/// Names that programs read, call, change and replace.
const NAMES: [&str; 36] = [
    "a",
    "b",
    "f",
    "state",
    "client",
    "storage",
    "globalThis",
    "Object",
    "Array",
    "Function",
    "String",
    "Number",
    "BigInt",
    "Symbol",
    "Map",
    "WeakMap",
    "Set",
    "Promise",
    "Proxy",
    "Reflect",
    "JSON",
    "Math",
    "Date",
    "RegExp",
    "Error",
    "Uint8Array",
    "Float64Array",
    "ArrayBuffer",
    "DataView",
    "TextEncoder",
    "URL",
    "structuredClone",
    "console",
    "crypto",
    "alarm",
    "broadcast",
];
/// Names of properties.
const KEYS: [&str; 40] = [
    "prototype",
    "constructor",
    "__proto__",
    "length",
    "name",
    "toString",
    "valueOf",
    "toJSON",
    "then",
    "get",
    "set",
    "has",
    "call",
    "apply",
    "bind",
    "push",
    "map",
    "sort",
    "concat",
    "splice",
    "slice",
    "replace",
    "split",
    "at",
    "next",
    "return",
    "keys",
    "values",
    "entries",
    "assign",
    "freeze",
    "defineProperty",
    "message",
    "stack",
    "cause",
    "data",
    "tags",
    "buffer",
    "put",
    "send",
];
/// Values that are near a limit, or of a rare kind.
const VALUES: [&str; 30] = [
    "0",
    "-0",
    "1",
    "-1",
    "NaN",
    "Infinity",
    "2 ** 31",
    "2 ** 32 + 1",
    "2 ** 53",
    "1n",
    "-(2n ** 64n)",
    "''",
    "'a'",
    "'\\ud800'",
    "'x'.repeat(999)",
    "null",
    "undefined",
    "true",
    "[]",
    "[1, , 3]",
    "{}",
    "Object.create(null)",
    "/(a+)+$/",
    "/(?<n>.)\\k<n>/gu",
    "new Uint8Array(8)",
    "new ArrayBuffer(8, { maxByteLength: 64 })",
    "Symbol.iterator",
    "Symbol.toPrimitive",
    "new Date(NaN)",
    "new Error('e')",
];
/// Operators with two sides.
const OPERATORS: [&str; 18] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "&",
    ">>>",
    "<<",
    "==",
    "===",
    "<",
    "instanceof",
    "in",
    "&&",
    "??",
    "||",
    ",",
];

/// Makes programs from a number.
struct Generator(u64);

impl Generator {
    /// A number below `end`: SplitMix64 (Steele, Lea and Flood, 2014).
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % end as u64).unwrap()
    }

    fn pick(&mut self, among: &[&'static str]) -> &'static str {
        among[self.below(among.len())]
    }

    fn program(&mut self) -> String {
        let mut program = String::from("var a = [1, 2, 3], b = { a }, f = (x) => x;\n");
        for _ in 0..=self.below(5) {
            let statement = self.statement(DEPTH);
            // Most statements throw, and what follows is worth running too.
            match self.below(4) {
                0 => writeln!(program, "{statement}").unwrap(),
                _ => writeln!(program, "try {{ {statement} }} catch {{}}").unwrap(),
            }
        }
        program
    }

    fn statement(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else { return format!("{};", self.expression(0)) };
        let (one, two) = (self.expression(depth), self.expression(depth));
        let kind = self.below(16);
        let inner = if kind < 10 { self.statement(depth) } else { String::new() };
        match kind {
            0 => format!("if ({one}) {{ {inner} }} else {{ {two}; }}"),
            1 => format!("for (let i = 0; i < {}; i++) {{ {inner} }}", self.below(50)),
            2 => format!("for (const x of {one}) {{ {inner} }}"),
            3 => format!("for (const x in {one}) {{ {inner} }}"),
            4 => format!("try {{ {inner} }} catch (e) {{ {two}; }} finally {{ {one}; }}"),
            5 => format!("f = function* () {{ yield {one}; {inner} }};"),
            6 => format!("f = async () => {{ await {one}; {inner} }};"),
            7 => format!(
                "b = new (class extends {} {{ constructor() {{ super({one}); {inner} }} }})();",
                self.pick(&NAMES)
            ),
            8 => format!("switch ({one}) {{ case {two}: {inner} default: {inner} }}"),
            9 => format!("{{ {inner} }}"),
            10 => format!("({one})[{two}] = {};", self.expression(depth)),
            11 => format!("throw {one};"),
            12 => format!("var {{ {}: a = {one} }} = Object({two});", self.pick(&KEYS)),
            13 => format!(
                "Object.defineProperty(Object({one}), {:?}, {{ get() {{ return {two}; }} }});",
                self.pick(&KEYS)
            ),
            14 => format!("delete ({one}).{};", self.pick(&KEYS)),
            _ => format!("{one}; {two};"),
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else {
            return match self.below(2) {
                0 => self.pick(&NAMES).into(),
                _ => format!("({})", self.pick(&VALUES)),
            };
        };
        let one = self.expression(depth);
        let mut two = || self.expression(depth);
        let (two, three) = (two(), two());
        let (name, key) = (self.pick(&NAMES), self.pick(&KEYS));
        match self.below(22) {
            0 => format!("({one} {} {two})", self.pick(&OPERATORS)),
            1 => format!("{name}.{key}"),
            2 => format!("({one})?.{key}"),
            3 => format!("({one}).{key}({two})"),
            4 => format!("({one}).{key}({two}, {three})"),
            5 => format!("{name}({one}, {two})"),
            6 => format!("new {name}({one})"),
            7 => format!("({one})[{two}]"),
            8 => format!("[{one}, ...[{two}], {three}]"),
            9 => format!("({{ {key}: {one}, [{two}]: {three} }})"),
            10 => format!("`${{{one}}}`"),
            11 => format!("((x, y = {one}) => ({two}))({three})"),
            12 => format!(
                "new Proxy(Object({one}), {{ get() {{ return {two}; }}, has() {{ return {three}; }} }})"
            ),
            13 => format!("({{ {key}() {{ return {one}; }} }}).{key}({two})"),
            14 => format!("JSON.stringify({one}, {two})"),
            15 => format!("Reflect.apply({name}, {one}, [{two}])"),
            16 => format!("[...({one})].sort(() => {two})"),
            17 => format!("({name} = {one})"),
            18 => format!("Promise.resolve({one}).then(() => {two})"),
            19 => format!("String({one}).replace(/./g, () => {two})"),
            20 => format!("typeof ({one})"),
            _ => one,
        }
    }
}

#[test]
fn after_any_random_program_the_next_event_works() {
    let programs = env::var("FOOTLIGHT_PROGRAMS").map_or(PROGRAMS, |text| text.parse().unwrap());
    let script = Script::new(SCRIPT).limit("time = \"200ms\"");
    let mut failed = 0;
    for first in (0..programs).step_by(BATCH) {
        let batch: Vec<_> = (first..first + BATCH)
            .map(|number| (number, Generator(number as u64).program()))
            .collect();
        let probe = "probe".to_owned();
        let events = batch.iter().flat_map(|(_, program)| [program, &probe]);
        let events: Vec<_> = events.map(|text| json!({ "event": "text", "text": text })).collect();
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        let reports = script.call_lines(&lines, &[]);
        let texts: Vec<_> = reports.iter().filter(|report| report["event"] == "text").collect();
        assert_eq!(texts.len(), events.len(), "a program of {first} and following");
        for ((number, program), reports) in batch.iter().zip(texts.chunks(2)) {
            failed += usize::from(!reports[0]["error"].is_null());
            let fine = json!([{ "text": "fine", "to": "1" }]);
            assert_eq!(reports[1]["effects"], fine, "{number}: {program}\n{}", reports[1]);
        }
    }
    // Programs that all fail, or all work, would test little.
    assert!(failed > programs / 10 && failed < programs * 19 / 20, "{failed} of {programs}");
}
