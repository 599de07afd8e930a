//! Tells the versions of a module apart.

use footlight_store::Origin;

/// The SHA-1 of a module's file. What the module has made is stored with it.
pub type ModuleHash = Origin;
