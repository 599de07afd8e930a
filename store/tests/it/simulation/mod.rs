//! A simulated disk, and a model of what a log on it must contain. The fuzz targets use it too.

pub mod craft;
pub mod disk;
pub mod model;
pub mod random;
pub mod run;
