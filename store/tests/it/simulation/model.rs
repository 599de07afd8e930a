//! What a log must contain, and random changes of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use footlight_store::{Changes, Contents, Image, StoredAlarm};

use super::random::Random;

/// What is stored, without the code under test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    owners: BTreeMap<Box<str>, Contents>,
    blocks: u64,
    /// The last connection that opened.
    connection: u64,
}

/// The owners. Their names have an order in which a turn-over copies them.
const OWNERS: [&str; 5] = ["a", "b/room", "c", "long-name-of-an-owner", "z"];
const KEYS: [&str; 4] =
    ["", "k1", "k2", "key with a long name, which takes some room in each record"];

/// What one append gets.
#[derive(Debug)]
pub struct Batch {
    /// Changes by owner.
    pub owners: Vec<(&'static str, Changes)>,
    /// The new number for blocks.
    pub blocks: Option<u64>,
}

impl Batch {
    /// Changes of some owners. Values have at most `largest` bytes.
    pub fn random(model: &Model, random: &mut Random, largest: u64) -> Self {
        let mut owners = Vec::new();
        let mut connection = model.connection;
        let only = random.below(2 * OWNERS.len() as u64) as usize;
        for (index, name) in OWNERS.into_iter().enumerate() {
            if index == only || only >= OWNERS.len() && random.once_in(2) {
                let contents = model.owners.get(name).cloned().unwrap_or_default();
                owners.push((name, changes(&contents, &mut connection, random, largest)));
            }
        }
        Self { owners, blocks: None }
    }

    /// Sometimes a new number for blocks. It comes first in a record.
    pub fn choose_blocks(&mut self, model: &Model, random: &mut Random) {
        self.blocks = random.once_in(4).then(|| model.blocks + random.below(4));
    }
}

fn changes(
    contents: &Contents,
    connection: &mut u64,
    random: &mut Random,
    largest: u64,
) -> Changes {
    let mut changes = Changes { forget: random.once_in(24), ..Changes::default() };
    let old = |value: Option<&Bytes>| value.cloned().unwrap_or_default();
    if random.once_in(2) {
        changes.state = Some(value(&old(contents.state.as_ref()), random, largest));
    }
    for key in KEYS {
        if random.once_in(4) {
            let new = value(&old(contents.keys.get(key)), random, largest);
            changes.keys.insert(key.into(), new);
        }
    }
    if random.once_in(4) {
        let alarm = StoredAlarm { at: random.next(), left: random.below(70) };
        changes.alarm = Some((!random.once_in(3)).then_some(alarm));
    }
    for _ in 0..random.below(3) {
        *connection += 1;
        changes.opened.push(*connection);
    }
    if random.once_in(3) {
        changes.closed.extend(contents.open.iter().take(random.below(4) as usize));
    }
    changes
}

/// A new value, made of the old one in different ways.
fn value(old: &Bytes, random: &mut Random, largest: u64) -> Option<Bytes> {
    let mut new = old.to_vec();
    match random.below(8) {
        0 | 1 => return None,
        2 => {
            new = vec![0; random.below(largest) as usize];
            random.fill(&mut new);
        }
        3 => {
            new = vec![0; random.below(200) as usize];
            random.fill(&mut new);
        }
        4 if new.len() < largest as usize => {
            let byte = random.next().to_le_bytes()[0];
            new.extend(std::iter::repeat_n(byte, random.below(100) as usize));
        }
        5 => {}
        _ => {
            let at = random.below(new.len() as u64 + 1) as usize;
            let end = (at + random.below(40) as usize).min(new.len());
            let mut inserted = vec![0; random.below(40) as usize];
            random.fill(&mut inserted);
            drop(new.splice(at..end, inserted));
        }
    }
    Some(new.into())
}

impl Model {
    /// Applies what one append was given.
    pub fn apply(&mut self, batch: &Batch) {
        for (name, changes) in &batch.owners {
            let contents = self.owners.entry((*name).into()).or_default();
            if changes.forget {
                *contents = Contents::default();
            }
            if let Some(state) = &changes.state {
                contents.state.clone_from(state);
            }
            for (key, value) in &changes.keys {
                match value {
                    Some(value) => drop(contents.keys.insert(key.clone(), value.clone())),
                    None => drop(contents.keys.remove(key)),
                }
            }
            if let Some(alarm) = changes.alarm {
                contents.alarm = alarm;
            }
            contents.open.extend(&changes.opened);
            contents.open.retain(|connection| !changes.closed.contains(connection));
            self.connection = changes.opened.iter().copied().fold(self.connection, u64::max);
        }
        self.owners.retain(|_, contents| !(contents.is_empty() && contents.open.is_empty()));
        self.blocks = batch.blocks.unwrap_or(self.blocks);
    }

    /// What an image has that differs, if anything does.
    pub fn difference(&self, image: &Image) -> Option<String> {
        if self.owners.iter().eq(image.owners()) {
            let blocks = (self.blocks, image.blocks());
            return (blocks.0 != blocks.1).then(|| format!("blocks: {blocks:?}"));
        }
        let names = image.owners().map(|(name, _)| name).chain(self.owners.keys());
        let mut wrong = names.filter(|name| self.owners.get(*name) != image.owner(name));
        wrong.next().map(|name| format!("{name}: {:?}", image.owner(name)))
    }
}
