//! The cost of a message's way from a broker through an actor and back, compared with the broker alone.
//!
//! A client publishes with QoS 1 and waits for its messages. Directly, the broker sends them back to it.
//! Through the actor, the broker sends them to the host, whose actor publishes each to another topic, and
//! the broker sends that to the client. So a message passes the broker twice, and the host once. The
//! client and the broker (mosquitto) are the same. Rounds alternate between the two ways and are compared in
//! pairs, so that other programs on the machine affect both alike.
//!
//! ```text
//! cargo bench --bench mqtt
//! cargo bench --bench mqtt -- --size 64 --rounds 15 --messages 20000 --flight 16
//! cargo bench --bench mqtt -- --quick
//! ```
//!
//! Without mosquitto it says so and measures nothing, or fails if `FOOTLIGHT_REQUIRE_BROKERS` is set.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "common/mod.rs"]
mod common;

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    ops::Range,
    path::Path,
    process::{self, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use footlight_mqtt::{Event, Publication, Qos, Session, Settings, Subscription};

use common::{
    Result,
    arguments::Arguments,
    process::cpu,
    server::{BUILT, Server},
    spread::Spread,
};

/// How long the broker or the host may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// The topic from which the broker sends messages straight back.
const DIRECT: &str = "room/direct";
/// The topic to which the actor subscribes, and the one to which it publishes.
const TO_ACTOR: &str = "room/in";
const FROM_ACTOR: &str = "room/echo";
/// What the actor publishes is what follows this.
const ECHO: &str = "echo ";

fn main() -> ExitCode {
    common::main(&["size", "rounds", "messages", "flight"], measure)
}

/// Runs all rounds and prints what they came to.
fn measure(arguments: &Arguments) -> Result<()> {
    let size: usize = arguments.number("size", 64, 64)?;
    let rounds: usize = arguments.count("rounds", 15, 2)?;
    let messages: u32 = arguments.count("messages", 20_000, 500)?;
    let flight: u32 = arguments.count("flight", 16, 16)?;
    let Some(broker) = Broker::start()? else { return Ok(()) };
    let mut client = Client::connect(broker.address)?;
    // The broker keeps it until the actor is there.
    client.publish_retained(TO_ACTOR, ECHO)?;
    let server = host(broker.address)?;
    client.wait_for_message()?;
    let text = "x".repeat(size);
    let (direct, through) = ((DIRECT, text.clone()), (TO_ACTOR, format!("{ECHO}{text}")));
    println!("{size} bytes, QoS 1, {rounds} rounds of {messages} messages");
    for (flight, messages) in [(1, messages.div_ceil(10)), (flight, messages)] {
        let mut samples = [Vec::new(), Vec::new()];
        // The first round fills caches and is not counted.
        for round in 0..=rounds {
            for ((topic, payload), samples) in [&direct, &through].into_iter().zip(&mut samples) {
                let before = (cpu(broker.process.id())?, server.watch().cpu()?);
                let time = client.exchange(topic, payload, messages, flight)?;
                let after = (cpu(broker.process.id())?, server.watch().cpu()?);
                if round > 0 {
                    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(messages);
                    let (broker, host) = (after.0 - before.0, after.1 - before.1);
                    samples.push([each(time), each(broker), each(host)]);
                }
            }
        }
        print(flight, &samples);
    }
    Ok(())
}

/// Prints the microseconds of a message on both ways, and what the actor costs in terms of the direct one.
fn print(flight: u32, [direct, through]: &[Vec<[f64; 3]>; 2]) {
    println!("\n{flight} in flight");
    println!("{:24}{:>14}{:>16}{:>16}", "way", "µs/message", "broker's CPU", "host's CPU");
    for (name, samples) in [("client, broker", direct), ("client, broker, actor", through)] {
        let median = |part: usize| Spread::of(samples.iter().map(|sample| sample[part])).median;
        println!("{name:24}{:>14.1}{:>16.1}{:>16.1}", median(0), median(1), median(2));
    }
    let part = |samples: &[[f64; 3]], part: usize| -> Vec<_> {
        samples.iter().map(|sample| sample[part]).collect()
    };
    let ratio = |of: usize| Spread::ratio(&part(through, of), &part(direct, of)).text();
    println!("{:24}{:>14}{:>16}", "ratio, of paired rounds", ratio(0), ratio(1));
}

/// A host whose actor publishes to [`FROM_ACTOR`] what it gets from [`TO_ACTOR`].
fn host(broker: SocketAddr) -> Result<Server> {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/broker.wasm");
    let folder = tempfile::tempdir()?;
    let manifest = folder.path().join("manifest.toml");
    let text = format!(
        "name = \"broker\"\ncomponent_path = {module:?}\n\
         [[handlers]]\ntype = \"websocket-server\"\nconfig = {{ port = 0 }}\n\
         [[handlers]]\ntype = \"mqtt\"\n[handlers.config]\nbroker = \"mqtt://{broker}\"\n\
         subscribe = [{{ topic = \"{TO_ACTOR}\", qos = 1 }}]\npublish = [\"{FROM_ACTOR}\"]\n\
         [logging]\nlevel = \"off\"\n"
    );
    fs::write(&manifest, text)?;
    let mut command = Command::new(BUILT);
    command.args(["run", "--quiet", "--threads", "1"]).arg(manifest);
    Server::spawn(command, 1, folder)
}

/// A mosquitto that ends when this is dropped.
struct Broker {
    process: process::Child,
    address: SocketAddr,
}

impl Broker {
    /// Starts it, and waits until it listens. `None` if it is not installed and need not be.
    fn start() -> Result<Option<Self>> {
        // The port is free again, and the broker takes it at once.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // Without `set_tcp_nodelay`, mosquitto's packets wait 40 ms for the acknowledgement of those before.
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("config");
        let port = address.port();
        fs::write(
            &config,
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"),
        )?;
        // Debian's is not on every user's path.
        let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let mut command = Command::new("mosquitto");
        command.env("PATH", path).arg("-c").arg(&config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = match command.spawn() {
            Ok(process) => process,
            Err(error) if env::var_os("FOOTLIGHT_REQUIRE_BROKERS").is_some() => {
                return Err(
                    format!("mosquitto: {error}: run scripts/test-clients.sh brokers").into()
                );
            }
            Err(error) => {
                println!(
                    "skipped: mosquitto: {error}; scripts/test-clients.sh brokers installs it"
                );
                return Ok(None);
            }
        };
        let broker = Self { process, address };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if start.elapsed() > PATIENCE {
                return Err("mosquitto does not listen".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Some(broker))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client with a blocking socket. It subscribes to what comes straight back and to what the actor
/// publishes.
struct Client {
    session: Session,
    socket: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer the session has not taken.
    rest: Range<usize>,
    /// The messages that have come.
    received: u32,
    /// The subscriptions that the broker has granted.
    subscribed: usize,
}

impl Client {
    /// Connects, and waits until the broker has granted the subscriptions.
    fn connect(address: SocketAddr) -> Result<Self> {
        let mut settings = Settings::new("client");
        settings.receive_maximum = u16::MAX;
        let filters = [DIRECT, FROM_ACTOR];
        settings.subscriptions = filters
            .map(|filter| Subscription { filter: filter.into(), qos: Qos::AtLeastOnce })
            .into();
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut session = Session::new(settings).map_err(|error| error.to_string())?;
        session.connect(Instant::now());
        let (buffer, received, subscribed) = (vec![0; 1 << 14], 0, 0);
        let mut client = Self { session, socket, buffer, rest: 0..0, received, subscribed };
        while client.subscribed < filters.len() {
            client.turn()?;
        }
        Ok(client)
    }

    /// Publishes a message that the broker keeps.
    fn publish_retained(&mut self, topic: &str, payload: &str) -> Result<()> {
        let publication = Publication { retain: true, ..publication(topic, payload) };
        let taken = self.session.publish(0, &publication, Instant::now());
        taken.map_err(|_| "the session takes nothing".into())
    }

    /// Waits for a message.
    fn wait_for_message(&mut self) -> Result<()> {
        let before = self.received;
        while self.received == before {
            self.turn()?;
        }
        Ok(())
    }

    /// Publishes so many messages and waits until all have come back, with at most `flight` under way.
    /// Returns the time.
    fn exchange(
        &mut self,
        topic: &str,
        payload: &str,
        messages: u32,
        flight: u32,
    ) -> Result<Duration> {
        let publication = publication(topic, payload);
        let (start, mut sent) = (Instant::now(), 0);
        self.received = 0;
        while self.received < messages {
            // The session takes fewer while others have no acknowledgement.
            while sent < messages
                && sent - self.received < flight
                && self.session.publish(0, &publication, Instant::now()).is_ok()
            {
                sent += 1;
            }
            self.turn()?;
        }
        Ok(start.elapsed())
    }

    /// Writes what is to be written, and reads once.
    fn turn(&mut self) -> Result<()> {
        self.write()?;
        if self.rest.is_empty() {
            self.rest = 0..self.socket.read(&mut self.buffer)?;
            if self.rest.is_empty() {
                return Err("the broker has closed the connection".into());
            }
        }
        loop {
            while let Some(event) = self.session.next_event() {
                self.handle(event)?;
            }
            let rest = &self.buffer[self.rest.clone()];
            let taken = self.session.received(rest, Instant::now());
            if taken == 0 {
                // Acknowledgements of the last messages of a round go at once, too.
                return Ok(self.write()?);
            }
            self.rest.start += taken;
        }
    }

    /// Notes what has happened.
    fn handle(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Message(message) => {
                self.received += 1;
                if let Some(ack) = message.ack {
                    self.session.acknowledge(ack, Instant::now());
                }
            }
            Event::Subscribed { outcome: Ok(_), .. } => self.subscribed += 1,
            Event::Up { .. } | Event::Delivered { .. } => {}
            other => return Err(format!("this should not happen: {other:?}").into()),
        }
        Ok(())
    }

    /// Writes what is to be written.
    fn write(&mut self) -> io::Result<()> {
        let output = self.session.output();
        self.socket.write_all(output)?;
        let len = output.len();
        self.session.wrote(len, Instant::now());
        Ok(())
    }
}

/// A message with QoS 1.
fn publication(topic: &str, payload: &str) -> Publication {
    Publication {
        topic: topic.into(),
        payload: payload.to_owned().into(),
        qos: Qos::AtLeastOnce,
        retain: false,
        properties: Default::default(),
    }
}
