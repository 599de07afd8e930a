//! The user and the password that a broker asks for, from a file of two lines.

use std::{fmt, io, path::Path};

use crate::regular::{self, Unread};

/// The largest file in bytes.
const MAX: usize = 4096;

/// A user, and a password if there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The first line.
    pub user: String,
    /// The second line, if there is one.
    pub password: Option<Vec<u8>>,
}

/// Why there are no credentials.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The file can't be read.
    Io(io::Error),
    /// It is no text of one or two lines.
    Lines,
}

impl Credentials {
    /// Loads the credentials of a file.
    ///
    /// # Errors
    /// See [`CredentialsError`].
    pub(super) fn load(file: &Path) -> Result<Self, CredentialsError> {
        match regular::read(file, MAX) {
            Ok(bytes) => Self::parse(&bytes).ok_or(CredentialsError::Lines),
            Err(Unread::Io(error)) => Err(CredentialsError::Io(error)),
            Err(Unread::TooLarge(_)) => Err(CredentialsError::Lines),
        }
    }

    /// Reads two lines. The line end of the last one is optional, and white space belongs to them.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
        let mut lines = text.lines();
        let user = lines.next().filter(|user| !user.is_empty())?;
        let password = lines.next().filter(|password| !password.is_empty());
        lines.next().is_none().then(|| Self {
            user: user.into(),
            password: password.map(|password| password.as_bytes().to_vec()),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(
                f,
                "cannot be read: {error}; `credentials_file` must name a text file, relative to its \
                 manifest"
            ),
            Self::Lines => write!(
                f,
                "holds no credentials; write the user on the first line and the password on the \
                 second, in at most {MAX} bytes of UTF-8"
            ),
        }
    }
}

impl std::error::Error for CredentialsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Lines => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_user_and_the_second_the_password() {
        let read = |text: &str| {
            let read = Credentials::parse(text.as_bytes())?;
            Some((read.user, read.password.map(|password| String::from_utf8(password).unwrap())))
        };
        let found = |user: &str, password: Option<&str>| {
            Some((user.to_owned(), password.map(str::to_owned)))
        };
        assert_eq!(read("ann\nse:cret \n"), found("ann", Some("se:cret ")));
        assert_eq!(read("ann\r\nsecret"), found("ann", Some("secret")));
        assert_eq!(read("ann\n"), found("ann", None));
        for text in ["", "\nsecret", "ann\nsecret\nmore", "a\0"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert!(Credentials::parse(b"\xff").is_none());
        let shown = format!("{:?}", Credentials::parse(b"ann\nsecret"));
        assert_eq!(shown, "Some(Credentials(…))");
    }
}
