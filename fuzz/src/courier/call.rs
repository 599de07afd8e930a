//! A model of one call of the courier: a second implementation of the functions in
//! `src/actor/imports/`.

use std::collections::BTreeMap;

use footlight::exchange::{CloseCode, Message};

use super::{
    EPOCH, Kept, Stage, Step,
    post::Letter,
    tree::{self, Change, Node, PATHS, Tree},
};

/// A request of a call.
pub(super) enum Effect {
    /// A message to one client.
    Send(u64, Message),
    /// A message to many clients.
    Broadcast(Vec<u64>, Message),
    /// Closes a connection.
    Close(u64, CloseCode),
}

/// The bytes that each effect counts for beside its payload.
const EFFECT: usize = 64;
const RECEIVER: usize = 8;
/// The least that a change of a file counts for.
const FILE: usize = 4096;
/// The guest's tags, keys and actors, and their lengths.
const TEXTS: [&str; 4] = ["a", "bb", "ccccccc", ""];
const TAGS: [usize; 4] = [1, 2, 7, 0];

/// A call in the model.
pub(super) struct Call<'s> {
    /// The actor and its clients before the call.
    stage: &'s Stage,
    /// The client of the event.
    sender: Option<u64>,
    /// The tags and attachments of the clients, as the call sees them.
    pub(super) kept: BTreeMap<u64, Kept>,
    /// The length of the value of each key that is stored, as the call sees it.
    pub(super) stored: BTreeMap<u8, usize>,
    /// The clients that the call has changed.
    touched: Vec<u64>,
    /// The bytes that the call has sent to each client.
    asked: BTreeMap<u64, usize>,
    /// The call's requests so far.
    pub(super) effects: Vec<Effect>,
    /// The last request for the alarm: the milliseconds until it fires, or none. `None` if there
    /// was no request.
    pub(super) alarm: Option<Option<u64>>,
    /// The files, as the call sees them.
    pub(super) files: Tree,
    /// The messages that the call has sent to other actors.
    pub(super) letters: Vec<Letter>,
    /// How many messages to other actors were refused.
    pub(super) refused: u64,
    /// The bytes of `limits.effects` that are left.
    left: usize,
}

/// A refusal: its case and its number.
type Refused = (u8, u32);
const GONE: Refused = (0, 0);
const LIMIT: Refused = (2, 0);
const INVALID: Refused = (3, 0);
/// Errors of the storage.
const INVALID_KEY: Refused = (0, 0);
const TOO_LARGE: Refused = (1, 0);
const STORAGE_LIMIT: Refused = (3, 0);

impl<'s> Call<'s> {
    /// A call for an event of this client, or for an alarm.
    pub(super) fn new(stage: &'s Stage, sender: Option<u64>) -> Self {
        let kept = stage.members.iter().map(|(id, member)| (*id, member.kept.clone())).collect();
        let (touched, asked, effects) = (Vec::new(), BTreeMap::new(), Vec::new());
        let left = stage.limits.effects;
        let (stored, files, letters) = (stage.stored.clone(), stage.files.clone(), Vec::new());
        Self {
            stage,
            sender,
            kept,
            stored,
            touched,
            asked,
            effects,
            alarm: None,
            files,
            letters,
            refused: 0,
            left,
        }
    }

