//! How the log gets at the image.

use std::sync::{Mutex, PoisonError};

use crate::image::Image;

/// An image for the log, which asks for it only for as long as it looks at it or changes it. So others
/// can look at an image behind a lock while the log waits for the disk. Only the log changes it.
pub trait LiveSet {
    /// Looks at the image.
    fn look<R>(&self, look: impl FnOnce(&Image) -> R) -> R;

    /// Changes the image.
    fn change<R>(&mut self, change: impl FnOnce(&mut Image) -> R) -> R;
}

impl LiveSet for Image {
    fn look<R>(&self, look: impl FnOnce(&Image) -> R) -> R {
        look(self)
    }

    fn change<R>(&mut self, change: impl FnOnce(&mut Image) -> R) -> R {
        change(self)
    }
}

impl LiveSet for &Mutex<Image> {
    fn look<R>(&self, look: impl FnOnce(&Image) -> R) -> R {
        look(&self.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<R>(&mut self, change: impl FnOnce(&mut Image) -> R) -> R {
        change(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
