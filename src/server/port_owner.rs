//! Who listens on an address already, as far as the system tells.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
};

/// The kernel's tables of TCP sockets.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// The state of a socket that listens, in these tables.
const LISTEN: &str = "0A";

/// A socket that listens.
#[derive(Debug, PartialEq, Eq)]
struct Socket<'t> {
    /// The user whose program has it, by number.
    user: &'t str,
    /// Its number in the kernel. `/proc/PID/fd` has it too.
    inode: &'t str,
}

/// Names the program that listens on an address: by its name and number or, if it belongs to somebody
/// else, by its user's number. `None` if the system does not tell.
pub(super) fn owner(address: SocketAddr) -> Option<String> {
    let table = TABLES.map(|table| fs::read_to_string(table).unwrap_or_default());
    let Socket { user, inode } = table.iter().find_map(|table| find(table, address))?;
    let Some(process) = process(inode) else {
        return Some(["a program of the user with the number ", user].concat());
    };
    if process == std::process::id() {
        return Some("another listener of this command".into());
    }
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    Some(format!("`{}`, process {process},", name.trim_end()))
}

/// Finds the socket that listens on an address in one of the tables.
fn find(table: &str, address: SocketAddr) -> Option<Socket<'_>> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace();
        let (ip, port) = columns.nth(1)?.split_once(':')?;
        let state = columns.nth(1)?;
        let user = columns.nth(3)?;
        let inode = columns.nth(1)?;
        let is_it = state == LISTEN
            && u16::from_str_radix(port, 16).ok()? == address.port()
            && overlaps(ip, address.ip());
        is_it.then_some(Socket { user, inode })
    })
}

/// Whether an address of a table and this one can't both be bound. An IPv6 address is not compared:
/// almost all listeners that have one are for every network.
fn overlaps(listed: &str, ip: IpAddr) -> bool {
    match u32::from_str_radix(listed, 16) {
        Ok(number) => {
            let listed = Ipv4Addr::from(number.to_ne_bytes());
            listed.is_unspecified() || ip.is_unspecified() || listed == ip
        }
        Err(_) => true,
    }
}

/// The number of the process that has this socket open. Others' processes can't be looked into.
fn process(inode: &str) -> Option<u32> {
    let link = ["socket:[", inode, "]"].concat();
    let has_it = |process: &Path| {
        let open = fs::read_dir(process.join("fd")).ok()?;
        let is_it = |open: fs::DirEntry| {
            fs::read_link(open.path()).is_ok_and(|target| target.as_os_str() == &*link)
        };
        open.flatten().any(is_it).then_some(())
    };
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        has_it(&entry.path()).map(|()| number)
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_kernels_table_has_listeners_by_address() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n\
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  33 0 71 1 0\n\
            1: 0200007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000   0 0 72 1 0\n\
            2: 00000000:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000   0 0 73 1 0\n";
        let inode = |address: &str| find(table, address.parse().unwrap()).map(|it| it.inode);
        assert_eq!(find(table, "127.0.0.1:8080".parse().unwrap()).unwrap().user, "33");
        for (address, expected) in [
            ("127.0.0.1:8080", Some("71")),
            ("0.0.0.0:8080", Some("71")),
            ("127.0.0.2:8080", None),
            ("127.0.0.2:8081", None),
            ("192.0.2.1:8082", Some("73")),
            ("127.0.0.1:80", None),
        ] {
            assert_eq!(inode(address), expected, "{address}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_listener_of_this_process_is_known_as_such() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(owner(address).as_deref(), Some("another listener of this command"));
    }
}
