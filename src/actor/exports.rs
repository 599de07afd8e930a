//! The functions of a guest that the host calls, looked up once for each instance. Typed functions
//! are called without looking at types again, which is a good part of what a short call costs.

use wasmi::{Instance, Store, TypedFunc};
use wit_core::Shape;

use super::imports::Guest;

/// `cabi_post_…`.
pub type PostReturn = TypedFunc<i32, ()>;

/// `handle-message`, by the number of its flat parameters.
#[derive(Clone, Copy)]
pub enum Handler {
    /// The shape *guide*.
    Ten(TypedFunc<Ten, i32>),
    /// The shape *typed*.
    Eleven(TypedFunc<Eleven, i32>),
    /// The shapes *result* and *renamed*.
    Twelve(TypedFunc<Twelve, i32>),
}

/// `init`, likewise.
#[derive(Clone, Copy)]
pub enum Init {
    /// The shapes *guide* and *typed*.
    None(TypedFunc<(), i32>),
    /// The shapes *result* and *renamed*.
    Five(TypedFunc<(i32, i32, i32, i32, i32), i32>),
}

/// Ten parameters.
pub type Ten = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
/// Eleven.
pub type Eleven = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
/// Twelve.
pub type Twelve = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);

impl Handler {
    /// That of a module of this shape.
    ///
    /// # Errors
    /// It is not there, or has another type.
    pub fn of(
        store: &Store<Guest>,
        instance: Instance,
        shape: Shape,
    ) -> Result<Self, wasmi::Error> {
        let name = shape.handle_message();
        match shape {
            Shape::Guide => instance.get_typed_func(store, name).map(Self::Ten),
            Shape::Typed => instance.get_typed_func(store, name).map(Self::Eleven),
            _ => instance.get_typed_func(store, name).map(Self::Twelve),
        }
    }
}

impl Init {
    /// That of a module of this shape, if it has one.
    pub fn of(store: &Store<Guest>, instance: Instance, shape: Shape) -> Option<Self> {
        let name = shape.init();
        match shape {
            Shape::Guide | Shape::Typed => instance.get_typed_func(store, name).map(Self::None),
            _ => instance.get_typed_func(store, name).map(Self::Five),
        }
        .ok()
    }
}
