use std::collections::BTreeMap;

use serde::Serialize;

use super::*;

/// Whether it is written as serde_json writes it.
fn same<T: Serialize>(value: T) {
    let expected = serde_json::to_string(&value).unwrap();
    assert_eq!(to_string(&value).unwrap(), expected);
    assert_eq!(to_vec(&value).unwrap(), expected.into_bytes());
}

#[derive(Serialize)]
enum Kinds {
    Unit,
    One(u8),
    Two(u8, &'static str),
    Named { a: f64, b: Option<bool> },
}

#[derive(Serialize)]
struct Nothing;

#[derive(Serialize)]
struct All {
    numbers: (i8, u64, f32, i128),
    text: String,
    letters: char,
    kinds: Vec<Kinds>,
    nothing: Nothing,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u8>,
    map: BTreeMap<&'static str, ()>,
}

#[test]
fn each_kind_of_value_is_written_as_serde_json_does() {
    let named = Kinds::Named { a: 0.1, b: None };
    same(All {
        numbers: (-1, u64::MAX, 1.5, i128::MIN),
        text: "\"quoted\" and \\ and \u{1}".into(),
        letters: '\n',
        kinds: vec![Kinds::Unit, Kinds::One(1), Kinds::Two(2, "two"), named],
        nothing: Nothing,
        left_out: None,
        map: BTreeMap::from([("", ()), ("a\tb", ())]),
    });
    same(Vec::<u8>::new());
    same(f64::NAN);
    same(serde_json::json!({ "a": [1, 2.5, null, true, "x"], "b": {} }));
}

#[test]
fn keys_are_texts_numbers_or_truth_values() {
    same(BTreeMap::from([(-3, "a"), (12, "b")]));
    same(BTreeMap::from([(false, 1), (true, 2)]));
    same(BTreeMap::from([('x', 1)]));
    assert!(to_vec(&BTreeMap::from([(vec![1], 1)])).is_err());
    assert!(to_vec(&BTreeMap::from([((), 1)])).is_err());
}

#[test]
fn each_byte_at_each_place_of_a_text_is_written_as_serde_json_does() {
    for length in 0..20 {
        for place in 0..length {
            for byte in 0..128_u8 {
                let mut text = "é🐎ordinary text here".chars().cycle();
                let text: String = (0..length)
                    .map(|at| if at == place { char::from(byte) } else { text.next().unwrap() })
                    .collect();
                same(text);
            }
        }
    }
    same(
        "a \"long\" text\nwith several escapes\\, some of them \u{1}\u{2}\u{3}in a row\"".repeat(3),
    );
}
