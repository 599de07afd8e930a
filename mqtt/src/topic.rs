//! Topic names and topic filters (MQTT 5 and 3.1.1, section 4.7).

use std::{error, fmt};

use crate::data_types::is_unwanted;

/// The most bytes of a name or a filter. They are strings with a length of two bytes (MQTT 5,
/// section 1.5.4).
pub const MAX_BYTES: usize = 65_535;
/// The most levels of a name or a filter. With more slashes, mosquitto ends the connection.
pub const MAX_LEVELS: usize = 201;

/// What is wrong with a topic name or a topic filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicError {
    /// It has no characters.
    Empty,
    /// It has more than [`MAX_BYTES`].
    TooLong,
    /// It has more than [`MAX_LEVELS`].
    TooDeep,
    /// It contains a control character, or a noncharacter of Unicode: see [`is_text`](crate::is_text).
    Character,
    /// A name contains `+` or `#`.
    WildcardInName,
    /// `#` is not the whole last level.
    MisplacedHash,
    /// `+` is not a whole level.
    MisplacedPlus,
    /// It begins with `$share/`, but has no name of a group or no filter after it.
    Share,
}

impl fmt::Display for TopicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::TooLong => "it has more than 65,535 bytes",
            Self::TooDeep => "it has more than 201 levels",
            Self::Character => "it contains a control character, or one that Unicode never assigns",
            Self::WildcardInName => "`+` and `#` may be in filters only",
            Self::MisplacedHash => "`#` must be the whole last level, as in `room/#`",
            Self::MisplacedPlus => "`+` must be a whole level, as in `room/+/light`",
            Self::Share => "`$share/` needs a group and a filter, as in `$share/group/room/#`",
        })
    }
}

impl error::Error for TopicError {}

/// Whether messages may be published under this name.
///
/// # Errors
///
/// It says what is wrong with the name.
pub fn check_name(name: &str) -> Result<(), TopicError> {
    check_text(name)?;
    if name.contains(['+', '#']) {
        return Err(TopicError::WildcardInName);
    }
    Ok(())
}

/// Whether this filter may be subscribed to. It may be a shared one, `$share/group/filter` (MQTT 5,
/// section 4.8.2).
///
/// # Errors
///
/// It says what is wrong with the filter.
pub fn check_filter(filter: &str) -> Result<(), TopicError> {
    check_text(filter)?;
    if filter == "$share" || filter.starts_with("$share/") {
        let (group, inner) = shared(filter).ok_or(TopicError::Share)?;
        if group.is_empty() || group.contains(['+', '#']) || inner.is_empty() {
            return Err(TopicError::Share);
        }
    }
    let mut levels = unshared(filter).split('/').peekable();
    while let Some(level) = levels.next() {
        if level.contains('#') && (level != "#" || levels.peek().is_some()) {
            return Err(TopicError::MisplacedHash);
        }
        if level.contains('+') && level != "+" {
            return Err(TopicError::MisplacedPlus);
        }
    }
    Ok(())
}

/// Whether a filter matches a name. Both are valid. A grant such as `room/#` covers the names that it
/// matches.
///
/// A filter that begins with a wildcard matches no name that begins with `$`. A shared filter matches
/// what the filter in it matches.
#[must_use]
pub fn matches(filter: &str, name: &str) -> bool {
    let filter = unshared(filter);
    if name.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut names = name.split('/');
    for level in filter.split('/') {
        // `#` stands for the level above it too: `room/#` matches `room`.
        if level == "#" {
            return true;
        }
        match names.next() {
            Some(name) if level == "+" || level == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

/// Whether a broker may send a message under this name, which has at most [`MAX_BYTES`].
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['\0', '+', '#'])
}

/// Whether it is a shared filter.
pub(crate) fn is_shared(filter: &str) -> bool {
    shared(filter).is_some()
}

/// Whether it has wildcards.
pub(crate) fn has_wildcards(filter: &str) -> bool {
    unshared(filter).contains(['+', '#'])
}

fn check_text(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(TopicError::TooLong);
    }
    if text.split('/').count() > MAX_LEVELS {
        return Err(TopicError::TooDeep);
    }
    if text.contains(is_unwanted) {
        return Err(TopicError::Character);
    }
    Ok(())
}

/// The group and the filter of a shared filter.
fn shared(filter: &str) -> Option<(&str, &str)> {
    filter.strip_prefix("$share/")?.split_once('/')
}

fn unshared(filter: &str) -> &str {
    shared(filter).map_or(filter, |(_, inner)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_65535_bytes_and_no_wildcard() {
        for good in ["a", "/", "a b", "ü/", "$SYS/x", &"x".repeat(65_535)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        assert_eq!(check_name(""), Err(TopicError::Empty));
        assert_eq!(check_name(&"x".repeat(65_536)), Err(TopicError::TooLong));
        for bad in ["a\0", "a\nb", "\u{85}", "\u{ffff}", "\u{1fffe}", "\u{fdd0}"] {
            assert_eq!(check_name(bad), Err(TopicError::Character), "{bad:?}");
        }
        assert_eq!(check_name(&"/".repeat(200)), Ok(()));
        assert_eq!(check_name(&"/".repeat(201)), Err(TopicError::TooDeep));
        assert_eq!(check_name("a/+"), Err(TopicError::WildcardInName));
        assert_eq!(check_name("a#"), Err(TopicError::WildcardInName));
    }

    #[test]
    fn a_wildcard_of_a_filter_is_a_whole_level() {
        for good in ["#", "+", "a/#", "+/a/#", "/+", "+/+", "$share/g/#", "$share/g//", "$shared"] {
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        for bad in ["a#", "#/a", "a/#/b", "##", "a/b#"] {
            assert_eq!(check_filter(bad), Err(TopicError::MisplacedHash), "{bad}");
        }
        for bad in ["a+", "+a", "a/b+/c", "++"] {
            assert_eq!(check_filter(bad), Err(TopicError::MisplacedPlus), "{bad}");
        }
        for bad in ["$share", "$share/", "$share/g", "$share/g/", "$share//a", "$share/+/a"] {
            assert_eq!(check_filter(bad), Err(TopicError::Share), "{bad}");
        }
    }

    #[test]
    fn a_filter_matches_as_the_examples_of_the_specification_say() {
        let matching = [
            ("sport/tennis/player1/#", "sport/tennis/player1"),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"),
            ("sport/#", "sport"),
            ("#", "a/b"),
            ("sport/tennis/+", "sport/tennis/player1"),
            ("sport/+", "sport/"),
            ("+/+", "/finance"),
            ("/+", "/finance"),
            ("$SYS/#", "$SYS/monitor/Clients"),
            ("$SYS/monitor/+", "$SYS/monitor/Clients"),
            ("$share/g/sport/+", "sport/a"),
            ("a//b", "a//b"),
        ];
        for (filter, name) in matching {
            assert!(matches(filter, name), "{filter} {name}");
        }
        let other = [
            ("sport/tennis/+", "sport/tennis/player1/ranking"),
            ("sport/+", "sport"),
            ("+", "/finance"),
            ("#", "$SYS/a"),
            ("+/monitor/Clients", "$SYS/monitor/Clients"),
            ("$share/g/#", "$SYS/a"),
            ("a/b", "a/b/c"),
            ("a/b/c", "a/b"),
            ("ACCOUNTS", "Accounts"),
            ("room/#", "rooms"),
        ];
        for (filter, name) in other {
            assert!(!matches(filter, name), "{filter} {name}");
        }
    }
}
