//! Imports that get pointers outside the memory and other invalid values.

use super::{
    guest::{AREA, Guest, call, fails, find, harmless},
    stage::act,
};

/// The size of the memory.
const SIZE: i64 = 65536;
/// A text of one byte, and its length.
const TEXT: [i64; 2] = [16, 1];
/// An existing connection: the first one of every guest.
const ID: i64 = 1;

/// Every import that takes parameters in memory, with good parameters.
pub fn all() -> Vec<(&'static str, Vec<i64>)> {
    let [at, len] = TEXT;
    vec![
        ("connections.sender", vec![AREA]),
        ("connections.info", vec![ID, AREA]),
        ("connections.list", vec![1, at, len, AREA]),
        ("connections.send", vec![ID, 1, at, len, AREA]),
        ("connections.broadcast", vec![1, at, len, 0, at, len, 0, 0, AREA]),
        ("connections.tag", vec![ID, at, len, AREA]),
        ("connections.untag", vec![ID, at, len, AREA]),
        ("connections.attachment", vec![ID, AREA]),
        ("connections.set-attachment", vec![ID, 1, at, len, AREA]),
        ("connections.close", vec![ID, 1000, at, len, AREA]),
        ("alarm.set", vec![0]),
        ("alarm.cancel", vec![]),
        ("clock.now", vec![]),
        ("random.bytes", vec![8, AREA]),
        ("files.read", vec![at, len, AREA]),
        ("files.list", vec![at, 0, AREA]),
        ("files.write", vec![at, len, at, len, AREA]),
    ]
}

/// The index of each pointer among an import's parameters, and its name. Its length follows it.
const POINTERS: [(&str, usize, &str); 12] = [
    ("connections.list", 1, "tag"),
    ("connections.send", 2, "payload"),
    ("connections.broadcast", 1, "tag"),
    ("connections.broadcast", 4, "payload"),
    ("connections.tag", 1, "tag"),
    ("connections.untag", 1, "tag"),
    ("connections.set-attachment", 2, "value"),
    ("connections.close", 2, "reason"),
    ("files.read", 0, "path"),
    ("files.list", 0, "path"),
    ("files.write", 0, "path"),
    ("files.write", 2, "content"),
];

/// The good parameters of an import.
fn good(import: &str) -> Vec<i64> {
    all().into_iter().find(|(found, _)| *found == import).unwrap().1
}

/// A parameter as the host reads it: its lower half.
fn unsigned(value: i64) -> u32 {
    u32::try_from(value & 0xffff_ffff).unwrap()
}

/// A guest that calls an import with some parameters changed, and the error that must follow.
fn changed(import: &str, what: &str, changes: &[(usize, i64)], says: &str) -> Guest {
    let mut parameters = good(import);
    changes.iter().for_each(|(index, value)| parameters[*index] = *value);
    let at = changes.first().map_or(0, |(index, _)| *index);
    let name = format!("{import}-{at}-{what}").leak();
    let says = [format!("in a call of `{import}`, ").leak(), says.to_owned().leak() as &str];
    fails(name, Vec::from(says).leak()).imports(import).first(call(import, &parameters))
}

/// The same change of every pointer and its length.
fn every_pointer(what: &str, [at, len]: [i64; 2], says: &str) {
    let guests = POINTERS.map(|(import, index, field)| {
        let changes = [(index, at), (index + 1, len)];
        let name = format!("{what}-{field}");
        changed(import, &name, &changes, &format!("{field} at offset {says}"))
    });
    act(&guests);
}

#[test]
fn parameters_past_the_last_byte_are_refused_in_every_import() {
    every_pointer("past-the-end", [SIZE - 1, 2], "0xffff is 2 bytes long, which is beyond");
}

#[test]
fn parameters_that_wrap_are_refused_in_every_import() {
    every_pointer("wraps", [-1, 2], "0xffffffff is 2 bytes long");
}

#[test]
fn parameters_of_4_gib_are_refused_in_every_import() {
    every_pointer("of-4-gib", [1, -1], "0x1 is 4294967295 bytes long");
}

