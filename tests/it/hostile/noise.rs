//! Files that are cut short, random, or good ones with a few bytes changed.

use std::fs;

use super::{
    file::check,
    guest::harmless,
    stage::{end, survive},
};
use crate::support::{Actor, Server, example, guest};

/// A random number generator that gives the same numbers in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below this one.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from((self.next() >> 16) % end).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// Checks that none of these files crashes `footlight check`. Returns which ones it accepts.
fn check_all(files: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (index, bytes) in files.into_iter().enumerate() {
        let path = folder.path().join(format!("{index}.wasm"));
        fs::write(&path, &bytes).unwrap();
        all.push((path.to_str().unwrap().to_owned(), bytes));
    }
    let paths: Vec<_> = all.iter().map(|(path, _)| path.as_str()).collect();
    let (_, text) = check(&paths);
    let verdicts: Vec<_> = text.lines().filter(|line| line.contains(".wasm: would")).collect();
    assert_eq!(verdicts.len(), all.len());
    let good = |path: &str| verdicts.contains(&format!("{path}: would run").as_str());
    all.into_iter().filter(|(path, _)| good(path)).map(|(_, bytes)| bytes).collect()
}

/// A good guest's module.
fn good() -> Vec<u8> {
    wat::parse_str(harmless("good").logs().text()).unwrap()
}

#[test]
fn a_module_that_is_cut_short_is_refused_unless_the_cut_is_between_sections() {
    // It remains a valid module without its data, or without the names of its functions.
    let whole = good();
    let cuts = (0..whole.len()).map(|len| whole[..len].to_vec());
    assert_eq!(check_all(cuts).len(), 2);
    let whole = fs::read(example("chat-room")).unwrap();
    let cuts = (0..whole.len()).step_by(997).map(|len| whole[..len].to_vec());
    assert_eq!(check_all(cuts).len(), 0);
}

#[test]
fn random_bytes_are_refused() {
    let mut random = Random(1);
    let headers = [&b""[..], b"\0asm", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0"];
    let files: Vec<_> = (0..1000)
        .map(|index| {
            let len = random.below(300);
            let bytes = (0..len).map(|_| random.byte()).collect::<Vec<_>>();
            [headers[index % headers.len()], &bytes].concat()
        })
        .collect();
    assert_eq!(check_all(files).len(), 0);
}

#[test]
fn random_sections_are_refused() {
    let mut random = Random(2);
    let files: Vec<_> = (0..1000)
        .map(|_| {
            let mut bytes = b"\0asm\x01\0\0\0".to_vec();
            for id in 0..13 {
                let len = random.below(40);
                bytes.extend([id, u8::try_from(len + 1).unwrap(), u8::try_from(len / 4).unwrap()]);
                bytes.extend((0..len).map(|_| random.byte() & 0x7f));
            }
            bytes
        })
        .collect();
    assert_eq!(check_all(files).len(), 0);
}

#[test]
fn modules_with_changed_bytes_run_or_fail_but_harm_nobody() {
    let (mut random, whole) = (Random(3), good());
    let changed: Vec<_> = (0..600)
        .map(|_| {
            let mut bytes = whole.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                bytes[at] = random.byte();
            }
            bytes
        })
        .collect();
    let runs = check_all(changed);
    assert!(runs.len() > 50, "only {} of them run", runs.len());
    // One server runs all the files that the check accepts, each with its own listener.
    for runs in runs.chunks(100) {
        let mut actors = vec![guest("events")];
        actors.extend(runs.iter().enumerate().map(|(index, bytes)| {
            Actor::bytes(&format!("changed-{index}"), bytes.clone()).limit("fuel", 1_000_000)
        }));
        let server = Server::start(&actors);
        let mut neighbour = server.client("events");
        assert!(neighbour.next().is_text());
        for index in 0..runs.len() {
            let mut client = server.client(&format!("changed-{index}"));
            let _ = survive(&mut client, "hello") && survive(&mut client, "attack");
            neighbour.ask("still here", "still here");
        }
        drop(neighbour);
        end(server);
    }
}
