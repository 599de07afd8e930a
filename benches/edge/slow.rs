//! One client that reads nothing. What it is sent fills the sockets' buffers and then its
//! outbox; then the host closes it, and it comes again.

use std::time::Duration;

use async_tungstenite::tungstenite::Message;
use smol::Timer;

use super::{
    beside,
    common::{Result, arguments::Arguments, client::connect},
};

/// How often it sends, and how much: a few times a second the host has to close it.
const PERIOD: Duration = Duration::from_millis(10);
/// The length of its texts.
const SIZE: usize = 8192;

/// See the module.
pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    beside::compare(arguments, |executor, server| {
        let url = server.url("echo").to_owned();
        Ok(executor.spawn(async move {
            loop {
                let Ok(mut client) = connect(&url).await else { continue };
                while client.send(Message::text("x".repeat(SIZE))).await.is_ok() {
                    Timer::after(PERIOD).await;
                }
            }
        }))
    })
}
