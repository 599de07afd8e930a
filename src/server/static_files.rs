//! The files of a listener's `static` folder.
//!
//! Files are opened on the thread pool for blocking calls, because a slow SD card must not
//! block the sockets.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    sync::Arc,
    time::SystemTime,
};

use smol::unblock;

use super::{
    conditions::{Conditions, Selected},
    endpoint::Endpoint,
    error_response::ErrorResponse,
    validators::Validators,
};

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
        /// At the position from which it is to be sent.
        file: File,
        /// What to send, in bytes. The file may grow meanwhile.
        len: u64,
        /// For a part of the file: its position, and the length of the whole.
        part: Option<(u64, u64)>,
        /// By which a client asks again.
        validators: Validators,
        /// The value of `Content-Type`.
        ty: &'static str,
    },
    /// The client's copy is current.
    NotModified(Validators),
    /// A folder, by the last part of its path.
    Folder(String),
}

/// Finds a file. `path` is relative to the folder.
///
/// # Errors
/// The file does not exist, may not be served, or does not meet the `conditions`.
pub(crate) async fn find(
    endpoint: Arc<Endpoint>,
    path: String,
    conditions: Conditions,
    limit: usize,
) -> Result<Found, ErrorResponse> {
    unblock(move || open(&endpoint, path, &conditions, limit)).await
}

/// Blocking version of [`find`].
fn open(
    endpoint: &Endpoint,
    mut path: String,
    conditions: &Conditions,
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
    let mut file = folder.page(&path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
        return Ok(Found::Folder(name.into()));
    }
    if !metadata.is_file() {
        return Err(not_found());
    }
    let len = metadata.len();
    if usize::try_from(len).map_or(true, |len| len > limit) {
        return Err(ErrorResponse::Forbidden("this file is larger than `limits.file`"));
    }
    let validators = Validators::of(&metadata, SystemTime::now());
    let ty = type_of(&path);
    match conditions.select(&validators, len)? {
        Selected::NotModified => Ok(Found::NotModified(validators)),
        Selected::Whole => Ok(Found::File { file, len, part: None, validators, ty }),
        Selected::Part(from, part) => {
            file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
            Ok(Found::File { file, len: part, part: Some((from, len)), validators, ty })
        }
    }
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
        let any = Conditions::default();
        let found = |path: &str| match open(&endpoint, path.into(), &any, 5) {
            Ok(Found::File { len, ty, .. }) => format!("{len} {ty}"),
            Ok(Found::Folder(path)) => path,
            Ok(Found::NotModified(_)) => panic!("there is no condition"),
            Err(refusal) => refusal.status().to_string(),
        };
        for (path, expected) in [
            ("", "3 text/html; charset=utf-8"),
            ("index.html", "3 text/html; charset=utf-8"),
            ("sub.d", "sub.d"),
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
    }
}
