//! The clients, in teams that do the same again and again.

use std::{cell::Cell, rc::Rc};

use async_tungstenite::tungstenite::{Message, Utf8Bytes};
use smol::LocalExecutor;

use super::common::{
    Result,
    client::{Client, connect, hear},
};

/// What a team does again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// The one client that it is sends a text of so many bytes, and waits for its echo.
    Echo(usize),
    /// The first one sends a text to the room, and the others wait for it.
    Tell,
    /// The first one has the room's clients listed, and waits for the answer.
    List,
}

/// The length of the texts of [`Deed::Tell`] and [`Deed::List`].
const SIZE: usize = 64;

/// All clients of one server.
pub(crate) struct Crowd {
    /// The teams, each with what its first client sends.
    teams: Vec<(Vec<Client>, Utf8Bytes)>,
    /// What they do.
    deed: Deed,
}

impl Crowd {
    /// Connects so many clients, and has each team of `team` clients enter a room of its own.
    pub(crate) async fn gather(url: &str, clients: usize, team: usize, deed: Deed) -> Result<Self> {
        let mut teams = Vec::new();
        for number in 0..clients / team {
            let mut members = Vec::new();
            while members.len() < team {
                members.push(connect(url).await?);
            }
            if let Deed::Echo(size) = deed {
                teams.push((members, "x".repeat(size).into()));
                continue;
            }
            for client in &mut members {
                client.send(Message::text(format!("+{number:08}"))).await?;
                // The answer tells that the client is in.
                let list = Message::text(format!("?{number:08}"));
                client.send(list).await?;
                hear(client).await?;
            }
            let deed = if deed == Deed::List { '?' } else { '>' };
            teams.push((members, format!("{deed}{number:08}{}", "x".repeat(SIZE - 9)).into()));
        }
        Ok(Self { teams, deed })
    }

    /// Has the teams do so many deeds together, all at once.
    pub(crate) async fn act(&mut self, executor: &LocalExecutor<'_>, deeds: usize) -> Result<()> {
        // Shared, so that no team is left to work alone at the end.
        let left = Rc::new(Cell::new(deeds));
        let (deed, mut tasks) = (self.deed, Vec::with_capacity(self.teams.len()));
        for (mut team, text) in self.teams.drain(..) {
            let left = left.clone();
            tasks.push(executor.spawn(async move {
                while let Some(rest) = left.get().checked_sub(1) {
                    left.set(rest);
                    act(&mut team, &text, deed).await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>((team, text))
            }));
        }
        for task in tasks {
            self.teams.push(task.await?);
        }
        Ok(())
    }
}

/// Does one deed.
async fn act(team: &mut [Client], text: &Utf8Bytes, deed: Deed) -> Result<()> {
    team[0].send(Message::Text(text.clone())).await?;
    let hearing = if deed == Deed::Tell { &mut team[1..] } else { &mut team[..1] };
    for client in hearing {
        let heard = hear(client).await?;
        if heard != *text {
            return Err(format!("not what was sent: {heard}").into());
        }
    }
    Ok(())
}