#[test]
fn texts_that_are_not_utf_8_are_refused_in_every_import() {
    let texts = POINTERS.iter().filter(|(_, _, field)| !["value", "content"].contains(field));
    let guests = texts.map(|(import, index, field)| {
        let mut changes = vec![(*index, 2048), (*index + 1, 4)];
        if *import == "connections.send" {
            changes.push((1, 0));
        }
        let says = format!("{field} at offset 0x800 is not UTF-8 from its byte 2 on");
        let guest = changed(import, &format!("no-utf-8-{field}"), &changes, &says);
        guest.with(r#"(data (i32.const 2048) "ab\ff\fe")"#)
    });
    act(&guests.collect::<Vec<_>>());
}

#[test]
fn results_that_are_wanted_where_they_do_not_fit_are_refused_in_every_import() {
    let guests = all().into_iter().filter_map(|(import, parameters)| {
        let (area, last) = (find(import).ty().area?, parameters.len() - 1);
        let (size, align) = (i64::from(area.size), i64::from(area.align));
        let says = |at: i64| format!("result at offset {:#x} is {size} bytes long", unsigned(at));
        let (beyond, wraps) = (SIZE - size + align, -align);
        Some([
            changed(import, "beyond", &[(last, beyond)], &says(beyond)),
            changed(import, "wraps", &[(last, wraps)], &says(wraps)),
        ])
    });
    act(&guests.flatten().collect::<Vec<_>>());
}

#[test]
fn results_that_are_wanted_at_an_odd_place_are_refused_in_every_import() {
    let guests = all().into_iter().filter_map(|(import, parameters)| {
        let (area, last) = (find(import).ty().area?, parameters.len() - 1);
        let at = AREA + i64::from(area.align / 2);
        let says = format!("result at offset {at:#x} is not aligned to {} bytes", area.align);
        Some(changed(import, "misaligned", &[(last, at)], &says))
    });
    act(&guests.collect::<Vec<_>>());
}

#[test]
fn cases_that_do_not_exist_are_refused_in_every_import() {
    let case = |import, index, found: i64, field| {
        let says = format!("{field} is passed with discriminant {}", unsigned(found));
        changed(import, field, &[(index, found)], &format!("{says}, but only 0 to 1 exist"))
    };
    act(&[
        case("connections.list", 0, 2, "tag"),
        case("connections.send", 1, 2, "payload"),
        case("connections.broadcast", 0, -1, "tag"),
        case("connections.broadcast", 3, 256, "payload"),
        case("connections.broadcast", 6, 1 << 31, "except"),
        case("connections.set-attachment", 1, 3, "value"),
    ]);
}

#[test]
fn everything_at_the_very_end_of_the_memory_is_taken() {
    // Every pointer to a byte points to the last one, and every result goes to the last bytes.
    let mut those = all();
    those.retain(|(import, _)| *import != "connections.close");
    let imports = those.iter().map(|(import, _)| *import);
    let guest = imports.fold(harmless("at-the-end"), Guest::imports);
    let calls = those.into_iter().map(|(import, mut parameters)| {
        parameters.iter_mut().filter(|value| **value == 16).for_each(|at| *at = SIZE - 1);
        if import == "connections.send" {
            parameters[0] = 99;
        }
        if let (Some(area), Some(last)) = (find(import).ty().area, parameters.last_mut()) {
            *last = SIZE - i64::from(area.size);
        }
        call(import, &parameters)
    });
    act(&[guest.first(calls.collect::<String>())]);
}

#[test]
fn numbers_past_their_bounds_are_a_trap_or_an_error_and_nothing_is_allocated_for_them() {
    let twice = |name, id: i64| {
        let calls = [
            call("connections.info", &[id, AREA]),
            call("connections.attachment", &[id, AREA]),
            call("connections.tag", &[id, 16, 1, AREA]),
            call("connections.close", &[id, 1000, 16, 1, AREA]),
        ];
        let all =
            ["connections.info", "connections.attachment", "connections.tag", "connections.close"];
        let guest = all.into_iter().fold(harmless(name), Guest::imports);
        // No such connection: it is neither known nor closed, which is what the error says.
        let gone = "(if (i32.load8_u (i32.const 1028)) (then (unreachable)))";
        guest.first(format!("{} {gone}", calls.concat()))
    };
    act(&[
        changed("random.bytes", "past-64-kib", &[(0, 65537)], "65537 random bytes are asked for"),
        changed("random.bytes", "of-4-gib", &[(0, -1)], "4294967295 random bytes are asked for"),
        twice("nobody-0", 0),
        twice("nobody-yet", 1 << 40),
        twice("nobody-ever", -1),
        harmless("alarm-in-584-million-years")
            .imports("alarm.set")
            .first(call("alarm.set", &[-1])),
        harmless("codes-that-must-not-be-sent").imports("connections.close").first(
            [0i64, 999, 1004, 1005, 1006, 1015, 5000, 65535, 65536 + 999]
                .map(|code| {
                    let call = call("connections.close", &[ID, code, 16, 0, AREA]);
                    format!("{call} (if (i32.ne (i32.load8_u (i32.const 1028)) (i32.const 3)) (then (unreachable)))")
                })
                .concat(),
        ),
    ]);
}