    /// Calls an import. Returns what the guest must see.
    pub(super) fn step(&mut self, [op, id, a, b]: Step) -> [u8; 12] {
        let (id, len) = (u64::from(id), usize::from(b));
        let (tag, some) = (a & 3, a < 4);
        let count = |result: Result<u32, Refused>| match result {
            Ok(count) => words([0, count, 0]),
            Err((case, number)) => words([1, case.into(), number]),
        };
        let done = |result: Result<(), Refused>| count(result.map(|()| 0));
        match op {
            0 => count(self.send(id, len * 8)),
            1 => count(self.broadcast(some.then_some(tag), len * 8, id)),
            2 => done(self.tag(id, tag)),
            3 => done(self.untag(id, tag)),
            4 => done(self.attach(id, (a & 1 == 1).then_some(len))),
            5 => done(self.close(id, 3000 + u16::from(b))),
            6 => {
                let ids = self.present(some.then_some(tag));
                words([ids.iter().sum::<u64>() as u32, ids.len() as u32, 0])
            }
            7 => match self.kept.get(&id).and_then(|kept| kept.attachment) {
                Some(len) => words([1, 0, len as u32]),
                None => words([0; 3]),
            },
            8 => words([self.sender.is_some().into(), 0, self.sender.unwrap_or(0) as u32]),
            9 => words([self.kept.contains_key(&id).into(), 0, 0]),
            10 | 11 => {
                self.alarm = Some((op == 10).then_some(u64::from(b) * 10));
                words([0; 3])
            }
            12 => {
                let now = EPOCH + self.stage.now;
                words([now as u32, (now >> 32) as u32, 0])
            }
            13 => words([0, b.into(), 0]),
            14 => match self.stored.get(&tag) {
                Some(len) => words([1, 0, *len as u32]),
                None => words([0; 3]),
            },
            15 => done(self.put(tag, len)),
            16 => count(self.delete(tag).map(u32::from)),
            17 => {
                let after = if some { &TEXTS[usize::from(tag)] } else { "" };
                let is_after = |key: &&u8| TEXTS[usize::from(**key)] > after;
                let found = self.stored.keys().filter(is_after).count();
                words([0, found.min(len) as u32, (found > len).into()])
            }
            18 => {
                self.stored.clear();
                words([0; 3])
            }
            19..=25 => self.file(op, PATHS[usize::from(a)], len),
            26 => words([self.post(tag, len).is_err().into(), 0, 0]),
            _ => match self.ask(tag, len) {
                Ok(len) => words([0, 0, len as u32]),
                Err(_) => words([1, 0, 0]),
            },
        }
    }

    /// The clients that can get messages, of those with a tag or of all.
    fn present(&self, tag: Option<u8>) -> Vec<u64> {
        let is = |kept: &Kept| !kept.leaving && tag.is_none_or(|tag| kept.tags.contains(&tag));
        self.kept.iter().filter(|(_, kept)| is(kept)).map(|(id, _)| *id).collect()
    }

    /// A client that can get messages.
    fn one(&mut self, id: u64) -> Result<&mut Kept, Refused> {
        self.kept.get_mut(&id).filter(|kept| !kept.leaving).ok_or(GONE)
    }

    /// Pays for something that the call keeps.
    fn pay(&mut self, bytes: usize) -> Result<(), Refused> {
        self.left = self.left.checked_sub(bytes + EFFECT).ok_or(LIMIT)?;
        Ok(())
    }

    /// Pays for the saved values of a client at its first change.
    fn touch(&mut self, id: u64) -> Result<&mut Kept, Refused> {
        if !self.touched.contains(&id) {
            let kept = self.one(id)?;
            let tags: usize = kept.tags.iter().map(|tag| TAGS[usize::from(*tag)]).sum();
            let bytes = tags + kept.attachment.unwrap_or(0);
            self.pay(bytes)?;
            self.touched.push(id);
        }
        self.one(id)
    }

    fn send(&mut self, id: u64, len: usize) -> Result<u32, Refused> {
        self.one(id)?;
        if self.left < len + EFFECT {
            return Err(LIMIT);
        }
        let asked = self.asked.entry(id).or_default();
        let queued = self.stage.members[&id].waiting() + *asked;
        let total = queued + len.max(1);
        if queued > 0 && total > self.stage.limits.outbox {
            return Err((1, queued as u32));
        }
        *asked += len.max(1);
        self.pay(len)?;
        self.effects.push(Effect::Send(id, Message::Binary(vec![0; len].into())));
        Ok(total as u32)
    }

    fn broadcast(&mut self, tag: Option<u8>, len: usize, except: u64) -> Result<u32, Refused> {
        let mut to = self.present(tag);
        to.retain(|id| *id != except);
        self.pay(len + to.len() * RECEIVER)?;
        to.iter().for_each(|id| *self.asked.entry(*id).or_default() += len.max(1));
        let count = to.len() as u32;
        self.effects.push(Effect::Broadcast(to, Message::Binary(vec![0; len].into())));
        Ok(count)
    }

    fn tag(&mut self, id: u64, tag: u8) -> Result<(), Refused> {
        let (longest, most) = (self.stage.limits.tag, self.stage.limits.tags);
        let kept = self.one(id)?;
        if kept.tags.contains(&tag) {
            return Ok(());
        }
        if !(1..=longest).contains(&TAGS[usize::from(tag)]) || kept.tags.len() >= most {
            return Err(INVALID);
        }
        self.touch(id)?.tags.push(tag);
        Ok(())
    }

    fn untag(&mut self, id: u64, tag: u8) -> Result<(), Refused> {
        if self.one(id)?.tags.contains(&tag) {
            self.touch(id)?.tags.retain(|kept| *kept != tag);
        }
        Ok(())
    }

