//! How much of what waits goes into one record.

use crate::{image::Image, queue::Part, record::Body};

/// The most bytes of a record's body, if it has the changes of more than one owner. This bounds how
/// long the owners of the next record wait.
pub(crate) const RECORD: usize = 256 << 10;

/// The most bytes of a record's body between two pieces of a turn-over that is behind. A piece is much
/// larger than this, so such records do not keep the turn-over from its end.
pub(crate) const SMALL: usize = 16 << 10;

/// The most bytes of changes that are looked at for a record. They often need much less than this in a
/// record, because only the differences to what is stored go there.
pub(crate) const LOOK: usize = 4 << 20;

/// How many of these parts fit into a body of `limit` bytes.
pub(crate) fn fitting(parts: &[Part], image: &Image, limit: usize) -> usize {
    let mut body = Body::default();
    for (index, part) in parts.iter().enumerate() {
        for operation in part.changes.operations(image.owner(&part.name)) {
            body.push_of(&part.name, &operation);
        }
        if body.len() > limit {
            return index;
        }
    }
    parts.len()
}
