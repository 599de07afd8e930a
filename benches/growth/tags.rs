//! The cost of a message to one client among more and more tags.

use std::{path::Path, time::Duration};

use async_tungstenite::tungstenite::Message;
use smol::block_on;

use super::{
    common::{
        Result,
        client::{Client, ask, connect_all, hear},
        process,
        server::{Actor, Server, Watch},
    },
    figure::{Line, Panel},
    load::memory_at_rest,
};

/// The actor of `benches/crowd`: a tag is a room, which clients enter and send texts to.
const ACTOR: &str = include_str!("../crowd/actor.wat");
/// The tags of each client that has any. This is the default of `limits.tags`.
const EACH: usize = 10;
/// The clients that send, which have no tags. With a thousand others they are as many as the default
/// of `limits.connections` allows.
const SENDERS: usize = 24;

/// Measures memory and CPU time with each number of tags. The number of connections stays the same.
pub(crate) fn measure(binary: &Path, rounds: usize, quick: bool) -> Result<Vec<Panel>> {
    let steps: &[usize] = if quick { &[1, 20] } else { &[1, 10, 100, 1_000, 10_000] };
    let count = steps[steps.len() - 1].div_ceil(EACH);
    process::allow_descriptors(SENDERS + count + 200)?;
    let mut memory = Line::new("tags of 8 bytes", steps);
    let names = ["always to the first tag", "to all tags in turn"];
    let mut cpu = names.map(|name| Line::new(name, steps));
    for _ in 0..rounds {
        let server = Server::run(binary, &[Actor::of("actor", ACTOR)])?;
        let watch = server.watch();
        block_on(async {
            let url = server.url("actor");
            let mut senders = connect_all(url, SENDERS).await?;
            let mut members = connect_all(url, count).await?;
            // Use every connection, so that all buffers are allocated.
            for client in senders.iter_mut().chain(&mut members) {
                ask(client, &command('?', 0).into()).await?;
            }
            let mut tagged = 0;
            for (index, &step) in steps.iter().enumerate() {
                for tag in tagged..step {
                    let member = &mut members[tag % count];
                    member.send(Message::text(command('+', tag))).await?;
                    // The answer shows that the client has the tag.
                    ask(member, &command('?', tag).into()).await?;
                }
                tagged = step;
                let messages = if quick { 2 * SENDERS } else { 20_000 };
                for (line, tags) in cpu.iter_mut().zip([1, step]) {
                    let each = tell(&mut senders, &mut members, tags, messages, watch).await?;
                    line.add(index, each.as_secs_f64() * 1e6);
                }
                memory.add(index, memory_at_rest(watch).await? / 1e6);
            }
            Result::Ok(())
        })?;
    }
    let panel = |title, lines, log_x| Panel { title, axis: "tags", lines, log_x, log_y: false };
    Ok(vec![
        panel("memory of the process with 1,024 connections, MB", vec![memory], false),
        panel("CPU for a message to the one client with a tag, µs", cpu.into(), true),
    ])
}

/// A text of 9 bytes for the actor.
fn command(action: char, tag: usize) -> String {
    format!("{action}{tag:08}")
}

/// Sends `messages` texts to the first `tags` tags in turn. As many are in flight as there are
/// senders. Returns the server's CPU time for one of them.
async fn tell(
    senders: &mut [Client],
    members: &mut [Client],
    tags: usize,
    messages: usize,
    watch: Watch,
) -> Result<Duration> {
    let (flight, count) = (senders.len(), members.len());
    let before = watch.cpu()?;
    for number in 0..messages + flight {
        if let Some(earlier) = number.checked_sub(flight) {
            hear(&mut members[earlier % tags % count]).await?;
        }
        if number < messages {
            let text = command('>', number % tags);
            senders[number % flight].send(Message::text(text)).await?;
        }
    }
    Ok((watch.cpu()? - before).div_f64(messages as f64))
}
