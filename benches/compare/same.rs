//! Checks that all contestants give the same answers. Otherwise there is nothing to compare.

use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt as _;
use smol::block_on;

use super::{
    common::{
        Result,
        client::{Client, ask, connect, hear, leave},
        server::Server,
    },
    servers::Contestant,
    workload::Workload,
};

/// Sends the same messages to every contestant, and compares the answers with those of the first
/// one.
pub(crate) fn check(contestants: &[Contestant]) -> Result<()> {
    for workload in Workload::ALL {
        let mut first = None;
        for contestant in contestants.iter().filter(|contestant| contestant.has(workload)) {
            let server = contestant.start(workload, 1)?;
            let answers = block_on(answers(&server, workload))?;
            let expected = first.get_or_insert_with(|| answers.clone());
            if *expected != answers {
                let (name, title) = (workload.name(), contestant.title());
                return Err(format!("{name}: {title} answers {answers:?}, not {expected:?}").into());
            }
        }
    }
    println!("all of them answer the same");
    Ok(())
}

/// The answers of a contestant.
async fn answers(server: &Server, workload: Workload) -> Result<Vec<Message>> {
    let url = server.url("room0");
    let mut answers = Vec::new();
    let mut client = enter(url, workload, &mut answers).await?;
    let texts = match workload {
        Workload::Echo => vec!["", "hello", "žluťoučký 🐎"],
        // Characters that JSON has to escape, and others.
        Workload::Chat | Workload::Lines => vec!["hello", "", "\"\\ / \u{1} \n \u{7f} \u{2028} 🐎"],
        Workload::Readings | Workload::Records => {
            vec!["21500", "-3", "no reading, so no answer", "7"]
        }
    };
    for text in texts {
        if text.starts_with("no ") {
            client.send(Message::text(text)).await?;
        } else {
            answers.push(Message::Text(ask(&mut client, &text.into()).await?));
        }
    }
    if workload == Workload::Echo {
        client.send(Message::binary(vec![0, 255])).await?;
        answers.push(client.next().await.ok_or("no answer")??);
    }
    // The second client finds what the first one left.
    let mut other = enter(url, workload, &mut answers).await?;
    let text = workload.text();
    answers.push(Message::Text(ask(&mut other, &text).await?));
    leave(client).await?;
    leave(other).await?;
    Ok(answers)
}

/// Connects, and adds the greeting to the answers, if there is one.
async fn enter(url: &str, workload: Workload, answers: &mut Vec<Message>) -> Result<Client> {
    let mut client = connect(url).await?;
    if workload.greets() {
        answers.push(Message::Text(hear(&mut client).await?));
    }
    Ok(client)
}
