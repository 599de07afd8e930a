//! The access token that a client must send if its listener requires one (RFC 6750).

use std::{fmt, io, path::Path};

use constant_time_eq::constant_time_eq;
use percent_encoding::percent_decode;
use rand::{
    TryRng as _,
    rngs::{SysError, SysRng},
};

use crate::regular::{self, Unread};

/// The longest token, in bytes. It must fit into a request's head, even percent-encoded in the
/// query.
const MAX_BYTES: usize = 2048;

/// A secret that clients share with the host.
pub struct Token(String);

/// Why a token can't be loaded from its file.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenError {
    /// The file can't be read.
    Io(io::Error),
    /// The file is empty, or its content is too long or more than one word.
    NoToken,
}

impl Token {
    /// Loads a token. Surrounding white space is ignored, because editors add a line end.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub(crate) fn load(file: &Path) -> Result<Self, TokenError> {
        let bytes = match regular::read(file, 2 * MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(Unread::Io(error)) => return Err(TokenError::Io(error)),
            Err(Unread::TooLarge(_)) => return Err(TokenError::NoToken),
        };
        let token = str::from_utf8(&bytes).map_err(|_| TokenError::NoToken)?.trim_ascii();
        let fits = (1..=MAX_BYTES).contains(&token.len());
        if !fits || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::NoToken);
        }
        Ok(Self(token.into()))
    }

    /// A token of 128 random bits in hexadecimal.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn random() -> Result<Self, SysError> {
        let (first, second) = (SysRng.try_next_u64()?, SysRng.try_next_u64()?);
        Ok(Self(format!("{first:016x}{second:016x}")))
    }

    /// The token itself.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a request contains the token: in the field `Authorization`, or in the query for
    /// clients that can't set a field, such as browsers.
    pub(crate) fn authorizes(&self, authorization: Option<&[u8]>, query: &str) -> bool {
        let bearer = authorization.and_then(|value| {
            let (scheme, token) = value.split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
        });
        let of_query = || {
            let given = query.split('&').find_map(|pair| pair.strip_prefix("token="));
            given.is_some_and(|given| {
                let given: Vec<u8> = percent_decode(given.as_bytes()).collect();
                self.is(&given)
            })
        };
        bearer.map_or_else(of_query, |token| self.is(token))
    }

    /// Whether this is the token. The comparison takes constant time, so it reveals only the token's
    /// length.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        constant_time_eq(given, self.0.as_bytes())
    }
}

/// A query without the token.
pub(crate) fn without_token(query: &str) -> String {
    let others = query.split('&').filter(|pair| !pair.starts_with("token="));
    others.collect::<Vec<_>>().join("&")
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(
                f,
                "cannot be read: {error}; `token_file` must name a text file, relative to its \
                 manifest"
            ),
            Self::NoToken => write!(
                f,
                "holds no token; write one of 1 to {MAX_BYTES} ASCII characters without spaces, \
                 for instance by `openssl rand -hex 32`"
            ),
        }
    }
}

impl std::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::NoToken => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_removed_from_a_query_and_the_rest_stays_as_it_was() {
        for (query, told) in [
            ("", ""),
            ("token=x", ""),
            ("a=b&token=x&c=%20", "a=b&c=%20"),
            ("token=x&token=y&xtoken=z", "xtoken=z"),
            ("a&&b", "a&&b"),
        ] {
            assert_eq!(without_token(query), told);
        }
    }

    #[test]
    fn the_whole_token_is_accepted_in_the_field_or_the_query() {
        let token = Token("s3cret/+".into());
        for (authorization, query, shown) in [
            (Some("Bearer s3cret/+"), "", true),
            (Some("bearer  s3cret/+ "), "", true),
            (Some("Basic s3cret/+"), "", false),
            (Some("Bearer s3cret/"), "", false),
            (Some("Bearer"), "", false),
            (Some("Bearer é"), "", false),
            (None, "token=s3cret/+", true),
            (None, "a=b&token=s3cret%2F%2B", true),
            (None, "token=s3cret/+&token=other", true),
            (None, "token=other&token=s3cret/+", false),
            (None, "xtoken=s3cret/+", false),
            (None, "token=", false),
            (None, "", false),
            // A wrong field fails even if the query is right.
            (Some("Bearer wrong"), "token=s3cret/+", false),
        ] {
            let found = token.authorizes(authorization.map(str::as_bytes), query);
            assert_eq!(found, shown, "{authorization:?} {query}");
        }
    }

    #[test]
    fn random_tokens_have_128_bits_and_differ() {
        let tokens = [(); 2].map(|()| Token::random().unwrap().0);
        assert!(tokens.iter().all(|token| token.len() == 32), "{tokens:?}");
        assert_ne!(tokens[0], tokens[1]);
    }

    #[test]
    fn a_file_holds_one_word_of_ascii_or_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let load = |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            Token::load(&file).map(|token| token.0).map_err(|error| error.to_string())
        };
        assert_eq!(load(b"\ts3cret\r\n").as_deref(), Ok("s3cret"));
        let longest = "x".repeat(MAX_BYTES);
        assert_eq!(load(longest.as_bytes()).as_deref(), Ok(longest.as_str()));
        for text in [&b""[..], b" \n", b"two words", "é".as_bytes(), b"\xff", b"a\0b"] {
            assert!(load(text).is_err(), "{text:?}");
        }
        assert!(load("x".repeat(MAX_BYTES + 1).as_bytes()).unwrap_err().contains("no token"));
        let missing = Token::load(&folder.path().join("missing")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot be read: "), "{missing}");
    }
}
