//! Tests of the JSON: what is written reads back, and mistakes are told with their places.

use proptest::{collection, option, prelude::*};

use super::*;

/// Any stored contents.
fn contents() -> impl Strategy<Value = Contents> {
    let bytes = || {
        prop_oneof![
            collection::vec(any::<u8>(), 0..20).prop_map(Bytes::from),
            any::<String>().prop_map(Bytes::from),
        ]
    };
    let alarm = (any::<u64>(), any::<u64>()).prop_map(|(at, left)| StoredAlarm { at, left });
    let keys = any::<String>().prop_filter("a key", |key| !key.is_empty()).prop_map(Box::from);
    let keys = collection::btree_map(keys, bytes(), 0..4);
    let open = collection::btree_set(0..=MAX_CONNECTION, 0..4);
    let origin = option::of(prop::array::uniform20(any::<u8>()));
    (origin, option::of(bytes()), option::of(alarm), keys, open).prop_map(
        |(origin, state, alarm, keys, open)| Contents { origin, state, alarm, keys, open },
    )
}

proptest! {
    #[test]
    fn everything_that_can_be_stored_reads_back(
        blocks in 0..=MAX_BLOCKS,
        actors in collection::btree_map("[a-z0-9_-]{1,8}".prop_map(Box::from), contents(), 0..4),
    ) {
        let given: Vec<(&str, _)> = actors.iter().map(|(name, one)| (&**name, one)).collect();
        let text = write(blocks, &given);
        let open = actors.values().flat_map(|one| one.open.iter());
        let used = open.map(|number| (number >> 20) + 1).max().unwrap_or(0);
        let (blocks, actors) = (blocks.max(used), actors.into_iter().collect());
        prop_assert_eq!(read(&text), Ok(Imported { blocks, actors }));
    }
}

#[test]
fn text_is_a_string_and_other_bytes_are_hexadecimal() {
    let contents = Contents {
        origin: None,
        state: Some("Grüße\n".into()),
        alarm: Some(StoredAlarm { at: 7, left: 5 }),
        keys: [("a".into(), "x".into()), ("b".into(), Bytes::from_static(b"\0\xff"))].into(),
        open: [9, 3].into(),
    };
    assert_eq!(
        write(2, &[("notes", &contents)]),
        r#"{
  "actors": {
    "notes": {
      "alarm": {
        "at": 7,
        "left": 5
      },
      "keys": {
        "a": "x",
        "b": {
          "hex": "00ff"
        }
      },
      "open": [
        3,
        9
      ],
      "state": "Grüße\n"
    }
  },
  "blocks": 2,
  "format": 1
}
"#
    );
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let with = |actor: &str| format!(r#"{{"format": 1, "actors": {{"a": {actor}}}}}"#);
    let both = "is neither a string nor {\"hex\": \"00ff\"}, with two digits for each byte";
    for (text, expected) in [
        ("[]".into(), "is not an object".into()),
        ("{}".into(), "format: is not 1; this version reads no other form".into()),
        (r#"{"format": 2}"#.into(), "format: is not 1; this version reads no other form".into()),
        (r#"{"format": 1}"#.into(), "actors: is missing".into()),
        (r#"{"format": 1, "actors": 1}"#.into(), "actors: is not an object".into()),
        (r#"{"format": 1, "actors": {}, "x\n": 1}"#.into(), "x\\n: is unknown here".into()),
        (
            r#"{"format": 1, "actors": {}, "blocks": -1}"#.into(),
            "blocks: is not a whole number from 0 to 4294967296".into(),
        ),
        (
            r#"{"format": 1, "actors": {"a b": {}}}"#.into(),
            "actors.a b: an actor can't have this name".into(),
        ),
        (with("1"), "actors.a: is not an object".to_owned()),
        (with(r#"{"stat": "x"}"#), "actors.a.stat: is unknown here".into()),
        (with(r#"{"state": 1}"#), format!("actors.a.state: {both}")),
        (with(r#"{"state": {}}"#), format!("actors.a.state: {both}")),
        (with(r#"{"state": {"hex": "00ff", "x": 1}}"#), "actors.a.state.x: is unknown here".into()),
        (with(r#"{"keys": {"k": {"hex": "0ff"}}}"#), format!("actors.a.keys.k: {both}")),
        (with(r#"{"keys": {"k": {"hex": "0g"}}}"#), format!("actors.a.keys.k: {both}")),
        (with(r#"{"keys": {"k": {"hex": "+1"}}}"#), format!("actors.a.keys.k: {both}")),
        (with(r#"{"keys": []}"#), "actors.a.keys: is not an object".into()),
        (with(r#"{"alarm": {"at": 1}}"#), "actors.a.alarm.left: is missing".into()),
        (
            with(r#"{"alarm": {"at": 1.5, "left": 1}}"#),
            "actors.a.alarm.at: is not a whole number from 0 to 18446744073709551615".into(),
        ),
        (with(r#"{"open": {}}"#), "actors.a.open: is not a list".into()),
        (
            with(r#"{"open": [9007199254740992]}"#),
            "actors.a.open: is not a whole number from 0 to 4503599627370495".into(),
        ),
    ] {
        assert_eq!(read(&text), Err(Mistake(expected)), "{text}");
    }
    let Err(Mistake(text)) = read("{") else { panic!() };
    assert!(text.starts_with("not JSON: EOF while parsing"), "{text}");
}
