//! The header of the PROXY protocol, versions 1 and 2, by which a proxy tells who its client is
//! (<https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt>).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use smol::io::AsyncReadExt as _;

use super::socket::Socket;

/// How version 2 begins.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The shortest header, of version 1: `PROXY UNKNOWN` and a line end.
const SHORTEST: usize = 15;
/// The fixed part of version 2.
const FIXED: usize = 16;
/// The longest header of version 1, in bytes.
const LONGEST_LINE: usize = 107;
/// The longest header of version 2 that is taken, in bytes. Addresses take 36, and the rest is for
/// fields that nothing here needs.
const LONGEST: usize = 1024;

/// Reads the header, and nothing after it. Returns the client, or `None` if the proxy speaks for
/// itself or for something that is no TCP client. `progress` gets the numbers of bytes.
///
/// # Errors
/// The connection failed or ended. [`io::ErrorKind::InvalidData`]: there is no valid header.
pub(crate) async fn read(
    socket: &mut Socket,
    progress: impl Fn(usize),
) -> io::Result<Option<SocketAddr>> {
    let mut header = vec![0; SHORTEST];
    socket.read_exact(&mut header).await?;
    progress(header.len());
    loop {
        match parse(&header) {
            Parsed::Client(client) => return Ok(client),
            Parsed::More(bytes) => {
                let len = header.len();
                header.resize(len + bytes, 0);
                socket.read_exact(header.get_mut(len..).unwrap_or_default()).await?;
                progress(bytes);
            }
            Parsed::Invalid => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// What the bytes are that have been read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole header. The client, if it names one.
    Client(Option<SocketAddr>),
    /// A beginning. This many bytes must be read next; more may follow.
    More(usize),
    /// No header.
    Invalid,
}

/// Parses a header, or its beginning of at least 15 bytes.
pub fn parse(bytes: &[u8]) -> Parsed {
    let client = match bytes.strip_prefix(SIGNATURE) {
        Some(rest) => binary(rest),
        None if bytes.starts_with(b"PROXY ") => line(bytes),
        None => None,
    };
    client.unwrap_or(Parsed::Invalid)
}

/// Version 1: a line of text.
fn line(bytes: &[u8]) -> Option<Parsed> {
    let Some(line) = bytes.strip_suffix(b"\r\n") else {
        let is_open = bytes.len() < LONGEST_LINE && !bytes.contains(&b'\n');
        return is_open.then_some(Parsed::More(1));
    };
    let mut words = str::from_utf8(line).ok()?.split(' ').skip(1);
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(Parsed::Client(None));
    }
    let [source, target, port, target_port] =
        [words.next()?, words.next()?, words.next()?, words.next()?];
    let address = |text: &str| match family {
        "TCP4" => text.parse().ok().map(IpAddr::V4),
        "TCP6" => text.parse().ok().map(IpAddr::V6),
        _ => None,
    };
    let number = |text: &str| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_plain)
    };
    let (client, _) = (address(source)?, address(target)?);
    let (port, _) = (number(port)?, number(target_port)?);
    words.next().is_none().then_some(Parsed::Client(Some(SocketAddr::new(client, port))))
}

