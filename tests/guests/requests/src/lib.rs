//! The requests of `script` in the shape *typed*, without a WebSocket: it has no `handle-message`
//! and no `init`.

use bindings::exports::ntwk::theater::http_server as http;
use script::requests::{Request, Response, plain};

mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit-core/wit/typed",
        world: "http-actor",
        generate_all,
    });
}

struct Component;

impl http::Guest for Component {
    fn handle_request(request: http::HttpRequest, state: Vec<u8>) -> (http::HttpResponse, Vec<u8>) {
        let http::HttpRequest { method, uri, headers, body } = request;
        let request = Request { method, uri, headers, body };
        let Ok((state, Response { status, headers, body })) = plain(false, request, Some(state))
        else {
            unreachable!("only a fallible shape is asked to fail");
        };
        (http::HttpResponse { status, headers, body }, state.unwrap_or_default())
    }
}

bindings::export!(Component with_types_in bindings);
