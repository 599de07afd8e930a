//! Clients that send at a steady rate, and how long the answers took.

use std::time::{Duration, Instant};

use async_tungstenite::tungstenite::Utf8Bytes;
use smol::{LocalExecutor, Timer, future::or};

use super::{
    Result,
    client::{Client, ask, connect_all, leave},
    spread::percentile,
};

/// Well-behaved clients: each has one message in flight.
pub(crate) struct Clients {
    /// Their connections.
    open: Vec<Client>,
    /// What each of them sends.
    text: Utf8Bytes,
    /// How long after one message a client sends the next; zero: as soon as it has its answer.
    period: Duration,
    /// Whether the answers must be what was sent.
    echoed: bool,
}

/// How long the answers of one round took, in microseconds.
pub(crate) struct Times {
    /// What half of them are not above.
    pub(crate) p50: f64,
    /// What 99 of 100 are not above.
    pub(crate) p99: f64,
    /// The longest.
    pub(crate) longest: f64,
    /// How many clients had no answer when there was no more time. Their last times are those for
    /// which they had waited by then.
    pub(crate) unanswered: usize,
}

impl Clients {
    /// Opens `count` connections, over each of which a text of `size` bytes is to be sent
    /// every `period`.
    pub(crate) async fn connect(
        url: &str,
        count: usize,
        size: usize,
        period: Duration,
    ) -> Result<Self> {
        let open = connect_all(url, count).await?;
        Ok(Self { open, text: "x".repeat(size).into(), period, echoed: true })
    }

    /// Of connections that are open, over each of which `text` is to be sent every `period`, to
    /// be answered by any text.
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

    /// Has `each` messages answered over each connection.
    ///
    /// A time begins when the message was due. If the answer before it was late, that is
    /// earlier than it is sent, so that what a client misses while it waits is counted. If it
    /// is this program that is late, it begins when the message is sent.
    pub(crate) async fn exchange(
        &mut self,
        executor: &LocalExecutor<'_>,
        each: u32,
    ) -> Result<Times> {
        self.exchange_until(executor, each, None).await
    }

    /// The same, but who has no answer at the `end` leaves.
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
            // Spread over a period, so that they do not meet in a queue of their own making.
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
