//! Clients that send at a steady rate, and the times until their answers.

use std::time::{Duration, Instant};

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::{LocalExecutor, Timer, future::or};

use super::{
    Result,
    client::{Client, ask, connect_all, leave},
    spread::percentile,
};

/// Well-behaved clients. Each has one message in flight.
pub(crate) struct Clients {
    /// Their connections.
    open: Vec<Client>,
    /// The text that each of them sends.
    text: Utf8Bytes,
    /// The time from one message of a client to the next. Zero means that it sends as soon as it
    /// has its answer.
    period: Duration,
    /// Whether the answers must equal the messages.
    echoed: bool,
}

/// The times until the answers of one round, in microseconds.
pub(crate) struct Times {
    /// The median.
    pub(crate) p50: f64,
    /// The 99th percentile.
    pub(crate) p99: f64,
    /// The longest.
    pub(crate) longest: f64,
    /// The number of clients without an answer at the end of the round. Their last time is how long
    /// they had waited by then.
    pub(crate) unanswered: usize,
}

impl Clients {
    /// Opens `count` connections. Each sends a text of `size` bytes every `period`.
    pub(crate) async fn connect(
        url: &str,
        count: usize,
        size: usize,
        period: Duration,
    ) -> Result<Self> {
        let open = connect_all(url, count).await?;
        Ok(Self { open, text: "x".repeat(size).into(), period, echoed: true })
    }

    /// Uses open connections. Each sends `text` every `period`, and any text is a valid answer.
    pub(crate) fn asking(open: Vec<Client>, text: Utf8Bytes, period: Duration) -> Self {
        Self { open, text, period, echoed: false }
    }

    /// Closes the connections.
    pub(crate) async fn leave(self) -> Result<()> {
        for client in self.open {
            leave(client).await?;
        }
        Ok(())
    }

    /// Sends `each` messages over each connection and waits for the answers.
    ///
    /// The time of a message begins when it is due. After a late answer that is before it is sent,
    /// so the time that a client loses by waiting counts too. If this program itself is late, the
    /// time begins when the message is sent.
    pub(crate) async fn exchange(
        &mut self,
        executor: &LocalExecutor<'_>,
        each: u32,
    ) -> Result<Times> {
        self.exchange_until(executor, each, None).await
    }

    /// Does the same, but a client without an answer at `end` leaves.
    pub(crate) async fn exchange_until(
        &mut self,
        executor: &LocalExecutor<'_>,
        each: u32,
        end: Option<Instant>,
    ) -> Result<Times> {
        let count = self.open.len();
        let begin = Instant::now() + Duration::from_millis(5);
        let mut tasks = Vec::new();
        for (index, mut client) in self.open.drain(..).enumerate() {
            let (text, period, echoed) = (self.text.clone(), self.period, self.echoed);
            // Spread the clients over a period, so that they do not queue behind each other.
            let first = begin + period.mul_f64(index as f64 / count as f64);
            tasks.push(executor.spawn(async move {
                let mut times = Vec::new();
                for number in 0..each {
                    let due = first + period * number;
                    let mut start = Instant::now();
                    if start < due {
                        Timer::at(due).await;
                        start = Instant::now();
                    } else if !period.is_zero() {
                        start = due;
                    }
                    let answer = async { ask(&mut client, &text).await.map(Some) };
                    let answer = or(answer, async {
                        end.map_or_else(Timer::never, Timer::at).await;
                        Ok(None)
                    });
                    let answer = answer.await.map_err(|error| error.to_string())?;
                    times.push(start.elapsed().as_secs_f64() * 1e6);
                    match answer {
                        None => return Ok((None, times)),
                        Some(answer) if echoed && answer != text => {
                            return Err(format!("not an echo: {answer}"));
                        }
                        Some(_) => {}
                    }
                }
                Ok::<_, String>((Some(client), times))
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            let (client, times) = task.await?;
            self.open.extend(client);
            all.extend(times);
        }
        all.sort_by(f64::total_cmp);
        Ok(Times {
            p50: percentile(&all, 50),
            p99: percentile(&all, 99),
            longest: percentile(&all, 100),
            unanswered: count - self.open.len(),
        })
    }
}
