//! Takes readings of sensors by HTTP, keeps them for a day, and shows them live.
//!
//! | request | response |
//! |---|---|
//! | `POST /readings/NAME` with a number, or JSON such as `{"value":21.5}` | 201, and the reading |
//! | `GET /readings` | the readings of the last hour |
//! | `GET /readings?since=MS` | those from this time on, in milliseconds since 1970 |
//!
//! A reading is a JSON list: its time in milliseconds since 1970, the sensor's name, the value. At
//! most 2000 come at once, the oldest first; `more` says whether there are more.
//!
//! A WebSocket client gets the last hour when it connects, and then each reading: JSON with
//! `readings`, like the response.
//!
//! There is no state. Each reading is an entry of the host's storage, whose key begins with its time.
//! So a request costs the same however many readings there are.

mod reading;

use bindings::exports::ntwk::theater::http_server::{
    Guest as HttpServer, HttpRequest, HttpResponse,
};
use bindings::exports::ntwk::theater::websocket_server::{
    Guest as WebsocketServer, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{clock, connections, storage};
use reading::{KEPT, Reading};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:sensor-api;

            world sensor-api {
                import footlight:host/connections@0.1.0;
                import footlight:host/clock@0.1.0;
                import footlight:host/storage@0.1.0;
                export ntwk:theater/websocket-server;
                export ntwk:theater/http-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:sensor-api/sensor-api",
        generate_all,
    });
}

/// An hour in milliseconds.
const HOUR: u64 = 60 * 60_000;
/// The most readings that come at once.
const MOST: usize = 2000;
/// How many old readings make room for a new one. More than one, so that a backlog shrinks.
const FORGET: u32 = 2;

/// Why a request fails: a status and a text.
type Refusal = (u16, &'static str);

/// The readings from this time on, as JSON.
fn since(time: u64) -> String {
    let mut json = String::from(r#"{"readings":["#);
    let (mut after, mut count, mut more) = (Reading::first_key(time), 0, true);
    while more && count < MOST {
        let page = storage::list(reading::PREFIX, Some(&after), (MOST - count) as u32);
        more = page.more;
        for entry in page.entries {
            if let Some(reading) = Reading::stored(&entry.key, &entry.value) {
                if count > 0 {
                    json.push(',');
                }
                json += &reading.to_json();
                count += 1;
            }
            after = entry.key;
        }
    }
    json + &format!(r#"],"more":{more}}}"#)
}

/// Drops the oldest readings: those that are too old or, if there is no room, any.
fn forget(now: u64, any: bool) {
    for entry in storage::list(reading::PREFIX, None, FORGET).entries {
        let is_old = Reading::stored(&entry.key, &entry.value)
            .is_none_or(|reading| now.saturating_sub(reading.at) > KEPT);
        if any || is_old {
            // Its only error is the limit of a call, which two entries do not reach.
            let _ = storage::delete(&entry.key);
        }
    }
}

/// Stores a reading, and shows it to all clients.
fn add(name: &str, content: &[u8]) -> Result<String, Refusal> {
    let now = clock::now();
    let reading = Reading::new(now, name, content)?;
    forget(now, false);
    let (key, value) = reading.entry();
    if let Err(storage::Error::Full(_)) = storage::put(&key, &value) {
        forget(now, true);
        storage::put(&key, &value).map_err(|_| (507, "There is no room for more readings."))?;
    }
    let json = reading.to_json();
    let live = connections::Payload::Text(format!(r#"{{"readings":[{json}]}}"#));
    // The page shows the next one, if this one was too much for its client.
    let _ = connections::broadcast(None, &live, None);
    Ok(json)
}

/// The time in a query, or that of an hour ago.
fn time_in(query: &str) -> Result<u64, Refusal> {
    let since = query.split('&').find_map(|pair| pair.strip_prefix("since="));
    let since = since.map(|text| text.parse().map_err(|_| (400, "`since` is a number.")));
    since.unwrap_or_else(|| Ok(clock::now().saturating_sub(HOUR)))
}

/// The status and the JSON for a request.
fn answer(request: &HttpRequest) -> Result<(u16, String), Refusal> {
    let (path, query) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
    match (path.strip_prefix("/readings"), request.method.as_str()) {
        (Some(""), "GET" | "HEAD") => Ok((200, since(time_in(query)?))),
        (Some(""), _) => Err((405, "Only GET is answered here.")),
        (Some(name), method) if name.starts_with('/') => match method {
            "POST" => {
                let content = request.body.as_deref().unwrap_or_default();
                Ok((201, add(&name[1..], content)?))
            }
            _ => Err((405, "Only POST is answered here.")),
        },
        _ => Err((404, "There is only /readings.")),
    }
}

struct SensorApi;

impl HttpServer for SensorApi {
    fn handle_request(request: HttpRequest, state: Vec<u8>) -> (HttpResponse, Vec<u8>) {
        let (status, ty, text) = match answer(&request) {
            Ok((status, json)) => (status, "application/json", json),
            Err((status, why)) => (status, "text/plain; charset=utf-8", format!("{why}\n")),
        };
        let mut headers = vec![
            ("content-type".into(), ty.into()),
            // Each response is another one.
            ("cache-control".into(), "no-store".into()),
        ];
        if status == 405 {
            let allowed = if request.method == "POST" { "GET, HEAD" } else { "POST" };
            headers.push(("allow".into(), allowed.into()));
        }
        (HttpResponse { status, headers, body: Some(text.into()) }, state)
    }
}

impl WebsocketServer for SensorApi {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        let connected = message.message_type == "connect";
        let text = connected.then(|| since(clock::now().saturating_sub(HOUR)));
        let messages = text.into_iter().map(|text| WebsocketMessage {
            message_type: "text".into(),
            text: Some(text),
            data: None,
        });
        (state, WebsocketResponse { messages: messages.collect() })
    }
}

bindings::export!(SensorApi with_types_in bindings);
