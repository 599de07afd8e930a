//! Reads a folder without its lock, also beside a process that writes to it.

use std::{path::Path, thread, time::Duration};

use crate::{
    file::File,
    folder::Folder,
    image::Image,
    open_error::{OpenError, OpenErrorKind},
    opening::{self, Found, Opened},
    spare::Sizes,
};

/// How often to read again: a process that writes meanwhile makes a good file look damaged.
const TRIES: usize = 8;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_millis(20);

/// Reads what is durable in `dir/store`. Writes nothing.
///
/// # Errors
/// See [`OpenErrorKind`]. It is never `Locked`.
pub fn read(dir: &Path) -> Result<(Image, Opened), OpenError> {
    let (image, opened, trouble) = read_partial(dir)?;
    match trouble {
        None => Ok((image, opened)),
        Some(error) => Err(error),
    }
}

/// Reads what can be read in `dir/store`: of the newest complete file, all that comes before what is
/// damaged. The error says what that is.
///
/// # Errors
/// See [`OpenErrorKind`]. Neither file has a complete live set, or the files can't be opened.
pub fn read_partial(dir: &Path) -> Result<(Image, Opened, Option<OpenError>), OpenError> {
    let files = Folder::peek(dir)?.map(|file| Box::new(file) as Box<dyn File>);
    let unreadable = |error| OpenError {
        folder: dir.join(crate::folder::NAME),
        kind: OpenErrorKind::Log(error),
    };
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let outcome = opening::read(&files, Sizes::default().least);
        let steady = matches!(&outcome, Ok((found, None)) if is_there(&files, found));
        if steady || tries == 0 {
            let (found, trouble) = outcome.map_err(unreadable)?;
            let chain = found.chain;
            let torn = chain.torn.then_some(chain.next.1);
            let opened = Opened { file: chain.file, torn, clean: chain.ended };
            return Ok((chain.image, opened, trouble.map(unreadable)));
        }
        thread::sleep(PAUSE);
    }
}

/// Whether the chain that was read is still there. Otherwise its end may have been overwritten.
fn is_there(files: &[Box<dyn File>; 2], found: &Found) -> bool {
    let chain = &found.chain;
    opening::epoch(&**chain.file.of(files)) == Some(chain.epoch)
}
