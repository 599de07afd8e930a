//! The grammar of topics (MQTT 5.0, section 4.7; the same in 3.1.1).

/// The most bytes of a topic's name or filter (section 4.7.3).
const MAX: usize = 65_535;

/// Whether a publication may have this topic: 1 to 65,535 bytes without NUL and wildcards.
pub fn is_name(text: &str) -> bool {
    is_text(text) && !text.contains(['+', '#'])
}

/// Whether a subscription may have this filter. A wildcard stands alone in its level, and `#` in the
/// last one.
pub fn is_filter(text: &str) -> bool {
    let mut levels = text.split('/');
    let last = levels.next_back().unwrap_or_default();
    let plain = |level: &str| level == "+" || !level.contains(['+', '#']);
    is_text(text) && levels.all(plain) && (last == "#" || plain(last))
}

/// Whether a filter matches a name. A wildcard in the first level matches no name that begins with `$`
/// (section 4.7.2).
pub fn matches(filter: &str, name: &str) -> bool {
    if name.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut wanted, mut found) = (filter.split('/'), name.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

/// Whether both a name and a filter may be this text.
fn is_text(text: &str) -> bool {
    (1..=MAX).contains(&text.len()) && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_wildcard_and_no_nul_and_a_length() {
        for name in ["a", "/", "a/b", "/a", "a/", "a//b", "$SYS/x", "é", " ", &"x".repeat(MAX)] {
            assert!(is_name(name), "{name:?}");
        }
        for text in ["", "+", "#", "a/+", "a/#", "a+", "a\0", &"x".repeat(MAX + 1)] {
            assert!(!is_name(text), "{text:?}");
        }
    }

    #[test]
    fn a_wildcard_of_a_filter_stands_alone_and_number_signs_at_the_end() {
        for filter in ["a", "/", "#", "+", "a/#", "a/+/b", "+/+", "/+", "+/", "+/#", "$SYS/#"] {
            assert!(is_filter(filter), "{filter:?}");
        }
        for text in ["", "a#", "a/b#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "##", "\0"] {
            assert!(!is_filter(text), "{text:?}");
        }
    }

    #[test]
    fn a_filter_matches_level_by_level() {
        for (filter, name) in [
            ("a/b", "a/b"),
            ("a/+", "a/b"),
            ("a/+", "a/"),
            ("+/b", "a/b"),
            ("+/+", "/a"),
            ("/+", "/a"),
            ("a/#", "a"),
            ("a/#", "a/b/c"),
            ("#", "a/b"),
            ("$SYS/#", "$SYS/x"),
            ("$SYS/+", "$SYS/x"),
        ] {
            assert!(matches(filter, name), "{filter} {name}");
        }
        for (filter, name) in [
            ("a/b", "a"),
            ("a", "a/b"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("+", "/a"),
            ("a/#", "ab"),
            ("#", "$SYS/x"),
            ("+/x", "$SYS/x"),
            ("A", "a"),
        ] {
            assert!(!matches(filter, name), "{filter} {name}");
        }
    }
}
