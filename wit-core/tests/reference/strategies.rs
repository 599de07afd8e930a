//! Arbitrary values of the interface.

use proptest::{collection::vec, option, prelude::*};
use wit_core::{
    HeaderField, HttpRequest, HttpResponse, InitForm, Message, MessageType, Shape,
    lift::{HttpReply, Reply},
};

use super::{
    arena::Arena,
    imports::{Param, Returned, Signature},
    interface::Outcome,
};

/// Any of the four shapes.
pub fn shape() -> impl Strategy<Value = Shape> {
    proptest::sample::select(&Shape::ALL[..])
}

/// A shape with one of the forms of its `init`.
pub fn init_form() -> impl Strategy<Value = (Shape, InitForm)> {
    let of = |shape: Shape| shape.init_forms().iter().map(move |form| (shape, *form));
    proptest::sample::select(Shape::ALL.into_iter().flat_map(of).collect::<Vec<_>>())
}

/// A guest's memory before anything is placed in it.
pub fn arena() -> impl Strategy<Value = Arena> {
    (vec(any::<u8>(), 1..64), vec(any::<u8>(), 1..24))
        .prop_map(|(garbage, habits)| Arena::new(&garbage, &habits))
}

/// Some bytes.
pub fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..48)
}

/// Some text of any characters.
pub fn text() -> impl Strategy<Value = String> {
    // Not made from a regular expression, because Miri would take minutes to compile it.
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

/// A type. The known names also occur in `other`, where they do not belong.
fn message_type() -> impl Strategy<Value = MessageType> {
    prop_oneof![
        6 => (0..6usize).prop_map(|case| {
            use MessageType::{Binary, Close, Connect, Ping, Pong, Text};
            [Text, Binary, Connect, Close, Ping, Pong][case].clone()
        }),
        2 => text().prop_map(MessageType::Other),
        1 => proptest::sample::select(&["text", "binary", "connect", "close", "ping", "pong"][..])
            .prop_map(|name| MessageType::Other(name.into())),
    ]
}

/// A message, with any type, data and text together.
pub fn message() -> impl Strategy<Value = Message> {
    (message_type(), option::of(bytes()), option::of(text())).prop_map(|(ty, data, text)| Message {
        ty,
        data,
        text,
    })
}

/// A state, which may be absent.
pub fn state() -> impl Strategy<Value = Option<Vec<u8>>> {
    option::of(bytes())
}

/// A result of a function of this shape: `ok`, or an error if the shape has errors.
fn outcome<T: Clone + core::fmt::Debug>(
    shape: Shape,
    ok: impl Strategy<Value = T>,
) -> impl Strategy<Value = Outcome<T>> {
    let errors = if matches!(shape, Shape::Result | Shape::Renamed) { 0.25 } else { 0.0 };
    (ok, text(), proptest::bool::weighted(errors))
        .prop_map(|(ok, error, failed)| if failed { Err(error) } else { Ok(ok) })
}

/// A shape and what `handle-message` may return in it.
pub fn reply() -> impl Strategy<Value = (Shape, Outcome<Reply>)> {
    shape().prop_flat_map(|shape| {
        let reply =
            (state(), vec(message(), 0..6)).prop_map(|(state, messages)| Reply { state, messages });
        (Just(shape), outcome(shape, reply))
    })
}

/// A shape and what `init` may return in it.
pub fn first_state() -> impl Strategy<Value = (Shape, Outcome<Option<Vec<u8>>>)> {
    shape().prop_flat_map(|shape| (Just(shape), outcome(shape, state())))
}

/// Header fields of any kind.
fn headers() -> impl Strategy<Value = Vec<HeaderField>> {
    vec((text(), text()), 0..6)
}

/// A request with any method and any fields.
pub fn request() -> impl Strategy<Value = HttpRequest> {
    (text(), text(), headers(), option::of(bytes()))
        .prop_map(|(method, uri, headers, body)| HttpRequest { method, uri, headers, body })
}

/// A shape and what `handle-request` may return in it.
pub fn http_reply() -> impl Strategy<Value = (Shape, Outcome<HttpReply>)> {
    shape().prop_flat_map(|shape| {
        let response = (any::<u16>(), headers(), option::of(bytes()))
            .prop_map(|(status, headers, body)| HttpResponse { status, headers, body });
        let reply = (state(), response).prop_map(|(state, response)| HttpReply { state, response });
        (Just(shape), outcome(shape, reply))
    })
}

/// A type of a result.
pub fn returned() -> impl Strategy<Value = Returned> {
    proptest::sample::select(&Returned::ALL[..])
}

/// The types of an import. No real import needs to have them.
pub fn signature() -> impl Strategy<Value = Signature> {
    let params = vec(proptest::sample::select(&Param::ALL[..]), 0..4);
    // No function has more than 16 flat parameters.
    let fitting = |mut params: Vec<Param>| {
        let flat = |params: &[Param]| params.iter().map(|it| it.ty().flat().len()).sum::<usize>();
        while flat(&params) > 16 {
            params.pop();
        }
        params
    };
    (params, returned())
        .prop_map(move |(params, result)| Signature { params: fitting(params), result })
}
