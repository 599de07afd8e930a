//! One client that reads nothing. What it is sent fills the sockets' buffers and then its
//! outbox; then the host closes it, and it comes again.

use std::{cell::Cell, rc::Rc, time::Duration};

use async_tungstenite::tungstenite::Message;
use smol::Timer;

use super::{
    beside,
    common::{Result, arguments::Arguments, client::connect, server::Actor},
};

/// How often it sends, and how much: a few times a second the host has to close it.
const PERIOD: Duration = Duration::from_millis(10);
/// The length of its texts.
const SIZE: usize = 32_768;

/// See the module.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let closed = Rc::new(Cell::new(0));
    // Or the host would wait for its close frame for most of a round.
    let actor = Actor::echo().limit("close", "\"100ms\"");
    // In three seconds it is sent more than the sockets' buffers hold.
    beside::compare(arguments, actor, (15, 300), |executor, server| {
        let (url, closed) = (server.url("echo").to_owned(), closed.clone());
        Ok(executor.spawn(async move {
            loop {
                let Ok(mut client) = connect(&url).await else { continue };
                while client.send(Message::text("x".repeat(SIZE))).await.is_ok() {
                    Timer::after(PERIOD).await;
                }
                closed.set(closed.get() + 1);
            }
        }))
    })?;
    println!("it was closed {} times", closed.get());
    Ok(())
}
