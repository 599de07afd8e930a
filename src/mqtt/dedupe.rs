//! Messages between Footlight hosts that come once only.
//!
//! What an actor publishes with QoS 1 has an [`Identity`], which goes along in user properties of
//! MQTT 5. A receiver keeps the numbers that it has seen of each sender, as runs of numbers without a gap.
//! So it keeps all numbers of a sender of which it gets each message, and at least the last
//! [`NUMBERS`] of others. It never asks whether a number is greater than the last: one forged number would
//! then keep out all that follow.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::host_key::{length, number};

/// How the names of the host's own user properties begin.
pub(crate) const OWN: &str = "footlight-";
/// The property with the sender, in 16 hexadecimal digits.
const SENDER: &str = "footlight-sender";
/// The property with the number, in decimal digits.
const NUMBER: &str = "footlight-number";
/// How many runs of numbers of a sender are kept, and so how many numbers at least. A sender publishes at
/// most as many, from the oldest on that may come again.
pub(super) const NUMBERS: usize = 64;
/// How many senders are kept. The one that has sent nothing for longest is forgotten.
const SENDERS: usize = 256;

/// Which message it is, wherever and however often it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A random number of the sender's run.
    pub sender: u64,
    /// The message's number in that run.
    pub number: u64,
}

impl Identity {
    /// The user properties that tell it.
    pub fn properties(self) -> [(&'static str, String); 2] {
        [(SENDER, format!("{:016x}", self.sender)), (NUMBER, self.number.to_string())]
    }

    /// Takes the host's own properties out of those of a message. `None` if they are no identity.
    pub(super) fn take(user: &mut Vec<(String, String)>) -> Option<Self> {
        let (mut sender, mut number) = (None, None);
        user.retain(|(name, value)| {
            match name.as_str() {
                SENDER if is_all(value, |byte| byte.is_ascii_hexdigit()) && value.len() == 16 => {
                    sender = u64::from_str_radix(value, 16).ok();
                }
                NUMBER if is_all(value, |byte| byte.is_ascii_digit()) => {
                    number = value.parse().ok();
                }
                _ => {}
            }
            !name.starts_with(OWN)
        });
        Some(Self { sender: sender?, number: number? })
    }
}

/// Whether all bytes of a text are such.
fn is_all(text: &str, such: fn(u8) -> bool) -> bool {
    text.bytes().all(such)
}

/// The numbers that were seen of each sender, those of the one that was heard last at the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Windows(VecDeque<(u64, Runs)>);

/// Numbers of one sender: the first and the last of each run, the run at the end that was added to last.
type Runs = VecDeque<(u64, u64)>;

impl Windows {
    /// Whether a message has been seen.
    pub(super) fn has(&self, identity: Identity) -> bool {
        let mut senders = self.0.iter();
        let window = senders.find(|(sender, _)| *sender == identity.sender);
        window.is_some_and(|(_, runs)| place(runs, identity.number).is_some())
    }

    /// Notes that a message has been seen.
    pub(super) fn add(&mut self, identity: Identity) {
        if self.has(identity) {
            return;
        }
        let Identity { sender, number } = identity;
        let at = self.0.iter().position(|(other, _)| *other == sender);
        let (_, mut runs) = at.and_then(|at| self.0.remove(at)).unwrap_or_default();
        // The runs before and behind it become one with it.
        let mut own = (number, number);
        runs.retain(|(first, last)| {
            let (is_before, is_behind) =
                (last.checked_add(1) == Some(number), number.checked_add(1) == Some(*first));
            if is_before {
                own.0 = *first;
            }
            if is_behind {
                own.1 = *last;
            }
            !is_before && !is_behind
        });
        runs.push_back(own);
        forget_first(&mut runs, NUMBERS);
        self.0.push_back((sender, runs));
        forget_first(&mut self.0, SENDERS);
    }

    /// Takes back that a message has been seen.
    pub(super) fn remove(&mut self, identity: Identity) {
        let Identity { sender, number } = identity;
        let mut senders = self.0.iter_mut();
        let Some((_, runs)) = senders.find(|(other, _)| *other == sender) else { return };
        let Some(at) = place(runs, number) else { return };
        let Some((first, last)) = runs.remove(at) else { return };
        if number < last {
            runs.insert(at, (number + 1, last));
        }
        if first < number {
            runs.insert(at, (first, number - 1));
        }
        forget_first(runs, NUMBERS);
    }

    /// Writes them: how many senders, and for each sender its number, how many runs, and for each run its
    /// first number, as the difference to the last one of the run before, and how many follow it.
    pub(super) fn write(&self, to: &mut String) {
        *to += &format!("{}:", self.0.len());
        for (sender, runs) in &self.0 {
            *to += &format!("{sender}:{}:", runs.len());
            let mut before = 0_u64;
            for (first, last) in runs {
                *to += &format!("{}:{}:", first.wrapping_sub(before), last.wrapping_sub(*first));
                before = *last;
            }
        }
    }

