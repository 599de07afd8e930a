//! The validators of a file: `ETag` and `Last-Modified` (RFC 9110, section 8.8).

use std::{
    fs::Metadata,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::MetadataExt as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::response::Response;

/// A file that was changed in the last few seconds may change again without a change of its stamps:
/// FAT counts in steps of two seconds, and others in ticks of the kernel.
const SETTLED: Duration = Duration::from_secs(3);

/// What changes whenever a file's content can have changed. Both are strong validators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Validators {
    /// The value of `ETag`. `None` if the file was changed a moment ago.
    pub(crate) tag: Option<String>,
    /// The value of `Last-Modified`. `None` also if it lies in the future.
    pub(crate) modified: Option<SystemTime>,
}

impl Validators {
    /// The validators of a file.
    pub(crate) fn of(metadata: &Metadata, now: SystemTime) -> Self {
        let modified = time(metadata.mtime(), metadata.mtime_nsec());
        let changed = time(metadata.ctime(), metadata.ctime_nsec());
        if [modified, changed].iter().any(|stamp| distance(*stamp, now) < SETTLED) {
            return Self::default();
        }
        let mut hasher = DefaultHasher::new();
        // A file that replaces this one has another number, even if its time is older.
        (metadata.dev(), metadata.ino(), metadata.len()).hash(&mut hasher);
        (modified, changed).hash(&mut hasher);
        Self {
            tag: Some(format!("\"{:x}-{:x}\"", hasher.finish(), metadata.len())),
            modified: Some(modified).filter(|modified| *modified <= now),
        }
    }

    /// Adds the fields to a response.
    pub(crate) fn add_to(&self, mut response: Response) -> Response {
        if let Some(tag) = &self.tag {
            response = response.field("ETag", tag);
        }
        if let Some(modified) = self.modified {
            response = response.field("Last-Modified", &httpdate::fmt_http_date(modified));
        }
        response
    }
}

/// A time in seconds and nanoseconds since 1970. An earlier one counts as 1970.
fn time(seconds: i64, nanoseconds: i64) -> SystemTime {
    let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let nanoseconds = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0));
    UNIX_EPOCH.checked_add(seconds + nanoseconds).unwrap_or(UNIX_EPOCH)
}

/// How far two times are apart.
fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn a_file_has_validators_once_it_has_settled_and_others_after_each_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let later = SystemTime::now() + Duration::from_secs(10);
        let validators = || Validators::of(&fs::metadata(&path).unwrap(), later);
        fs::write(&path, "one").unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(Validators::of(&metadata, SystemTime::now()), Validators::default());
        let first = validators();
        assert!(first.tag.is_some() && first.modified.is_some());
        assert_eq!(validators(), first);
        // Another file with the same size and time of modification.
        let modified = metadata.modified().unwrap();
        fs::write(folder.path().join("other"), "two").unwrap();
        File::options()
            .write(true)
            .open(folder.path().join("other"))
            .unwrap()
            .set_modified(modified)
            .unwrap();
        fs::rename(folder.path().join("other"), &path).unwrap();
        let second = validators();
        assert_eq!(second.modified, first.modified);
        assert_ne!(second.tag, first.tag);
        fs::write(&path, "three").unwrap();
        assert_ne!(validators().tag, second.tag);
    }

    #[test]
    fn a_time_in_the_future_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "one").unwrap();
        let metadata = fs::metadata(&path).unwrap();
        // The clock was set back since the file was written.
        let before = SystemTime::now() - Duration::from_secs(10);
        let validators = Validators::of(&metadata, before);
        assert!(validators.tag.is_some() && validators.modified.is_none());
    }
}
