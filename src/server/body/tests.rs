//! Tests of [`BodyDecoder`].

use super::*;

/// The content and what is left. `None` if more bytes are needed.
type Decoded = Result<Option<(Vec<u8>, Vec<u8>)>, BodyError>;

/// Decodes bytes that come in pieces of this size.
fn decode_in(framing: Framing, limit: usize, bytes: &[u8], size: usize) -> Decoded {
    let mut decoder = BodyDecoder::new(framing, limit)?;
    let (mut content, mut left) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(size) {
        let mut input = piece;
        loop {
            let found = decoder.next(&mut input)?;
            content.extend_from_slice(found);
            if found.is_empty() {
                break;
            }
        }
        left.extend_from_slice(input);
    }
    Ok(decoder.is_done().then_some((content, left)))
}

/// Decodes bytes at once and in pieces, which must come to the same.
fn decode(framing: Framing, limit: usize, bytes: &[u8]) -> Decoded {
    let whole = decode_in(framing, limit, bytes, bytes.len().max(1));
    for size in 1..5 {
        assert_eq!(decode_in(framing, limit, bytes, size), whole, "{}", bytes.escape_ascii());
    }
    whole
}

/// What a body in chunks comes to, as a text.
fn chunked(text: &str) -> String {
    match decode(Framing::Chunked, 20, text.as_bytes()) {
        Ok(Some((content, left))) => {
            format!("{}|{}", String::from_utf8_lossy(&content), String::from_utf8_lossy(&left))
        }
        Ok(None) => "more".into(),
        Err(BodyError::Malformed(_)) => "malformed".into(),
        Err(BodyError::TooLarge) => "too large".into(),
    }
}

#[test]
fn a_body_has_as_many_bytes_as_its_length_says_and_the_rest_is_the_next_request() {
    let body = |len, bytes: &[u8]| decode(Framing::Length(len), 5, bytes);
    assert_eq!(body(0, b"GET"), Ok(Some((vec![], b"GET".to_vec()))));
    assert_eq!(body(5, b"12345GET"), Ok(Some((b"12345".to_vec(), b"GET".to_vec()))));
    assert_eq!(body(5, b"1234"), Ok(None));
    assert_eq!(body(6, b""), Err(BodyError::TooLarge));
}

#[test]
fn chunks_are_joined_and_their_extensions_and_trailers_ignored() {
    for (text, expected) in [
        ("0\r\n\r\n", "|"),
        ("5\r\nhello\r\n0\r\n\r\nGET", "hello|GET"),
        ("1\r\na\r\n00A\r\n0123456789\r\n000\r\n\r\n", "a0123456789|"),
        ("1;a=b;c=\"d;e\"\r\nx\r\n0 ; a\r\n\r\n", "x|"),
        ("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\nGET", "x|GET"),
        ("14\r\n01234567890123456789\r\n0\r\n\r\n", "01234567890123456789|"),
        ("5\r\nhello\r\n0\r\n\r", "more"),
        ("5\r\nhello\r\n0\r\n", "more"),
        ("5\r\nhel", "more"),
        ("5", "more"),
    ] {
        assert_eq!(chunked(text), expected, "{text:?}");
    }
}

#[test]
fn chunks_that_others_might_read_differently_are_refused() {
    for text in [
        "\r\n",
        ";\r\n",
        "g\r\n",
        "0x5\r\n",
        "-1\r\n",
        "+1\r\n",
        " 1\r\n",
        "1\n",
        "1\rx",
        "1\r\r\n",
        "1;\n",
        "1;\0",
        "1;a\rb",
        "1 1\0",
        "1\r\nxx",
        "1\r\nx\n",
        "1\r\nx\rx",
        "1\r\nx1\r\n",
        "0\r\n\n",
        "0\r\nA: b\n",
        "0\r\nA: b\rx",
        "0\r\nA\0",
        "0\r\n\rx",
        "0\n\r\n",
    ] {
        assert_eq!(chunked(text), "malformed", "{text:?}");
    }
}

#[test]
fn a_chunk_that_does_not_fit_is_refused_before_it_comes() {
    for text in ["15\r\n", "5\r\nhello\r\n10\r\n", "ffffffffffffffff\r\n", "10000000000000000"] {
        assert_eq!(chunked(text), "too large", "{text:?}");
    }
}

#[test]
fn extensions_and_trailers_are_bounded() {
    let fits = format!("1;{}\r\nx\r\n0\r\n\r\n", "a".repeat(MAX_CHUNK_LINE - 2));
    assert_eq!(chunked(&fits), "x|");
    let long = format!("1;{}", "a".repeat(MAX_CHUNK_LINE - 1));
    assert_eq!(chunked(&long), "malformed");
    assert_eq!(chunked(&"0".repeat(MAX_CHUNK_LINE + 1)), "malformed");
    let trailers = |len| format!("0\r\nA: {}\r\n\r\n", "b".repeat(len));
    assert_eq!(chunked(&trailers(MAX_TRAILERS - 3)), "|");
    assert_eq!(chunked(&trailers(MAX_TRAILERS - 2)), "malformed");
    // Many lines together have a bound as well, and chunks of one byte are still allowed.
    let body = |line: &str, count| line.repeat(count) + "0\r\n\r\n";
    let decode = |text: String| decode_in(Framing::Chunked, 10_000, text.as_bytes(), 1000);
    assert!(decode(body("1\r\nx\r\n", 10_000)).is_ok_and(|done| done.is_some()));
    let padded = format!("1;{}\r\nx\r\n", "a".repeat(200));
    assert!(decode(body(&padded, 50)).is_ok_and(|done| done.is_some()));
    assert!(decode(body(&padded, 100)).is_err());
}