    /// Reads what [`write`](Self::write) has written.
    pub(super) fn read(rest: &mut Bytes) -> Option<Self> {
        let mut windows = VecDeque::new();
        for _ in 0..length(rest)?.min(SENDERS) {
            let (sender, count) = (number(rest)?, length(rest)?);
            let (mut runs, mut before) = (Runs::new(), 0_u64);
            for _ in 0..count.min(NUMBERS) {
                let first = before.wrapping_add(number(rest)?);
                before = first.checked_add(number(rest)?)?;
                runs.push_back((first, before));
            }
            windows.push_back((sender, runs));
        }
        Some(Self(windows))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Which run has this number.
fn place(runs: &Runs, number: u64) -> Option<usize> {
    runs.iter().position(|(first, last)| (*first..=*last).contains(&number))
}

/// Removes the first until so many are left.
fn forget_first<T>(all: &mut VecDeque<T>, most: usize) {
    while all.len() > most {
        all.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn of(sender: u64, number: u64) -> Identity {
        Identity { sender, number }
    }

    #[test]
    fn an_identity_is_read_as_it_was_written_and_no_property_of_the_host_is_left() {
        let identity = of(0xab, u64::MAX);
        let own = identity.properties().map(|(name, value)| (name.to_owned(), value));
        let other = ("a".to_owned(), "b".to_owned());
        let mut user = vec![own[0].clone(), other.clone(), own[1].clone()];
        assert_eq!(Identity::take(&mut user), Some(identity));
        assert_eq!(user, std::slice::from_ref(&other));
        assert_eq!(Identity::take(&mut user), None);
        for (sender, number) in
            [("+00000000000000f", "1"), ("ab", "1"), ("00000000000000ab", "-1"), ("x", "x")]
        {
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let mut user =
                vec![pair(SENDER, sender), pair(NUMBER, number), pair("footlight-x", "")];
            assert_eq!(Identity::take(&mut user), None, "{sender} {number}");
            assert!(user.is_empty());
        }
    }

    #[test]
    fn a_forged_number_keeps_nothing_out() {
        let mut windows = Windows::default();
        windows.add(of(1, u64::MAX));
        for number in 0..1000 {
            assert!(!windows.has(of(1, number)));
            windows.add(of(1, number));
            assert!(windows.has(of(1, number)));
        }
    }

    #[test]
    fn a_window_has_as_many_runs_as_it_may_and_one_more_drops_the_oldest() {
        let mut windows = Windows::default();
        // Every second number is another receiver's.
        (0..64).for_each(|number| windows.add(of(1, 2 * number)));
        assert!(windows.has(of(1, 0)));
        windows.add(of(1, 128));
        assert!(!windows.has(of(1, 0)) && windows.has(of(1, 2)));
        for sender in 2..=256 {
            windows.add(of(sender, 0));
        }
        assert!(windows.has(of(1, 128)));
        windows.add(of(257, 0));
        assert!(!windows.has(of(1, 128)) && windows.has(of(2, 0)));
    }

    #[test]
    fn all_numbers_without_a_gap_are_kept_in_whatever_order_they_came() {
        let mut windows = Windows::default();
        (0..1000).rev().chain(1000..10_000).for_each(|number| windows.add(of(1, number)));
        assert!((0..10_000).all(|number| windows.has(of(1, number))));
        windows.remove(of(1, 500));
        assert!((0..10_000).all(|number| windows.has(of(1, number)) == (number != 500)));
        let mut text = String::new();
        windows.write(&mut text);
        assert_eq!(text, "1:1:2:0:499:2:9498:");
        windows.add(of(1, 500));
        assert_eq!(windows.0[0].1, [(0, 9999)]);
        let ends = of(2, u64::MAX);
        windows.add(ends);
        windows.add(of(2, 0));
        windows.remove(ends);
        assert!(!windows.has(ends) && windows.has(of(2, 0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn windows_have_nothing_that_was_not_seen_and_the_last_of_what_was(
            steps in vec((0_u64..300, 0_u64..300, any::<bool>()), 0..1000),
        ) {
            // All that was ever added, the newest last.
            let mut model: Vec<Identity> = Vec::new();
            let mut windows = Windows::default();
            // Few senders are heard often, and all of them at times.
            for (sender, number, few) in steps {
                let identity = of(if few { sender % 4 } else { sender }, number);
                let known = windows.has(identity);
                if known {
                    prop_assert!(model.contains(&identity), "it was never seen");
                } else {
                    prop_assert!(!must_have(&model, identity));
                    model.push(identity);
                }
                windows.add(identity);
            }
            let mut text = String::new();
            windows.write(&mut text);
            let mut bytes = Bytes::from(text);
            prop_assert_eq!(Windows::read(&mut bytes), Some(windows));
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn any_bytes_are_read_without_more_than_may_be_kept(bytes in "([0-9]{0,20}:){0,200}") {
            if let Some(Windows(senders)) = Windows::read(&mut Bytes::from(bytes)) {
                prop_assert!(senders.len() <= SENDERS);
                prop_assert!(senders.iter().all(|(_, runs)| runs.len() <= NUMBERS));
            }
        }
    }

    /// Whether a message is among the last 64 of its sender. That counts only if fewer than 256 others were
    /// heard after it began anew.
    fn must_have(all: &[Identity], wanted: Identity) -> bool {
        let (mut others, mut numbers) = (Vec::new(), 0);
        for one in all.iter().rev() {
            if one.sender == wanted.sender {
                others.clear();
                numbers += 1;
                if numbers > NUMBERS {
                    return false;
                }
                if one.number == wanted.number {
                    return true;
                }
            } else if !others.contains(&one.sender) {
                others.push(one.sender);
                if others.len() >= SENDERS {
                    return false;
                }
            }
        }
        false
    }
}
