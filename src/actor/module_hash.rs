//! Tells the versions of a module apart.

use footlight_store::Origin;
use sha1::{Digest as _, Sha1};

/// The SHA-1 of a module's file. What the module has made is stored with it.
pub type ModuleHash = Origin;

/// The hash of a file.
pub fn of(file: &[u8]) -> ModuleHash {
    Sha1::digest(file).into()
}
