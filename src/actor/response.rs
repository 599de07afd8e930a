//! Checks the response that an actor returns to a request.
//!
//! If it can't be sent, the event fails as a whole. RFC 9110 says what a response may be: a final
//! status, header fields whose names are tokens (section 5.1), and values without control
//! characters (section 5.5). So no actor can end a line, and nobody can make it end one with a value
//! that it passes on. What the host sets itself, such as `Content-Length`, is no mistake here: the
//! server leaves it out.

use std::fmt;

use wit_core::HttpResponse;

use crate::{
    header_fields::{self, is_token},
    visible,
};

/// The most header fields of a response.
pub const MAX_FIELDS: usize = 64;
/// The most bytes of all names and values of a response's header fields.
pub const MAX_FIELD_BYTES: usize = 8192;

/// Why a response is refused. It is the actor's fault.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// No response can have this status.
    Status(u16),
    /// A field's name is not a token.
    Name {
        /// Counted from 0.
        index: usize,
        /// The name.
        name: String,
    },
    /// A field's value has a control character.
    Value {
        /// Counted from 0.
        index: usize,
        /// The field's name.
        name: String,
        /// The character.
        found: u8,
    },
    /// The header fields are too long all together.
    TooLong(usize),
}

/// Checks a response.
///
/// # Errors
/// The first mistake.
pub fn check(response: &HttpResponse) -> Result<(), ResponseError> {
    let HttpResponse { status, headers, .. } = response;
    if !(200..=599).contains(status) {
        return Err(ResponseError::Status(*status));
    }
    let bytes = header_fields::size(headers);
    if bytes > MAX_FIELD_BYTES {
        return Err(ResponseError::TooLong(bytes));
    }
    for (index, (name, value)) in headers.iter().enumerate() {
        if !is_token(name) {
            return Err(ResponseError::Name { index, name: name.clone() });
        }
        if let Some(found) = header_fields::control(value) {
            return Err(ResponseError::Value { index, name: name.clone(), found });
        }
    }
    Ok(())
}

/// What a response takes while it waits, in bytes.
pub fn cost(response: &HttpResponse) -> usize {
    let HttpResponse { headers, body, .. } = response;
    let body = body.as_ref().map_or(0, Vec::len);
    let field = |field: &(String, String)| {
        size_of::<(String, String)>().saturating_add(field.0.len()).saturating_add(field.1.len())
    };
    headers.iter().map(field).fold(body, usize::saturating_add)
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => {
                write!(f, "its status is {status}; a response has one from 200 to 599")
            }
            Self::Name { index, name } => write!(
                f,
                "headers[{index}] is named {:?}; a name has letters, digits and a few signs such \
                 as `-`",
                visible::lines(name)
            ),
            Self::Value { index, name, found } => write!(
                f,
                "headers[{index}], `{name}`, has the control character {found:#04x} in its value; \
                 take out line ends and what else is not text"
            ),
            Self::TooLong(bytes) => write!(
                f,
                "its header fields have {bytes} bytes, past the limit of {MAX_FIELD_BYTES}; put \
                 the rest into the content"
            ),
        }
    }
}

impl std::error::Error for ResponseError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(status: u16, headers: &[(&str, &str)]) -> Result<(), ResponseError> {
        let owned = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        check(&HttpResponse { status, headers: owned.collect(), body: None })
    }

    #[test]
    fn a_final_status_with_plain_fields_can_be_sent() {
        for status in 0..=1000 {
            let expected = if (200..=599).contains(&status) {
                Ok(())
            } else {
                Err(ResponseError::Status(status))
            };
            assert_eq!(checked(status, &[]), expected);
        }
        let fields = [("X-A.b_c~1", ""), ("set-cookie", "a=b; \"c\""), ("x", "tab\tand ü")];
        assert_eq!(checked(200, &fields), Ok(()));
    }

    #[test]
    fn a_field_that_could_end_its_line_is_refused() {
        for name in ["", " ", "a b", "a:", "ä", "a\r\nb", "a\0", "(a)", "a\x7f"] {
            let error = ResponseError::Name { index: 1, name: name.into() };
            assert_eq!(checked(200, &[("ok", ""), (name, "x")]), Err(error));
        }
        for found in (0..32).filter(|byte| *byte != b'\t').chain([127]) {
            let value = format!("a{}b", char::from(found));
            let error = ResponseError::Value { index: 0, name: "n".into(), found };
            assert_eq!(checked(200, &[("n", &value)]), Err(error));
        }
    }

    #[test]
    fn fields_may_have_so_many_bytes_and_not_one_more() {
        let value = "x".repeat(MAX_FIELD_BYTES - 1);
        assert_eq!(checked(200, &[("n", &value)]), Ok(()));
        let error = ResponseError::TooLong(MAX_FIELD_BYTES + 1);
        assert_eq!(checked(200, &[("nn", &value)]), Err(error));
    }
}
