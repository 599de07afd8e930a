//! Questions for an address, and their answers, in the form of DNS (RFC 1035, section 4).

use std::net::IpAddr;

/// The type of an IPv4 address.
pub(super) const A: u16 = 1;
/// The type of an IPv6 address.
pub(super) const AAAA: u16 = 28;
/// The class of the internet. In multicast DNS the highest bit has another meaning.
const IN: u16 = 1;
/// Where the first question begins.
const HEADER: usize = 12;
/// The most pointers in one name.
const MAX_POINTERS: usize = 16;

/// A question for addresses of a name. Parts of the name have at most 63 bytes.
pub(super) fn question(id: u16, name: &str, ty: u16) -> Vec<u8> {
    let mut packet = Vec::with_capacity(HEADER + name.len() + 6);
    for number in [id, 0, 1, 0, 0, 0] {
        packet.extend(number.to_be_bytes());
    }
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
        packet.extend(label.as_bytes());
    }
    packet.push(0);
    packet.extend(ty.to_be_bytes());
    packet.extend(IN.to_be_bytes());
    packet
}

/// The addresses of a name in an answer to the question `id`. `None` if it is no such answer.
pub fn addresses(packet: &[u8], id: u16, name: &str) -> Option<Vec<IpAddr>> {
    let mut reader = Reader { packet, at: 0 };
    let (found, flags) = (reader.number()?, reader.number()?);
    // An answer to a usual question, without an error.
    if found != id || flags & 0xf80f != 0x8000 {
        return None;
    }
    let questions = reader.number()?;
    let records = u32::from(reader.number()?);
    let records = records + u32::from(reader.number()?) + u32::from(reader.number()?);
    for _ in 0..questions {
        reader.name()?;
        reader.take(4)?;
    }
    let mut addresses = Vec::new();
    for _ in 0..records {
        let owner = reader.name()?;
        let (ty, class) = (reader.number()?, reader.number()?);
        reader.take(4)?;
        let length = reader.number()?;
        let data = reader.take(length.into())?;
        if !owner.eq_ignore_ascii_case(name) || class & 0x7fff != IN {
            continue;
        }
        let address = match ty {
            A => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
            AAAA => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
            _ => None,
        };
        addresses.extend(address);
    }
    Some(addresses)
}

/// Reads a packet.
struct Reader<'p> {
    packet: &'p [u8],
    /// The place of the next byte.
    at: usize,
}

impl<'p> Reader<'p> {
    /// The next bytes.
    fn take(&mut self, bytes: usize) -> Option<&'p [u8]> {
        let end = self.at.checked_add(bytes)?;
        let taken = self.packet.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// The next number of 16 bits.
    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// The next name. It may go on at an earlier place.
    fn name(&mut self) -> Option<String> {
        let (mut name, mut after) = (String::new(), None);
        for _ in 0..=MAX_POINTERS {
            loop {
                let &[length] = self.take(1)? else { return None };
                match length {
                    0 => {
                        self.at = after.unwrap_or(self.at);
                        return Some(name);
                    }
                    1..=63 => {
                        let label = std::str::from_utf8(self.take(length.into())?).ok()?;
                        let dot = if name.is_empty() { "" } else { "." };
                        name.push_str(dot);
                        name.push_str(label);
                        if name.len() > 255 {
                            return None;
                        }
                    }
                    192.. => {
                        let &[low] = self.take(1)? else { return None };
                        let to = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                        after = after.or(Some(self.at));
                        self.at = to;
                        break;
                    }
                    _ => return None,
                }
            }
        }
        None
    }
}
