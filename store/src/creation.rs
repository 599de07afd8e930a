//! The first contents of both files.

use std::io;

use crate::{
    disk::{Disk, Place},
    file::File,
    operation::Operation,
    record::Body,
    spare::Sizes,
    which::Which,
};

/// Fills two empty files with zeros, so that later writes need no room, and begins a log in them.
/// `salt` is a number that nobody can foresee: bytes of an owner that look like a record do not have
/// it. Both files get a complete live set of nothing, and `log-a` is active.
///
/// # Errors
/// Those of the files. They are not usable then.
pub fn create(files: [impl File + 'static; 2], salt: u64, sizes: Sizes) -> io::Result<()> {
    let files = files.map(|file| Box::new(file) as Box<dyn File>);
    let mut disk = Disk { files, salt, written: 0, syncs: 0 };
    for (file, epoch) in [(Which::B, 1), (Which::A, 2)] {
        let zeros = vec![0; sizes.piece];
        let mut at = 0;
        while at < sizes.least {
            let left = usize::try_from(sizes.least - at).unwrap_or(sizes.piece);
            let zeros = zeros.get(..left).unwrap_or(&zeros);
            disk.write(file, zeros, at)?;
            at += zeros.len() as u64;
        }
        let mut body = Body::default();
        body.push(&Operation::Begin(sizes.least));
        let mut place = Place { file, epoch, seq: 0, at: 0, size: sizes.least };
        disk.append(&mut place, body, true)?;
    }
    Ok(())
}
