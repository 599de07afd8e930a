//! Names: those that the system looks up, and those on the link.

use std::{
    io,
    net::UdpSocket,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use smol::block_on;
use wit_core::host::HttpError;

use super::{
    super::{dns, resolver::Resolver, url::Host},
    client, get, ip, ok, text,
};

/// A record of an address, whose owner is at offset 12, as that of the question.
fn record(ty: u16, data: &[u8]) -> Vec<u8> {
    let class = 0x8001_u16;
    let mut record = vec![0xc0, 12];
    for number in [ty, class, 0, 120, u16::try_from(data.len()).unwrap()] {
        record.extend(number.to_be_bytes());
    }
    record.extend(data);
    record
}

/// The answer to a question, with these records.
fn answer(question: &[u8], records: &[Vec<u8>]) -> Vec<u8> {
    let mut answer = question.to_vec();
    (answer[2], answer[3]) = (0x84, 0);
    answer[7] = u8::try_from(records.len()).unwrap();
    answer.extend(records.concat());
    answer
}

/// Something on the link that answers questions as `reply` says, as long as the test runs.
fn responder(reply: fn(&[u8]) -> Vec<Vec<u8>>) -> std::net::SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut packet = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            for reply in reply(&packet[..length]) {
                socket.send_to(&reply, from).unwrap();
            }
        }
    });
    address
}

/// The addresses of a name.
fn find(resolver: &Resolver, name: &str) -> Result<Vec<String>, HttpError> {
    let found = block_on(resolver.addresses(&Host::Name(name.into())));
    let shown = |found: Vec<std::net::IpAddr>| found.iter().map(ToString::to_string).collect();
    found.map(shown).map_err(|failure| failure.0)
}

/// A resolver for which the system knows no name.
fn unknowing(everybody: std::net::SocketAddr) -> Resolver {
    let lookup = |_: &str| Err(io::Error::other("nobody knows"));
    Resolver { everybody, lookup, ..Resolver::default() }
}

#[test]
fn a_name_on_the_link_is_found_by_asking_everybody() {
    let everybody = responder(|question| {
        // One answers for another name, and one to another question. The second question is for
        // IPv6, whose link-local addresses lead nowhere.
        let mut other = question.to_vec();
        other[0] ^= 1;
        let v6 = question.windows(4).any(|bytes| bytes == [0, 28, 0, 1]);
        let address = if v6 {
            record(28, &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        } else {
            record(1, &[127, 0, 0, 1])
        };
        vec![
            answer(&other, &[record(1, &[6, 6, 6, 6])]),
            b"nonsense".to_vec(),
            answer(question, &[record(16, b"text"), address]),
        ]
    });
    let resolver = unknowing(everybody);
    assert_eq!(find(&resolver, "sensor.local").unwrap(), ["127.0.0.1"]);
    let server = super::Server::saying(&[&ok("sensor")]);
    let url = format!("http://Sensor.LOCAL.:{}/", server.address.port());
    let mut client = client(&[&url]);
    client.resolver = resolver;
    let outcome = get(&client, &url);
    assert!(matches!(&outcome, Err(HttpError::Denied(why)) if why.contains("private = true")));
    client.grants[0].private = true;
    assert_eq!(text(&get(&client, &url)), "sensor");
}

#[test]
fn a_name_that_nobody_on_the_link_has_is_asked_of_the_system() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut resolver = unknowing(silent.local_addr().unwrap());
    let failure = find(&resolver, "nobody.local").unwrap_err();
    assert_eq!(failure, HttpError::Unresolved("nobody.local: nobody knows".into()));
    // It was asked for each kind of address, several times, because datagrams get lost.
    silent.set_nonblocking(true).unwrap();
    let questions: Vec<_> = std::iter::from_fn(|| silent.recv_from(&mut [0; 512]).ok()).collect();
    assert_eq!(questions.len(), 6);
    resolver.lookup = |_| Ok(vec![ip("10.0.0.7"), ip("::ffff:10.0.0.7")]);
    assert_eq!(find(&resolver, "nobody.local").unwrap(), ["10.0.0.7"]);
    assert_eq!(find(&resolver, "other.example").unwrap(), ["10.0.0.7"]);
    resolver.lookup = |_| Ok(Vec::new());
    let failure = find(&resolver, "empty.example").unwrap_err();
    assert_eq!(failure, HttpError::Unresolved("empty.example: it has no address".into()));
}

#[test]
fn one_actor_looks_up_two_names_at_a_time_and_an_abandoned_lookup_keeps_its_place() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let lookup = |_: &str| {
        let running = RUNNING.fetch_add(1, Relaxed) + 1;
        MOST.fetch_max(running, Relaxed);
        thread::sleep(std::time::Duration::from_millis(5));
        RUNNING.fetch_sub(1, Relaxed);
        Ok(vec![ip("9.9.9.9")])
    };
    let resolver = Resolver { lookup, ..Resolver::default() };
    let host = Host::Name("a.example".into());
    for _ in 0..5 {
        let mut given_up = Box::pin(resolver.addresses(&host));
        block_on(smol::future::poll_once(&mut given_up));
    }
    let executor = smol::LocalExecutor::new();
    let all: Vec<_> = (0..20).map(|_| executor.spawn(resolver.addresses(&host))).collect();
    for found in all {
        assert!(block_on(executor.run(found)).is_ok());
    }
    assert!(MOST.load(Relaxed) <= 2);
}

#[test]
fn answers_are_read_with_their_pointers_and_nothing_hostile_is_endless() {
    let question = dns::question(7, "a.local", dns::A);
    assert_eq!(
        question,
        [&[0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1][..], b"a\x05local\0", &[0, 1, 0, 1]].concat()
    );
    let good = answer(&question, &[record(1, &[1, 2, 3, 4]), record(28, &[0; 16])]);
    let found = dns::addresses(&good, 7, "A.Local").unwrap();
    assert_eq!(found, [ip("1.2.3.4"), ip("::")]);
    assert_eq!(dns::addresses(&good, 7, "b.local"), Some(vec![]));
    assert_eq!(dns::addresses(&good, 8, "a.local"), None);
    assert_eq!(dns::addresses(&question, 7, "a.local"), None);
    // Every cut and every changed byte has some outcome.
    for cut in 0..good.len() {
        assert_eq!(dns::addresses(&good[..cut], 7, "a.local"), None, "{cut}");
    }
    for at in 0..good.len() {
        for byte in 0..=255 {
            let mut changed = good.clone();
            changed[at] = byte;
            let _ = dns::addresses(&changed, 7, "a.local");
        }
    }
    // A name that leads to itself, and one that leads to another that leads back.
    let mut circle = answer(&question, &[record(1, &[1, 2, 3, 4])]);
    let at = u8::try_from(question.len()).unwrap();
    circle[question.len() + 1] = at;
    assert_eq!(dns::addresses(&circle, 7, "a.local"), None);
}