/// Version 2: what follows the signature.
fn binary(bytes: &[u8]) -> Option<Parsed> {
    let Some((&[command, family, high, low], rest)) = bytes.split_first_chunk() else {
        return Some(Parsed::More(FIXED - SIGNATURE.len() - bytes.len()));
    };
    let len = usize::from(u16::from_be_bytes([high, low]));
    if FIXED + len > LONGEST || rest.len() > len {
        return None;
    }
    if rest.len() < len {
        return Some(Parsed::More(len - rest.len()));
    }
    let client = match (command, family) {
        // The proxy itself, such as its health check.
        (0x20, _) => None,
        (0x21, 0x11) => {
            let (source, rest) = rest.split_first_chunk::<4>()?;
            let (_, rest) = rest.split_first_chunk::<4>()?;
            let (port, _) = rest.split_first_chunk::<4>()?;
            let &[high, low, ..] = port;
            Some((Ipv4Addr::from(*source).into(), u16::from_be_bytes([high, low])))
        }
        (0x21, 0x21) => {
            let (source, rest) = rest.split_first_chunk::<16>()?;
            let (_, rest) = rest.split_first_chunk::<16>()?;
            let (port, _) = rest.split_first_chunk::<4>()?;
            let &[high, low, ..] = port;
            Some((Ipv6Addr::from(*source).into(), u16::from_be_bytes([high, low])))
        }
        // A client that does not speak TCP, or that the proxy does not know.
        (0x21, 0x00 | 0x12 | 0x22 | 0x31 | 0x32) => None,
        _ => return None,
    };
    Some(Parsed::Client(
        client.map(|(address, port): (IpAddr, u16)| SocketAddr::new(address, port)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of version 2.
    fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[command, family][..], &len, body].concat()
    }

    /// Reads as `read` does.
    fn outcome(bytes: &[u8]) -> String {
        let mut len = SHORTEST;
        loop {
            match bytes.get(..len).map(parse) {
                None => return "incomplete".into(),
                Some(Parsed::More(more)) => len += more,
                Some(Parsed::Invalid) => return "invalid".into(),
                Some(Parsed::Client(client)) => {
                    assert_eq!(len, bytes.len(), "it took too few bytes");
                    return client.map_or("none".into(), |client| client.to_string());
                }
            }
        }
    }

    #[test]
    fn a_line_of_version_1_names_the_client() {
        let longest = "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535";
        let longest = format!("{longest}{}\r\n", "x".repeat(LONGEST_LINE - longest.len() - 2));
        for (line, expected) in [
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"),
            ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324"),
            ("PROXY TCP6 2001:db8::1 ::1 56324 443\r\n", "[2001:db8::1]:56324"),
            ("PROXY UNKNOWN\r\n", "none"),
            (&longest, "none"),
            ("PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n", "invalid"),
            ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 x\r\n", "invalid"),
            ("PROXY TCP4  192.168.0.1 192.168.0.11 56324 443\r\n", "invalid"),
            ("PROXY TCP4 ::1 ::1 56324 443\r\n", "invalid"),
            ("PROXY TCP6 192.168.0.1 192.168.0.11 56324 443\r\n", "invalid"),
            ("PROXY TCP4 192.168.0.1 192.168.0.11 65536 443\r\n", "invalid"),
            ("PROXY TCP4 192.168.0.1 192.168.0.11 +1 443\r\n", "invalid"),
            ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\n", "invalid"),
            ("PROXY UDP4 192.168.0.1 192.168.0.11 56324 443\r\n", "invalid"),
            ("proxy UNKNOWN\r\n", "invalid"),
            ("GET / HTTP/1.1\r\n", "invalid"),
            ("PROXY TCP4 192.168.0.1", "incomplete"),
        ] {
            assert_eq!(outcome(line.as_bytes()), expected, "{line}");
        }
        let too_long = longest.replace("\r\n", "xx");
        assert_eq!(outcome(too_long.as_bytes()), "invalid");
    }

    #[test]
    fn a_header_of_version_2_names_the_client() {
        let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 0x04, 0x01, 0xbb];
        let mut v6 = [0; 36];
        (v6[15], v6[32], v6[33]) = (1, 0, 80);
        let tail = |body: &[u8], more: usize| [body, &vec![7; more]].concat();
        for (header, expected) in [
            (version_2(0x21, 0x11, &v4), "192.0.2.1:56324"),
            (version_2(0x21, 0x21, &v6), "[::1]:80"),
            (version_2(0x21, 0x11, &tail(&v4, 100)), "192.0.2.1:56324"),
            (version_2(0x21, 0x11, &tail(&v4, LONGEST - FIXED - 12)), "192.0.2.1:56324"),
            (version_2(0x21, 0x11, &tail(&v4, LONGEST - FIXED - 11)), "invalid"),
            (version_2(0x20, 0x00, &[]), "none"),
            (version_2(0x20, 0x11, &v4), "none"),
            (version_2(0x21, 0x00, &[]), "none"),
            (version_2(0x21, 0x31, &[0; 216]), "none"),
            (version_2(0x21, 0x12, &v4), "none"),
            (version_2(0x21, 0x11, &v4[..11]), "invalid"),
            (version_2(0x21, 0x21, &v6[..35]), "invalid"),
            (version_2(0x22, 0x11, &v4), "invalid"),
            (version_2(0x11, 0x11, &v4), "invalid"),
            (version_2(0x21, 0x13, &v4), "invalid"),
        ] {
            assert_eq!(outcome(&header), expected, "{header:?}");
        }
        let header = version_2(0x21, 0x11, &v4);
        for len in SHORTEST..header.len() {
            assert_eq!(outcome(&header[..len]), "incomplete", "{len}");
        }
    }
}
