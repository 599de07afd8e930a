//! Shows this machine's load, memory and uptime every second, from the files in /proc.

// Made from the folder wit. After a change there, make it anew:
//   cargo install wit-bindgen-cli@0.63.0
//   wit-bindgen rust wit --world actor --generate-all --format --out-dir src
//   mv src/actor.rs src/bindings.rs
mod bindings;
#[cfg(test)]
mod testing;

use bindings::exports::ntwk::theater::websocket_server::{
    Guest, WebsocketMessage, WebsocketResponse,
};
use bindings::footlight::host::connections::Payload;
#[cfg(not(test))]
use bindings::{
    footlight::host::{connections, files},
    ntwk::theater::runtime::log,
};
#[cfg(test)]
use testing::{connections, files, log};

struct Actor;

bindings::export!(Actor with_types_in bindings);

impl Guest for Actor {
    /// Handles one event. An "alarm" comes at each `tick` of manifest.toml.
    fn handle_message(message: WebsocketMessage, state: Vec<u8>) -> (Vec<u8>, WebsocketResponse) {
        log_panics();
        let mut messages = vec![];
        match message.message_type.as_str() {
            "connect" => messages.push(text(measure())),
            "alarm" if !connections::list(None).is_empty() => {
                if let Err(why) = connections::broadcast(None, &Payload::Text(measure()), None) {
                    log(&format!("a measurement is not shown: {why:?}"));
                }
            }
            _ => {}
        }
        (state, WebsocketResponse { messages })
    }
}

/// A measurement as JSON. What can't be read is `null`.
fn measure() -> String {
    let [load, memory, uptime] = [first("proc/loadavg"), memory(), first("proc/uptime")]
        .map(|value| value.unwrap_or_else(|| "null".into()));
    format!(r#"{{"load":{load},"memory":{memory},"uptime":{uptime}}}"#)
}

/// The part of the memory in use, in hundredths.
fn memory() -> Option<String> {
    let text = read("proc/meminfo")?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_end_matches("kB").trim().parse().ok()
    };
    let (total, free) = (kilobytes("MemTotal:")?, kilobytes("MemAvailable:")?);
    let used = (total.checked_sub(free)? * 100).checked_div(total)?;
    Some(used.to_string())
}

/// The first number in a file: of loadavg, how many programs wanted to run on average of a
/// minute, and of uptime, the seconds.
fn first(file: &str) -> Option<String> {
    Some(read(file)?.split_whitespace().next()?.into())
}

/// The text of a file in a folder that manifest.toml shares.
fn read(file: &str) -> Option<String> {
    String::from_utf8(files::read(file).ok()?).ok()
}

/// Has the log say where and why the actor panicked. Otherwise it only says `unreachable`.
fn log_panics() {
    if cfg!(not(test)) {
        std::panic::set_hook(Box::new(|panic| log(&panic.to_string())));
    }
}

/// A text message.
fn text(text: String) -> WebsocketMessage {
    WebsocketMessage {
        message_type: "text".into(),
        text: Some(text),
        data: None,
    }
}

// `cargo test` runs these on this machine.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_has_what_the_files_say() {
        testing::host(|host| {
            let file = |name: &str, text: &str| (name.into(), text.into());
            let meminfo = file("proc/meminfo", "MemTotal: 200 kB\nMemAvailable:  150 kB\n");
            let loadavg = file("proc/loadavg", "0.42 0.36 0.31 1/123 4567\n");
            host.files.extend([meminfo, loadavg]);
        });
        assert_eq!(measure(), r#"{"load":0.42,"memory":25,"uptime":null}"#);
    }
}
