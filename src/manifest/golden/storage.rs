//! The exact texts about mistakes in `[storage]`.

use super::added;
use crate::manifest::tests::{LEAST, parse};

#[test]
fn mistakes_about_storage_are_told() {
    let names = "write \"strict\", \"relaxed\" or \"none\"";
    let units = "(units: MB/day, GB/day, TB/day)";
    let giga = "write \"2GB/day\" (1GB is 1,000,000,000 bytes)";
    let alone = "has no effect without durability = \"relaxed\"; add that line, or remove this one";
    let time = "write a whole number and its unit, such as \"5s\" (units: ms, s, m, h)";
    let cases = [
        ("durability = 'safe'", format!("7: storage.durability: \"safe\" is not a durability; {names}")),
        ("durability = true", format!("7: storage.durability: true is not a durability; {names}")),
        ("interval = '5s'", format!("7: storage.interval: {alone}")),
        ("durability = 'strict'\ninterval = '5s'", format!("8: storage.interval: {alone}")),
        ("interval = '5s'\ndurability = 'none'", format!("7: storage.interval: {alone}")),
        // The interval fits what the wrong word was probably meant as.
        (
            "durability = 'relax'\ninterval = '5s'",
            format!("7: storage.durability: \"relax\" is not a durability; {names}"),
        ),
        (
            "durability = 'relaxed'\ninterval = 5",
            format!("8: storage.interval: 5 is not a duration; {time}"),
        ),
        (
            "durability = 'relaxed'\ninterval = '99ms'",
            "8: storage.interval: \"99ms\" is out of range; write a duration from \"100ms\" to \"1h\""
                .into(),
        ),
        (
            "durability = 'relaxed'\ninterval = '61m'",
            "8: storage.interval: \"61m\" is out of range; write a duration from \"100ms\" to \"1h\""
                .into(),
        ),
        ("wear = '2GB'", format!("7: storage.wear: \"2GB\" is not a rate; {giga}")),
        ("wear = '2GiB/day'", format!("7: storage.wear: \"2GiB/day\" is not a rate; {giga}")),
        ("wear = '2 gb / day'", format!("7: storage.wear: \"2 gb / day\" is not a rate; {giga}")),
        ("wear = '2GB/hour'", format!("7: storage.wear: \"2GB/hour\" is not a rate; {giga}")),
        (
            "wear = '500M'",
            "7: storage.wear: \"500M\" is not a rate; write \"500MB/day\" (1MB is 1,000,000 bytes)"
                .into(),
        ),
        (
            "wear = 2_000_000_000",
            format!("7: storage.wear: 2000000000 is not a rate; write text such as \"2GB/day\" {units}"),
        ),
        (
            "wear = '1.5GB/day'",
            format!("7: storage.wear: \"1.5GB/day\" is not a rate; write text such as \"2GB/day\" {units}"),
        ),
        (
            "wear = '0MB/day'",
            "7: storage.wear: \"0MB/day\" is out of range; write a rate from \"1MB/day\" to \"1000TB/day\""
                .into(),
        ),
        (
            "wear = '1001TB/day'",
            "7: storage.wear: \"1001TB/day\" is out of range; write a rate from \"1MB/day\" to \
             \"1000TB/day\""
                .into(),
        ),
        (
            "wait = '999ms'",
            "7: storage.wait: \"999ms\" is out of range; write a duration from \"1s\" to \"1h\"".into(),
        ),
        (
            "wait = '2h'",
            "7: storage.wait: \"2h\" is out of range; write a duration from \"1s\" to \"1h\"".into(),
        ),
        (
            "durable = true",
            "7: storage.durable: unknown key; the keys here are `durability`, `interval`, `wear`, \
             `wait`"
                .into(),
        ),
    ];
    for (lines, expected) in &cases {
        added(&[(&format!("[storage]\n{lines}"), expected)]);
    }
    added(&[(
        "[storage]\ndurability = 1\nwear = 1",
        &format!(
            "7: storage.durability: 1 is not a durability; {names}\n8: storage.wear: 1 is not a \
             rate; write text such as \"2GB/day\" {units}"
        ),
    )]);
}

#[test]
fn the_least_and_the_most_of_storage_are_accepted() {
    for lines in [
        "durability = 'relaxed'\ninterval = '100ms'\nwear = '1MB/day'\nwait = '1s'",
        "durability = 'relaxed'\ninterval = '1h'\nwear = '1000TB/day'\nwait = '1h'",
    ] {
        assert!(parse(&format!("{LEAST}[storage]\n{lines}\n")).is_ok(), "{lines}");
    }
}
