//! What is known while the script runs: in which phase it is, the event's state, and what it asks for.

use std::cell::RefCell;

use rquickjs::{Ctx, Exception, Result};

use crate::bindings::{
    exports::ntwk::theater::{http_server::HttpResponse, websocket_server::WebsocketMessage},
    footlight::host::{clock, random},
    ntwk::theater::runtime,
};

/// The most lines that the top level may log. `script.wit` names it.
const LINES: usize = 64;
/// The most bytes of a line. `script.wit` names it; the host's `limits.log_line` is the same by default.
const LINE: usize = 1024;

/// Where the script is.
#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    /// The engine itself is being made.
    #[default]
    Engine,
    /// The top level runs, in an instance of which the host may make copies: nothing may be asked for.
    TopLevel,
    /// A handler runs.
    Event,
}

/// What an event began with, and what it has asked for.
#[derive(Default)]
pub struct Event {
    phase: Phase,
    /// Whether the top level has asked for the time.
    asked_time: bool,
    /// What the top level has logged.
    log: Vec<String>,
    /// The state before the event, and then the one after it.
    pub state: Option<Vec<u8>>,
    /// The messages of the answer.
    pub messages: Vec<WebsocketMessage>,
    /// The response to a request.
    pub response: Option<HttpResponse>,
    /// The reply to another actor.
    pub reply: Option<Vec<u8>>,
    /// The generator of `Math.random`, once it is used.
    chance: Option<u64>,
}

thread_local! {
    static EVENT: RefCell<Event> = RefCell::default();
}

/// Reads or changes the event.
pub fn with<T>(work: impl FnOnce(&mut Event) -> T) -> T {
    EVENT.with_borrow_mut(work)
}

/// The top level begins.
pub fn begin_top_level() {
    with(|event| event.phase = Phase::TopLevel);
}

/// The top level is done. Returns what it has logged, and whether it has asked for the time.
pub fn end_top_level() -> (Vec<String>, bool) {
    with(|event| (std::mem::take(&mut event.log), std::mem::take(&mut event.asked_time)))
}

/// An event begins.
pub fn begin(state: Option<Vec<u8>>) {
    with(|event| *event = Event { phase: Phase::Event, state, ..Event::default() });
}

/// Takes what the event has asked for.
pub fn end() -> Event {
    with(std::mem::take)
}

/// Makes sure that there is an event. Each function that calls an import begins with this.
///
/// # Errors
/// The top level runs, so this throws an exception that says `what` was called too early.
pub fn ready(ctx: &Ctx<'_>, what: &str) -> Result<()> {
    if with(|event| event.phase == Phase::Event) {
        return Ok(());
    }
    let message = format!("{what} can't be used before the first event; use it in a handler");
    Err(Exception::throw_message(ctx, &message))
}

/// Milliseconds since 1970. The top level has no time: 0, and the script is refused afterwards.
pub fn now_ms() -> f64 {
    let known = EVENT.with(|event| {
        event.try_borrow_mut().ok().and_then(|mut event| {
            event.asked_time |= event.phase == Phase::TopLevel;
            (event.phase == Phase::Event).then_some(())
        })
    });
    // Precise until the year 287396.
    known.map_or(0.0, |()| clock::now() as f64)
}

/// Writes a line to the actor's log, or keeps it if the top level runs.
pub fn log(mut line: String) {
    with(|event| match event.phase {
        Phase::Event => runtime::log(&line),
        _ if event.log.len() < LINES => {
            line.truncate(line.floor_char_boundary(LINE));
            event.log.push(line);
        }
        _ => {
            let more = "the top level has logged more, which is left out";
            if event.log.last().is_some_and(|last| last != more) {
                event.log.pop();
                event.log.push(more.into());
            }
        }
    });
}

/// A random number from 0 to 1, without 1. The host seeds each event that uses it.
pub fn chance() -> f64 {
    with(|event| {
        let state = event.chance.get_or_insert_with(|| {
            let seed = random::bytes(8);
            seed.iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte))
        });
        // SplitMix64 (Steele, Lea and Flood, 2014).
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The upper 53 bits, which a double holds precisely.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    })
}
