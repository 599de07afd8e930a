//! The folder in which the host keeps the state of its actors.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    path::PathBuf,
};

/// The variable in which systemd passes the folders of `StateDirectory=`.
pub const VARIABLE: &str = "STATE_DIRECTORY";

/// The store's own folder in the data folder.
pub const STORE: &str = footlight_store::NAME;

/// The data folder: that of `--data`, or else the first one in the value of [`VARIABLE`]. systemd
/// separates several by `:`. Its paths are absolute, so others are ignored.
pub fn data_folder(option: Option<PathBuf>, variable: Option<OsString>) -> Option<PathBuf> {
    option.or_else(|| {
        let variable = variable?;
        let first = variable.as_bytes().split(|byte| *byte == b':').next()?;
        let folder = PathBuf::from(OsStr::from_bytes(first));
        folder.is_absolute().then_some(folder)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_first_and_then_the_first_folder_of_systemd() {
        let found = |option: Option<&str>, variable: Option<&str>| {
            data_folder(option.map(PathBuf::from), variable.map(OsString::from))
        };
        assert_eq!(found(None, None), None);
        assert_eq!(found(Some("data"), Some("/var/lib/a")), Some("data".into()));
        assert_eq!(found(None, Some("/var/lib/a")), Some("/var/lib/a".into()));
        assert_eq!(found(None, Some("/var/lib/a:/var/lib/b")), Some("/var/lib/a".into()));
        for useless in ["", ":", "relative", "relative:/var/lib/b"] {
            assert_eq!(found(None, Some(useless)), None, "{useless}");
        }
    }
}
