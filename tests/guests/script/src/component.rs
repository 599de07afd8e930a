//! What the guests have in common beside the script, as macros: each has types of its own, which
//! `wit-bindgen` makes.
//!
//! A guest has these types in its module `bindings`, and imports `actor`, `wire` (the module of its
//! messages), `filesystem` and `runtime` from there.

/// Makes `from_wire` and `to_wire`, between [`Message`] and the type that `wit-bindgen` makes
/// for it in the shapes whose message type is a variant. `$wire` is the module of that type.
#[macro_export]
macro_rules! variant_messages {
    ($wire:ident) => {
        fn from_wire(message: $wire::WebsocketMessage) -> $crate::Message {
            use $crate::Kind;
            use $wire::MessageType as Type;

            let kind = match message.ty {
                Type::Text => Kind::Text,
                Type::Binary => Kind::Binary,
                Type::Connect => Kind::Connect,
                Type::Close => Kind::Close,
                Type::Ping => Kind::Ping,
                Type::Pong => Kind::Pong,
                Type::Other(name) => Kind::Other(name),
            };
            $crate::Message { kind, data: message.data, text: message.text }
        }

        fn to_wire(message: $crate::Message) -> $wire::WebsocketMessage {
            use $crate::Kind;
            use $wire::MessageType as Type;

            let ty = match message.kind {
                Kind::Text => Type::Text,
                Kind::Binary => Type::Binary,
                Kind::Connect => Type::Connect,
                Kind::Close => Type::Close,
                Kind::Ping => Type::Ping,
                Kind::Pong => Type::Pong,
                Kind::Other(name) => Type::Other(name),
            };
            $wire::WebsocketMessage { ty, data: message.data, text: message.text }
        }
    };
}

/// Makes the component of a shape whose functions return their values as they are. The guest has a
/// `from_wire` and a `to_wire`.
#[macro_export]
macro_rules! plain_component {
    ($name:literal) => {
        struct Component;

        impl actor::Guest for Component {
            fn init() -> Vec<u8> {
                $crate::FIRST_STATE.to_vec()
            }
        }

        impl wire::Guest for Component {
            fn handle_message(
                message: wire::WebsocketMessage,
                state: Vec<u8>,
            ) -> (Vec<u8>, wire::WebsocketResponse) {
                let shape = $crate::Shape {
                    name: $name,
                    fallible: false,
                    log: runtime::log,
                    read_file: |path| Ok(filesystem::read_file(path).into_bytes()),
                };
                let Ok(reply) = $crate::handle(&shape, from_wire(message), Some(state)) else {
                    unreachable!("only a fallible shape is asked to fail");
                };
                let messages = reply.messages.into_iter().map(to_wire).collect();
                (reply.state.unwrap_or_default(), wire::WebsocketResponse { messages })
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}

/// Makes the component of a shape whose functions return a `result`.
#[macro_export]
macro_rules! fallible_component {
    ($name:literal) => {
        $crate::variant_messages!(wire);

        struct Component;

        impl actor::Guest for Component {
            fn init(
                state: Option<Vec<u8>>,
                (name,): (String,),
            ) -> Result<(Option<Vec<u8>>,), String> {
                Ok(($crate::init(state, &name)?,))
            }
        }

        impl wire::Guest for Component {
            fn handle_message(
                state: Option<Vec<u8>>,
                (message,): (wire::WebsocketMessage,),
            ) -> Result<(Option<Vec<u8>>, (wire::WebsocketResponse,)), String> {
                let shape = $crate::Shape {
                    name: $name,
                    fallible: true,
                    log: runtime::log,
                    read_file: filesystem::read_file,
                };
                let reply = $crate::handle(&shape, from_wire(message), state)?;
                let messages = reply.messages.into_iter().map(to_wire).collect();
                Ok((reply.state, (wire::WebsocketResponse { messages },)))
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}
