//! The four forms of the interface, and how to recognise each.

use core::fmt;

/// One of the four forms that the interface has had. [`Shape::detect`] recognises a module's form
/// by the core signature of its `handle-message`, or else of another handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The form of the guide (2025-01-22): a message's type is a string.
    Guide,
    /// From 2025-01-22: a message's type is a variant.
    Typed,
    /// From 2025-02-25: the state is first and optional, and a call returns a `result`.
    Result,
    /// From 2025-06-03: like *result*, in the package `theater:simple`.
    Renamed,
}

/// The parameters of `init`. They changed more often than the rest of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InitForm {
    /// `()`: *guide*, and *typed* until 2025-02-11.
    Bare,
    /// `(data: list<u8>)`: *typed* for one day, 2025-02-11.
    Bytes,
    /// `(data: option<list<u8>>)`: *typed* from 2025-02-12 to 2025-02-24.
    Optional,
    /// `(state: option<list<u8>>, params: tuple<string>)`: *result* and *renamed*. The parameter is
    /// the actor's name.
    Named,
}

impl InitForm {
    /// The flat signature.
    pub fn signature(self) -> Signature {
        let params = match self {
            Self::Bare => 0,
            Self::Bytes => 2,
            Self::Optional => 3,
            Self::Named => 5,
        };
        Signature { params, results: 1 }
    }

    /// Whether `init` takes a state and makes the first one of it. The others make it of nothing.
    pub fn takes_state(self) -> bool {
        self != Self::Bare
    }
}

/// The type of a core function. In this interface all parameters and results are `i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// How many there are, after flattening.
    pub params: usize,
    /// How many there are: 0 or 1.
    pub results: usize,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} × i32) → {} × i32", self.params, self.results)
    }
}

/// `cabi_realloc(old, old_size, align, new_size) -> ptr`: the host calls it to allocate memory
/// in the guest (canonical ABI, `realloc`).
pub const REALLOC: (&str, Signature) = ("cabi_realloc", Signature { params: 4, results: 1 });

/// The export that the host calls once after instantiation, if the module has it (the
/// convention for "reactor" modules).
pub const INITIALIZE: (&str, Signature) = ("_initialize", Signature { params: 0, results: 0 });

/// The signature of every `cabi_post_…` export. Its parameter is the function's result.
pub const POST_RETURN: Signature = Signature { params: 1, results: 0 };

/// The name of the exported linear memory.
pub const MEMORY: &str = "memory";

/// The modules from which an actor can import `log`, in core form.
pub const RUNTIME_MODULES: [&str; 2] = ["ntwk:theater/runtime", "theater:simple/runtime"];

/// The import `log: func(msg: string)`, in core form. The parameters are a pointer and a length.
pub const LOG: (&str, Signature) = ("log", Signature { params: 2, results: 0 });

/// The export names of `handle-message`, one for each package.
pub const HANDLE_MESSAGE: [&str; 2] = [
    "ntwk:theater/websocket-server#handle-message",
    "theater:simple/websocket-server#handle-message",
];

/// The export names of `handle-request`, one for each package.
pub const HANDLE_REQUEST: [&str; 2] =
    ["ntwk:theater/http-server#handle-request", "theater:simple/http-server#handle-request"];

/// The export names of `handle-send`, one for each package: another actor's message.
pub const HANDLE_SEND: [&str; 2] = [
    "ntwk:theater/message-server-client#handle-send",
    "theater:simple/message-server-client#handle-send",
];

/// The export names of the `handle-request` of `message-server-client`, one for each package: another
/// actor's message, which wants a reply.
pub const HANDLE_REPLY: [&str; 2] = [
    "ntwk:theater/message-server-client#handle-request",
    "theater:simple/message-server-client#handle-request",
];

/// The export names of all handlers: each makes a module an actor. `handle-message` tells most about a
/// module's shape, so it is first.
pub fn handlers() -> impl Iterator<Item = &'static str> {
    [HANDLE_MESSAGE, HANDLE_REQUEST, HANDLE_SEND, HANDLE_REPLY].into_iter().flatten()
}

