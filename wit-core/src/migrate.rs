//! The optional export `migrate` of `footlight:host`, which converts an older version's state.
//!
//! It is the same in all shapes.

use crate::shape::{Shape, Signature};

/// The name and the flat signature of `migrate`.
pub const MIGRATE: (&str, Signature) =
    ("footlight:host/migration@0.1.0#migrate", Signature { params: 3, results: 1 });

/// The export to call after its result has been lifted.
pub const MIGRATE_POST: &str = "cabi_post_footlight:host/migration@0.1.0#migrate";

/// The shape whose `init` has the same result, for [`lift::init`](crate::lift::init()).
pub const SHAPE: Shape = Shape::Result;
