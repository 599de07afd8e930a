//! The clients. They form teams that repeat the same action.

use std::{cell::Cell, rc::Rc};

use async_tungstenite::tungstenite::{Message, Utf8Bytes};
use smol::LocalExecutor;

use super::common::{
    Result,
    client::{Client, connect, hear},
};

/// The action that a team repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The only client of the team sends a text of this many bytes and waits for its echo.
    Echo(usize),
    /// The first client sends a text to the room, and the others wait for it.
    Tell,
    /// The first client asks for the list of the room's clients, and waits for the answer.
    List,
}

/// The length of the texts of [`Action::Tell`] and [`Action::List`].
const SIZE: usize = 64;

/// All clients of one server.
pub(crate) struct Crowd {
    /// The teams, each with the text that its first client sends.
    teams: Vec<(Vec<Client>, Utf8Bytes)>,
    /// Their action.
    action: Action,
}

impl Crowd {
    /// Connects `clients` clients. Each team of `team` clients enters a room of its own.
    pub(crate) async fn gather(
        url: &str,
        clients: usize,
        team: usize,
        action: Action,
    ) -> Result<Self> {
        let mut teams = Vec::new();
        for number in 0..clients / team {
            let mut members = Vec::new();
            while members.len() < team {
                members.push(connect(url).await?);
            }
            if let Action::Echo(size) = action {
                teams.push((members, "x".repeat(size).into()));
                continue;
            }
            for client in &mut members {
                client.send(Message::text(format!("+{number:08}"))).await?;
                // The answer shows that the client is in the room.
                let list = Message::text(format!("?{number:08}"));
                client.send(list).await?;
                hear(client).await?;
            }
            let action = if action == Action::List { '?' } else { '>' };
            teams.push((members, format!("{action}{number:08}{}", "x".repeat(SIZE - 9)).into()));
        }
        Ok(Self { teams, action })
    }

    /// Lets all teams act at the same time, `actions` times together.
    pub(crate) async fn act(&mut self, executor: &LocalExecutor<'_>, actions: usize) -> Result<()> {
        // All teams share this counter, so that no team works alone at the end.
        let left = Rc::new(Cell::new(actions));
        let (action, mut tasks) = (self.action, Vec::with_capacity(self.teams.len()));
        for (mut team, text) in self.teams.drain(..) {
            let left = left.clone();
            tasks.push(executor.spawn(async move {
                while let Some(rest) = left.get().checked_sub(1) {
                    left.set(rest);
                    act(&mut team, &text, action).await.map_err(|error| error.to_string())?;
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

/// Performs one action.
async fn act(team: &mut [Client], text: &Utf8Bytes, action: Action) -> Result<()> {
    team[0].send(Message::Text(text.clone())).await?;
    let hearing = if action == Action::Tell { &mut team[1..] } else { &mut team[..1] };
    for client in hearing {
        let heard = hear(client).await?;
        if heard != *text {
            return Err(format!("not what was sent: {heard}").into());
        }
    }
    Ok(())
}
