//! Finds the key, command or option that a misspelt word was meant to be.

/// The word of `known` that is nearest to `word`, if it is near enough.
///
/// Near enough is one edit in a very short word, and up to three in a long one, with at least one letter
/// in common. A suggestion beyond that would mislead.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let letters = word.chars().count();
    let allowed = letters.div_ceil(3).clamp(1, 3);
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(edits, one)| *edits <= allowed && *edits < letters.max(one.chars().count()))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// The number of letters to add, remove or replace to turn one word into the other. Two neighbours
/// that changed places count as one.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    // `row` has the distances from the letters of `from` so far to each prefix of `to`. `above` is the
    // row before it, and `higher` the one before that.
    let (mut higher, mut above) = (Vec::new(), (0..=to.len()).collect::<Vec<usize>>());
    let mut before = None;
    for (seen, letter) in from.chars().enumerate() {
        let mut row = vec![seen + 1];
        for (index, other) in to.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&above, index) + usize::from(letter != *other);
            let mut least = replaced.min(at(&above, index + 1) + 1).min(at(&row, index) + 1);
            let left = index.checked_sub(1).and_then(|left| Some((left, *to.get(left)?)));
            if let Some((left, neighbour)) = left
                && before == Some(*other)
                && letter == neighbour
            {
                least = least.min(at(&higher, left) + 1);
            }
            row.push(least);
        }
        before = Some(letter);
        higher = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_letter_edits() {
        assert_eq!(distance("", ""), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("port", "port"), 0);
        assert_eq!(distance("prot", "port"), 1);
        assert_eq!(distance("rnu", "run"), 1);
        assert_eq!(distance("ca", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let known = ["port", "host", "path"];
        assert_eq!(nearest("prot", &known), Some("port"));
        assert_eq!(nearest("hosts", &known), Some("host"));
        assert_eq!(nearest("Path", &known), Some("path"));
        assert_eq!(nearest("protocol", &known), None);
        assert_eq!(nearest("", &known), None);
        // Every letter differs.
        assert_eq!((nearest("", &["c"]), nearest("d", &["c"])), (None, None));
        assert_eq!(nearest("cc", &["c"]), Some("c"));
        assert_eq!(nearest("component-path", &["component_path"]), Some("component_path"));
    }
}
