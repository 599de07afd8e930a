//! The files of a listener's `static` folder.
//!
//! Files are opened on the thread pool for blocking calls, because a slow SD card must not
//! block the sockets.

use std::{fs::File, io, sync::Arc, time::UNIX_EPOCH};

use smol::unblock;

use super::{endpoint::Endpoint, error_response::ErrorResponse};

/// Content types by file extension. Other files are sent as `application/octet-stream`.
const TYPES: [(&str, &str); 24] = [
    ("html", "text/html; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("wasm", "application/wasm"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/plain; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("xml", "application/xml"),
    ("pdf", "application/pdf"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("ico", "image/vnd.microsoft.icon"),
    ("woff2", "font/woff2"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
];

/// What a path names.
#[derive(Debug)]
pub(crate) enum Found {
    /// The file itself.
    File {
        file: File,
        /// What to send, in bytes. The file may grow meanwhile.
        len: u64,
        /// The value of `ETag`, by which a client asks again.
        tag: String,
        /// The value of `Content-Type`.
        ty: &'static str,
    },
    /// The client's copy is current. The value of `ETag`.
    NotModified(String),
    /// A folder. Its path, with a `/` at the end.
    Folder(String),
}

/// Finds a file. `path` is relative to the folder, and `if_none_match` holds the entity tags of the
/// client's copies.
///
/// # Errors
/// The file does not exist, or may not be served.
pub(crate) async fn find(
    endpoint: Arc<Endpoint>,
    path: String,
    if_none_match: Option<String>,
    limit: usize,
) -> Result<Found, ErrorResponse> {
    unblock(move || open(&endpoint, path, if_none_match.as_deref(), limit)).await
}

/// Blocking version of [`find`].
fn open(
    endpoint: &Endpoint,
    mut path: String,
    if_none_match: Option<&str>,
    limit: usize,
) -> Result<Found, ErrorResponse> {
    let not_found = || ErrorResponse::NotFound { path: endpoint.path.clone() };
    let folder = endpoint.files.as_ref().ok_or_else(not_found)?;
    if path.is_empty() || path.ends_with('/') {
        path += "index.html";
    }
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorResponse::Forbidden("this file may not be read"),
        _ => not_found(),
    };
    if path.split('/').any(|part| part.starts_with('.')) {
        return Err(not_found());
    }
    let file = folder.file(&path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Ok(Found::Folder(path + "/"));
    }
    if !metadata.is_file() {
        return Err(not_found());
    }
    let len = metadata.len();
    if usize::try_from(len).map_or(true, |len| len > limit) {
        return Err(ErrorResponse::Forbidden("this file is larger than `limits.file`"));
    }
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let tag = format!("\"{:x}-{len:x}\"", changed.unwrap_or_default().as_nanos());
    let is_known = |known: &str| {
        known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    };
    if if_none_match.is_some_and(is_known) {
        return Ok(Found::NotModified(tag));
    }
    Ok(Found::File { file, len, tag, ty: type_of(&path) })
}

/// The value of `Content-Type` for a file name.
fn type_of(path: &str) -> &'static str {
    let end = path.rsplit_once('.').map_or("", |(_, end)| end);
    let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(end));
    known.map_or("application/octet-stream", |(_, ty)| ty)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::server::config::Listener;

    #[test]
    fn a_path_is_a_file_a_folder_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("sub.d")).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        for (name, text) in [
            ("index.html", "<p>"),
            ("sub.d/index.html", "sub"),
            ("a.JS", "12345"),
            ("b.bin", "1"),
            (".git/index.html", "git"),
            (".hidden", "file"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut listener = Listener::new([127, 0, 0, 1].into(), 0);
        listener.static_folder = Some(folder.path().into());
        let endpoint = Endpoint::new(&listener).unwrap();
        let found = |path: &str| match open(&endpoint, path.into(), None, 5) {
            Ok(Found::File { len, ty, .. }) => format!("{len} {ty}"),
            Ok(Found::Folder(path)) => path,
            Ok(Found::NotModified(_)) => "known".into(),
            Err(refusal) => refusal.status().to_string(),
        };
        for (path, expected) in [
            ("", "3 text/html; charset=utf-8"),
            ("index.html", "3 text/html; charset=utf-8"),
            ("sub.d", "sub.d/"),
            ("sub.d/", "3 text/html; charset=utf-8"),
            ("a.JS", "5 text/javascript; charset=utf-8"),
            ("b.bin", "1 application/octet-stream"),
            ("missing", "404 Not Found"),
            ("a.JS/", "404 Not Found"),
            ("../a.JS", "404 Not Found"),
            (".hidden", "404 Not Found"),
            (".git/", "404 Not Found"),
            (".git/index.html", "404 Not Found"),
            ("sub.d/../.hidden", "404 Not Found"),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
        fs::write(folder.path().join("a.JS"), "123456").unwrap();
        assert_eq!(found("a.JS"), "403 Forbidden");
        let Ok(Found::File { tag, .. }) = open(&endpoint, String::new(), None, 5) else { panic!() };
        for known in [&tag, "*", &format!("\"x\", W/{tag}")] {
            let again = open(&endpoint, String::new(), Some(known), 5);
            assert!(matches!(again, Ok(Found::NotModified(_))), "{known}");
        }
        assert!(matches!(open(&endpoint, String::new(), Some("\"x\""), 5), Ok(Found::File { .. })));
    }
}