    fn attach(&mut self, id: u64, value: Option<usize>) -> Result<(), Refused> {
        self.one(id)?;
        if value.is_some_and(|len| len > self.stage.limits.attachment) {
            return Err(INVALID);
        }
        self.touch(id)?.attachment = value;
        Ok(())
    }

    /// The bytes of an entry in `limits.storage`.
    fn entry(key: u8, len: usize) -> usize {
        TAGS[usize::from(key)] + len + EFFECT
    }

    fn put(&mut self, key: u8, len: usize) -> Result<(), Refused> {
        let limits = &self.stage.limits;
        if !(1..=limits.storage_key).contains(&TAGS[usize::from(key)]) {
            return Err(INVALID_KEY);
        }
        if len > limits.storage_value {
            return Err(TOO_LARGE);
        }
        // All bytes are zero, so the length says it all.
        let old = self.stored.get(&key).copied();
        if old == Some(len) {
            return Ok(());
        }
        let now: usize = self.stored.iter().map(|(key, len)| Self::entry(*key, *len)).sum();
        let then = now - old.map_or(0, |old| Self::entry(key, old)) + Self::entry(key, len);
        if then > limits.storage {
            return Err((2, now as u32));
        }
        self.pay(TAGS[usize::from(key)] + len).map_err(|_| STORAGE_LIMIT)?;
        self.stored.insert(key, len);
        Ok(())
    }

    fn delete(&mut self, key: u8) -> Result<bool, Refused> {
        if !self.stored.contains_key(&key) {
            return Ok(false);
        }
        self.pay(TAGS[usize::from(key)]).map_err(|_| STORAGE_LIMIT)?;
        self.stored.remove(&key);
        Ok(true)
    }

    /// Looks at a file or a folder, or changes it.
    fn file(&mut self, op: u8, path: &str, len: usize) -> [u8; 12] {
        let disk = &self.stage.files;
        let found = match op {
            23 => self.files.len(path, disk).map(|len| [0, 0, len as u32]),
            24 => self.files.list(path, disk).map(|count| [0, 0, count as u32]),
            25 => self.files.info(path, disk).map(|node| match node {
                Node::File(len) => [0, 0, len as u32],
                Node::Folder => [0, 1, 0],
            }),
            _ => self.change(op, path, len).map(|()| [0; 3]),
        };
        words(found.unwrap_or_else(|case| [1, case, 0]))
    }

    fn change(&mut self, op: u8, path: &str, len: usize) -> Result<(), u32> {
        let (change, len) = match op {
            19 => (Change::Write(len), len),
            20 => (Change::Delete, 0),
            21 => (Change::CreateFolder, 0),
            _ => (Change::DeleteFolder, 0),
        };
        if len > self.stage.limits.file_access {
            return Err(tree::TOO_LARGE);
        }
        self.pay((path.len() + len).max(FILE)).map_err(|_| tree::LIMIT)?;
        self.files.change(path, change, &self.stage.files)
    }

    /// A message to another actor, which the call has paid for.
    fn letter(&mut self, to: u8, len: usize) -> Result<Letter, Refused> {
        let to = TEXTS[usize::from(to)];
        self.pay(to.len() + len)?;
        let mut content = vec![0; len];
        // The courier fails at its own messages of odd length.
        content.iter_mut().take(len % 2).for_each(|first| *first = 1);
        Ok((to, content))
    }

    fn post(&mut self, to: u8, len: usize) -> Result<(), Refused> {
        let letter = self.letter(to, len)?;
        if !self.stage.post.takes(&letter, &self.letters, &self.stage.limits) {
            self.refused += 1;
            return Err(INVALID);
        }
        self.letters.push(letter);
        Ok(())
    }

    fn ask(&mut self, to: u8, len: usize) -> Result<usize, Refused> {
        let letter = self.letter(to, len)?;
        let reply = self.stage.post.reply(&letter, &self.stage.limits);
        self.refused += u64::from(reply.is_none());
        reply.ok_or(INVALID)
    }

    fn close(&mut self, id: u64, code: u16) -> Result<(), Refused> {
        self.one(id)?;
        self.pay(0)?;
        self.one(id)?.leaving = true;
        self.effects.push(Effect::Close(id, CloseCode(code)));
        Ok(())
    }
}

/// Encodes three words as twelve bytes.
fn words(words: [u32; 3]) -> [u8; 12] {
    let mut bytes = [0; 12];
    let slots = bytes.as_chunks_mut::<4>().0.iter_mut().zip(words);
    slots.for_each(|(slot, word)| slot.copy_from_slice(&word.to_le_bytes()));
    bytes
}
