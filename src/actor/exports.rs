//! The functions of a guest that the host calls. The host looks them up once for each instance.
//! Typed functions skip the type check at each call, which would be a large part of a short call's
//! cost.

use wasmi::{Instance, Store, TypedFunc, TypedResumableCall};
use wit_core::{InitForm, Names, Shape};

use super::imports::Guest;

/// The state of a call after a slice: finished, or to be resumed.
pub type Step<R> = Result<TypedResumableCall<R>, wasmi::Error>;

/// `migrate`.
pub type Migrate = TypedFunc<(i32, i32, i32), i32>;

/// `cabi_post_…`.
pub type PostReturn = TypedFunc<i32, ()>;

/// `handle-message`, by the number of its flat parameters.
#[derive(Clone, Copy)]
pub enum HandleMessage {
    /// The shape *guide*.
    Ten(TypedFunc<Ten, i32>),
    /// The shape *typed*.
    Eleven(TypedFunc<Eleven, i32>),
    /// The shapes *result* and *renamed*.
    Twelve(TypedFunc<Twelve, i32>),
}

/// `handle-request`, by the number of its flat parameters.
#[derive(Clone, Copy)]
pub enum HandleRequest {
    /// The shapes *guide* and *typed*.
    Eleven(TypedFunc<Eleven, i32>),
    /// The shapes *result* and *renamed*.
    Twelve(TypedFunc<Twelve, i32>),
}

/// `init`, by its form.
#[derive(Clone, Copy)]
pub enum Init {
    /// Without parameters.
    Bare(TypedFunc<(), i32>),
    /// With a state.
    Bytes(TypedFunc<(i32, i32), i32>),
    /// With a state that may be absent.
    Optional(TypedFunc<(i32, i32, i32), i32>),
    /// With a state that may be absent, and the actor's name.
    Named(TypedFunc<(i32, i32, i32, i32, i32), i32>),
}

/// Ten parameters.
pub type Ten = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
/// Eleven parameters.
pub type Eleven = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
/// Twelve parameters.
pub type Twelve = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);

impl HandleMessage {
    /// Finds the handler of a module of this shape, if it has one.
    pub fn of(
        store: &Store<Guest>,
        instance: Instance,
        (shape, names): (Shape, Names),
    ) -> Option<Self> {
        let name = names.of(shape.handle_message());
        match shape {
            Shape::Guide => instance.get_typed_func(store, name).map(Self::Ten),
            Shape::Typed => instance.get_typed_func(store, name).map(Self::Eleven),
            _ => instance.get_typed_func(store, name).map(Self::Twelve),
        }
        .ok()
    }
}

impl HandleRequest {
    /// Finds the handler of a module of this shape, if it has one.
    pub fn of(
        store: &Store<Guest>,
        instance: Instance,
        (shape, names): (Shape, Names),
    ) -> Option<Self> {
        let name = names.of(shape.handle_request());
        match shape {
            Shape::Guide | Shape::Typed => instance.get_typed_func(store, name).map(Self::Eleven),
            _ => instance.get_typed_func(store, name).map(Self::Twelve),
        }
        .ok()
    }
}

impl Init {
    /// Finds the `init` of a module of this shape, if it has one.
    pub fn of(
        store: &Store<Guest>,
        instance: Instance,
        (shape, names): (Shape, Names),
    ) -> Option<Self> {
        let name = names.of(shape.init());
        let find = |form: &InitForm| match form {
            InitForm::Bare => instance.get_typed_func(store, name).map(Self::Bare).ok(),
            InitForm::Bytes => instance.get_typed_func(store, name).map(Self::Bytes).ok(),
            InitForm::Optional => instance.get_typed_func(store, name).map(Self::Optional).ok(),
            InitForm::Named => instance.get_typed_func(store, name).map(Self::Named).ok(),
        };
        shape.init_forms().iter().find_map(find)
    }

    /// Its form.
    pub fn form(self) -> InitForm {
        match self {
            Self::Bare(_) => InitForm::Bare,
            Self::Bytes(_) => InitForm::Bytes,
            Self::Optional(_) => InitForm::Optional,
            Self::Named(_) => InitForm::Named,
        }
    }
}
