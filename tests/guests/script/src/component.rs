//! What the guests have in common beside the script, as macros: each has types of its own, which
//! `wit-bindgen` makes.
//!
//! A guest has these types in its module `bindings`, and imports `actor`, `wire` (the module of its
//! messages), `http` (the module of its requests), `filesystem` and `runtime` from there.

/// Makes `from_http` and `to_http`, between [`requests`](crate::requests) and the types that
/// `wit-bindgen` makes.
#[macro_export]
macro_rules! http_types {
    () => {
        fn from_http(request: http::HttpRequest) -> $crate::requests::Request {
            let http::HttpRequest { method, uri, headers, body } = request;
            $crate::requests::Request { method, uri, headers, body }
        }

        fn to_http(response: $crate::requests::Response) -> http::HttpResponse {
            let $crate::requests::Response { status, headers, body } = response;
            http::HttpResponse { status, headers, body }
        }
    };
}

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

/// The functions of the guest's `filesystem` that have had one form.
#[macro_export]
macro_rules! files {
    () => {
        $crate::Files {
            write_file: filesystem::write_file,
            list_files: filesystem::list_files,
            delete_file: filesystem::delete_file,
            create_dir: filesystem::create_dir,
            delete_dir: filesystem::delete_dir,
            path_exists: filesystem::path_exists,
        }
    };
}

/// Makes the component of a shape whose functions return their values as they are. The guest has a
/// `from_wire` and a `to_wire`. `read_file` changed between these shapes.
#[macro_export]
macro_rules! plain_component {
    ($name:literal, $read_file:expr) => {
        $crate::http_types!();

        struct Component;

        const SHAPE: $crate::Shape = $crate::Shape {
            name: $name,
            fallible: false,
            log: runtime::log,
            read_file: $read_file,
            files: $crate::files!(),
        };

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
                let Ok(reply) = $crate::handle(&SHAPE, from_wire(message), Some(state)) else {
                    unreachable!("only a fallible shape is asked to fail");
                };
                let messages = reply.messages.into_iter().map(to_wire).collect();
                (reply.state.unwrap_or_default(), wire::WebsocketResponse { messages })
            }
        }

        impl http::Guest for Component {
            fn handle_request(
                request: http::HttpRequest,
                state: Vec<u8>,
            ) -> (http::HttpResponse, Vec<u8>) {
                let answer = $crate::requests::answer(&SHAPE, from_http(request), Some(state));
                let Ok((state, response)) = answer else {
                    unreachable!("only a fallible shape is asked to fail");
                };
                (to_http(response), state.unwrap_or_default())
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
        $crate::http_types!();

        struct Component;

        const SHAPE: $crate::Shape = $crate::Shape {
            name: $name,
            fallible: true,
            log: runtime::log,
            read_file: filesystem::read_file,
            files: $crate::files!(),
        };

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
                let reply = $crate::handle(&SHAPE, from_wire(message), state)?;
                let messages = reply.messages.into_iter().map(to_wire).collect();
                Ok((reply.state, (wire::WebsocketResponse { messages },)))
            }
        }

        impl http::Guest for Component {
            fn handle_request(
                state: Option<Vec<u8>>,
                (request,): (http::HttpRequest,),
            ) -> Result<(Option<Vec<u8>>, (http::HttpResponse,)), String> {
                let answer = $crate::requests::answer(&SHAPE, from_http(request), state);
                let (state, response) = answer?;
                Ok((state, (to_http(response),)))
            }
        }

        bindings::export!(Component with_types_in bindings);
    };
}
