//! One client that reads nothing. Its messages fill the sockets' buffers and then its outbox. Then
//! the host closes it, and it connects again.

use std::{cell::Cell, rc::Rc, time::Duration};

use async_tungstenite::tungstenite::Message;
use smol::Timer;

use super::{
    beside,
    common::{Result, arguments::Arguments, client::connect, server::Actor},
};

/// The time between its messages. The host has to close it a few times a second.
const PERIOD: Duration = Duration::from_millis(10);
/// The length of its texts.
const SIZE: usize = 32_768;

/// See the module.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let closed = Rc::new(Cell::new(0));
    // Otherwise the host would wait for its close frame for most of a round.
    let actor = Actor::echo().limit("close", "\"100ms\"");
    // In three seconds it gets more than the sockets' buffers hold.
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
