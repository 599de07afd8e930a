//! Prints the rounds.

use std::time::Duration;

use super::common::spread::Spread;

/// The result of one round.
pub(crate) struct Sample {
    /// Messages per second.
    rate: f64,
    /// The server's CPU time for each message, in microseconds.
    cpu: f64,
}

impl Sample {
    /// A round with `messages` messages that took `time`, and `cpu` of the server's CPU time.
    pub(crate) fn new(messages: u32, time: Duration, cpu: Duration) -> Self {
        let messages = f64::from(messages);
        Self { rate: messages / time.as_secs_f64(), cpu: cpu.as_secs_f64() * 1e6 / messages }
    }
}

/// Prints a line for each server, what the others cost in terms of the plain one, and a
/// sentence for docs/performance.md.
pub(crate) fn print(connections: usize, size: usize, samples: &[Vec<Sample>]) {
    let names = ["Footlight, examples/echo", "Footlight, actor in Rust", "async-tungstenite"];
    println!("{:26}{:>12}{:>16}", "server", "messages/s", "CPU µs/message");
    for (name, samples) in names.into_iter().zip(samples) {
        let rate = Spread::of(samples.iter().map(|sample| sample.rate)).median;
        let cpu = Spread::of(samples.iter().map(|sample| sample.cpu)).median;
        println!("{name:26}{rate:>12.0}{cpu:>16.2}");
    }
    let [footlight, native, plain] = samples else { return };
    println!("{:26}{:>20}{:>22}", "ratio, of paired rounds", "messages/s", "CPU/message");
    for (label, samples) in [("Footlight / plain", footlight), ("in Rust / plain", native)] {
        let (rate, cpu) = (ratio(samples, plain, |s| s.rate), ratio(samples, plain, |s| s.cpu));
        println!("{label:26}{:>20}{:>22}", rate.text(), cpu.text());
    }
    let rate = Spread::of(footlight.iter().map(|sample| sample.rate)).median;
    let cpu = Spread::of(footlight.iter().map(|sample| sample.cpu)).median;
    println!(
        "For docs/performance.md: {connections} clients echoing {size} bytes: {rate:.0} messages/s and {cpu:.1} \
         µs of CPU a message, {:.2} times what async-tungstenite alone takes.",
        ratio(footlight, plain, |s| s.cpu).median
    );
}

/// The ratios of the rounds of two servers.
fn ratio(above: &[Sample], below: &[Sample], of: impl Fn(&Sample) -> f64) -> Spread {
    let all = |samples: &[Sample]| samples.iter().map(&of).collect::<Vec<_>>();
    Spread::ratio(&all(above), &all(below))
}
