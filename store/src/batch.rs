//! How much of what waits goes into one record.

use crate::{image::Image, queue::Part, record::Body};

/// The most bytes of a record's body, if it has the changes of more than one owner. This bounds how
/// long the owners of the next record wait.
const RECORD: usize = 256 << 10;

/// The most bytes of changes that are looked at for a record. They often need much less than this in a
/// record, because only the differences to what is stored go there.
pub(crate) const LOOK: usize = 4 << 20;

/// How many of these parts fit into one record. The first one always does.
pub(crate) fn fitting(parts: &[Part], image: &Image) -> usize {
    let mut body = Body::default();
    for (index, part) in parts.iter().enumerate() {
        for operation in part.changes.operations(image.owner(&part.name)) {
            body.push_of(&part.name, &operation);
        }
        if index > 0 && body.len() > RECORD {
            return index;
        }
    }
    parts.len()
}
