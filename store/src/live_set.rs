//! How the log gets at the image.

use std::sync::{Mutex, PoisonError};

use crate::image::Image;

/// An image for the log, which asks for it only for as long as it looks at it or changes it. So others
/// can look at an image behind a lock while the log waits for the disk. Only the log changes it. Each
/// function is called once.
pub trait LiveSet {
    /// Looks at the image.
    fn look(&self, look: &mut dyn FnMut(&Image));

    /// Changes the image.
    fn change(&mut self, change: &mut dyn FnMut(&mut Image));
}

impl LiveSet for Image {
    fn look(&self, look: &mut dyn FnMut(&Image)) {
        look(self);
    }

    fn change(&mut self, change: &mut dyn FnMut(&mut Image)) {
        change(self);
    }
}

impl LiveSet for &Mutex<Image> {
    fn look(&self, look: &mut dyn FnMut(&Image)) {
        look(&self.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn change(&mut self, change: &mut dyn FnMut(&mut Image)) {
        change(&mut self.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