impl Shape {
    /// All shapes, for loops over them.
    pub const ALL: [Self; 4] = [Self::Guide, Self::Typed, Self::Result, Self::Renamed];

    /// The shape of which a handler has this export name and signature.
    ///
    /// All but `handle-message` are the same in *guide* and *typed*. They count as *typed*, because
    /// nearly all public actors that have them are of that time. A module's `handle-message` tells the
    /// two apart.
    pub fn detect(export: &str, signature: Signature) -> Option<Self> {
        let message = |shape: &Self| {
            shape.handle_message() == export && shape.handle_message_signature() == signature
        };
        let request = |shape: &Self| {
            shape.handle_request() == export && shape.handle_request_signature() == signature
        };
        let actor = |shape: &Self| {
            [shape.handle_send(), shape.handle_reply()].contains(&export)
                && shape.handle_send_signature() == signature
        };
        let mut others = [Self::Typed, Self::Result, Self::Renamed].into_iter();
        let other = |shape: &Self| request(shape) || actor(shape);
        Self::ALL.into_iter().find(message).or_else(|| others.find(other))
    }

    /// The shape's name in this project's documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            Self::Typed => "typed",
            Self::Result => "result",
            Self::Renamed => "renamed",
        }
    }

    /// The export name of `handle-message`.
    pub fn handle_message(self) -> &'static str {
        match self {
            Self::Renamed => "theater:simple/websocket-server#handle-message",
            _ => "ntwk:theater/websocket-server#handle-message",
        }
    }

    /// The export to call after the result of `handle-message` has been lifted.
    pub const fn handle_message_post(self) -> &'static str {
        match self {
            Self::Renamed => "cabi_post_theater:simple/websocket-server#handle-message",
            _ => "cabi_post_ntwk:theater/websocket-server#handle-message",
        }
    }

    /// The flat signature of `handle-message`. [`crate::lower`] explains the parameters.
    pub fn handle_message_signature(self) -> Signature {
        let params = match self {
            Self::Guide => 10,
            Self::Typed => 11,
            Self::Result | Self::Renamed => 12,
        };
        Signature { params, results: 1 }
    }

    /// The export name of `handle-request`.
    pub fn handle_request(self) -> &'static str {
        match self {
            Self::Renamed => "theater:simple/http-server#handle-request",
            _ => "ntwk:theater/http-server#handle-request",
        }
    }

    /// The export to call after the result of `handle-request` has been lifted.
    pub const fn handle_request_post(self) -> &'static str {
        match self {
            Self::Renamed => "cabi_post_theater:simple/http-server#handle-request",
            _ => "cabi_post_ntwk:theater/http-server#handle-request",
        }
    }

    /// The flat signature of `handle-request`.
    pub fn handle_request_signature(self) -> Signature {
        Signature { params: if self.has_results() { 12 } else { 11 }, results: 1 }
    }

    /// The export name of `handle-send`.
    pub fn handle_send(self) -> &'static str {
        let [early, late] = HANDLE_SEND;
        if self == Self::Renamed { late } else { early }
    }

    /// The export to call after the result of `handle-send` has been lifted.
    pub const fn handle_send_post(self) -> &'static str {
        match self {
            Self::Renamed => "cabi_post_theater:simple/message-server-client#handle-send",
            _ => "cabi_post_ntwk:theater/message-server-client#handle-send",
        }
    }

    /// The export name of the `handle-request` of `message-server-client`.
    pub fn handle_reply(self) -> &'static str {
        let [early, late] = HANDLE_REPLY;
        if self == Self::Renamed { late } else { early }
    }

    /// The export to call after its result has been lifted.
    pub const fn handle_reply_post(self) -> &'static str {
        match self {
            Self::Renamed => "cabi_post_theater:simple/message-server-client#handle-request",
            _ => "cabi_post_ntwk:theater/message-server-client#handle-request",
        }
    }

    /// The flat signature of both functions of `message-server-client`.
    pub fn handle_send_signature(self) -> Signature {
        Signature { params: if self.has_results() { 5 } else { 4 }, results: 1 }
    }

    /// The export name of `init`.
    pub const fn init(self) -> &'static str {
        match self {
            Self::Renamed => "theater:simple/actor#init",
            _ => "ntwk:theater/actor#init",
        }
    }

    /// The export to call after the result of `init` has been lifted.
    pub const fn init_post(self) -> &'static str {
        match self {
            Self::Renamed => "cabi_post_theater:simple/actor#init",
            _ => "cabi_post_ntwk:theater/actor#init",
        }
    }

    /// The forms that `init` has had in this shape. The first is that of the shape's WIT file.
    pub fn init_forms(self) -> &'static [InitForm] {
        match self {
            Self::Guide => &[InitForm::Bare],
            Self::Typed => &[InitForm::Bare, InitForm::Optional, InitForm::Bytes],
            Self::Result | Self::Renamed => &[InitForm::Named],
        }
    }

    /// The form of an `init` with this signature; `None` if this shape never had it.
    pub fn init_form(self, signature: Signature) -> Option<InitForm> {
        self.init_forms().iter().copied().find(|form| form.signature() == signature)
    }

    /// Whether calls return a `result` and take an optional state as their first parameter.
    pub fn has_results(self) -> bool {
        matches!(self, Self::Result | Self::Renamed)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_is_found_by_its_name_and_signature() {
        for shape in Shape::ALL {
            let signature = shape.handle_message_signature();
            assert_eq!(Shape::detect(shape.handle_message(), signature), Some(shape));
            assert!(HANDLE_MESSAGE.contains(&shape.handle_message()));
            let signature = shape.handle_request_signature();
            let by_request = if shape == Shape::Guide { Shape::Typed } else { shape };
            assert_eq!(Shape::detect(shape.handle_request(), signature), Some(by_request));
            assert!(HANDLE_REQUEST.contains(&shape.handle_request()));
            let signature = shape.handle_send_signature();
            for name in [shape.handle_send(), shape.handle_reply()] {
                assert_eq!(Shape::detect(name, signature), Some(by_request));
                assert!(HANDLE_SEND.contains(&name) || HANDLE_REPLY.contains(&name));
            }
        }
    }

    #[test]
    fn each_form_of_init_is_found_by_its_signature_in_its_shapes_only() {
        let signature = |params| Signature { params, results: 1 };
        for (params, shapes) in [
            (0, &[Shape::Guide, Shape::Typed][..]),
            (2, &[Shape::Typed]),
            (3, &[Shape::Typed]),
            (5, &[Shape::Result, Shape::Renamed]),
            (1, &[]),
            (4, &[]),
        ] {
            for shape in Shape::ALL {
                let form = shape.init_form(signature(params));
                assert_eq!(form.is_some(), shapes.contains(&shape), "{shape} {params}");
            }
        }
    }

    #[test]
    fn no_other_signature_is_taken_for_a_shape() {
        for params in 0..20 {
            for results in [0, 2] {
                for name in [HANDLE_MESSAGE[0], HANDLE_REQUEST[0], HANDLE_SEND[0], HANDLE_REPLY[1]]
                {
                    assert_eq!(Shape::detect(name, Signature { params, results }), None);
                }
            }
        }
        assert_eq!(Shape::detect(HANDLE_MESSAGE[1], Signature { params: 10, results: 1 }), None);
        assert_eq!(Shape::detect(HANDLE_REQUEST[0], Signature { params: 10, results: 1 }), None);
        assert_eq!(Shape::detect(HANDLE_REQUEST[1], Signature { params: 11, results: 1 }), None);
        assert_eq!(Shape::detect("handle-message", Signature { params: 10, results: 1 }), None);
    }
}
