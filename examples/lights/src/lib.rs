//! Switches the LEDs of a board, and shows them to all clients.
//!
//! A client sends `on NAME` or `off NAME`. When it connects, and whenever an LED has changed,
//! it gets a line for each LED: `on ACT`, `off PWR`. If something fails, it gets `error` and
//! the reason.
//!
//! The manifest's folder has a folder for each LED, as Linux shows them. The actor writes the
//! LED's `brightness` and reads its `max_brightness`.
//!
//! The state is the last text that the clients got. A tick compares it with the LEDs, because
//! a program, the kernel or a wire may have switched one.

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::{connections, files};
use bindings::ntwk::theater::runtime::log;
use connections::Payload;
use files::{Error, Kind};

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package local:lights;

            world lights {
                import footlight:host/connections@0.1.0;
                import footlight:host/files@0.1.0;
                import ntwk:theater/runtime;
                export ntwk:theater/websocket-server;
            }
        ",
        path: ["../../wit-core/wit/guide", "../../wit-core/wit/host"],
        world: "local:lights/lights",
        generate_all,
    });
}

/// An LED.
struct Light {
    name: String,
    on: bool,
}

impl Light {
    /// All LEDs: the folders with a brightness.
    fn all() -> Result<Vec<Self>, Error> {
        let folders = files::list("")?.into_iter().filter(|entry| entry.kind == Kind::Folder);
        let lights = folders.filter_map(|folder| {
            let on = number(&folder.name, "brightness")? > 0;
            Some(Self { name: folder.name, on })
        });
        Ok(lights.collect())
    }

    fn switch(&mut self, on: bool) -> Result<(), Error> {
        let file = format!("{}/brightness", self.name);
        // This also stops the kernel from showing something with the LED, such as the disk's
        // activity.
        files::write(&file, b"0")?;
        if on {
            let most = number(&self.name, "max_brightness").unwrap_or(1);
            files::write(&file, most.to_string().as_bytes())?;
        }
        self.on = on;
        Ok(())
    }
}

/// The number in a file of an LED.
fn number(light: &str, file: &str) -> Option<u32> {
    let text = files::read(&format!("{light}/{file}")).ok()?;
    str::from_utf8(&text).ok()?.trim().parse().ok()
}

/// The text for the clients.
fn described(lights: &[Light]) -> String {
    let word = |light: &Light| if light.on { "on" } else { "off" };
    let lines: Vec<_> =
        lights.iter().map(|light| format!("{} {}", word(light), light.name)).collect();
    lines.join("\n")
}

/// Does what a client asks for, and returns the new text for the clients.
fn switch(request: &str) -> Result<String, String> {
    let (on, name) = match request.split_once(' ') {
        Some(("on", name)) => (true, name),
        Some(("off", name)) => (false, name),
        _ => return Err("Send `on NAME` or `off NAME`.".into()),
    };
    let mut lights = Light::all().map_err(explained)?;
    // Only the name of an existing LED becomes a path.
    let Some(light) = lights.iter_mut().find(|light| light.name == name) else {
        return Err(format!("There is no light {name:?}."));
    };
    light.switch(on).map_err(explained)?;
    Ok(described(&lights))
}

fn explained(error: Error) -> String {
    match error {
        Error::Denied => {
            "The host may not write this LED's brightness. See the example's manifest.".into()
        }
        Error::NotFound => "There is no folder of LEDs. See the example's manifest.".into(),
        other => format!("The LEDs can't be reached: {other:?}"),
    }
}

/// Tells all clients about the lights if something has changed. Returns the next state.
fn tell(now: String, state: Vec<u8>) -> Vec<u8> {
    if now.as_bytes() == state {
        return state;
    }
    let next = now.clone().into_bytes();
    // `broadcast` treats slow clients as the manifest's `on_overflow` says; `send` would fail.
    match connections::broadcast(None, &Payload::Text(now), None) {
        Ok(_) => next,
        // The next tick tries again.
        Err(_) => state,
    }
}

struct Lights;

impl Guest for Lights {
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        // A panic is told in the log, with its place.
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
        let text = message.text.unwrap_or_default();
        let now = || Light::all().map(|lights| described(&lights)).map_err(explained);
        let (state, answer) = match message.message_type.as_str() {
            "connect" => (state, Some(now())),
            "text" => match switch(&text) {
                Ok(now) => (tell(now, state), None),
                Err(why) => (state, Some(Err(why))),
            },
            // Without clients there is nothing to do.
            "alarm" if !connections::list(None).is_empty() => match now() {
                Ok(now) => (tell(now, state), None),
                Err(_) => (state, None),
            },
            _ => (state, None),
        };
        let text = answer.map(|answer| answer.unwrap_or_else(|why| format!("error {why}")));
        let messages = text.into_iter().map(|text| WebsocketMessage {
            message_type: "text".into(),
            text: Some(text),
            data: None,
        });
        (state, WebsocketResponse { messages: messages.collect() })
    }
}

bindings::export!(Lights with_types_in bindings);
