//! Where addresses are.

use super::{
    super::address::{Place, place},
    ip,
};

#[test]
fn every_network_that_is_not_the_internet_is_known_by_its_first_and_last_address() {
    use Place::{LinkLocal, Loopback, Never, Private, Public};
    for (first, last, expected) in [
        ("0.0.0.0", "0.255.255.255", Never),
        ("1.0.0.0", "9.255.255.255", Public),
        ("10.0.0.0", "10.255.255.255", Private),
        ("11.0.0.0", "100.63.255.255", Public),
        ("100.64.0.0", "100.127.255.255", Private),
        ("100.128.0.0", "126.255.255.255", Public),
        ("127.0.0.0", "127.255.255.255", Loopback),
        ("128.0.0.0", "169.253.255.255", Public),
        ("169.254.0.0", "169.254.255.255", LinkLocal),
        ("169.255.0.0", "172.15.255.255", Public),
        ("172.16.0.0", "172.31.255.255", Private),
        ("172.32.0.0", "191.255.255.255", Public),
        ("192.0.0.0", "192.0.0.255", Private),
        ("192.0.1.0", "192.0.1.255", Public),
        ("192.168.0.0", "192.168.255.255", Private),
        ("198.18.0.0", "198.19.255.255", Private),
        ("198.20.0.0", "198.51.99.255", Public),
        ("203.0.114.0", "223.255.255.255", Public),
        ("224.0.0.0", "255.255.255.255", Never),
        ("::", "::", Never),
        ("::1", "::1", Loopback),
        ("2000::", "2000:ffff::", Public),
        ("2a00::", "3fff:ffff::ffff", Public),
        ("fc00::", "fdff:ffff::1", Private),
        ("fe80::", "febf:ffff::1", LinkLocal),
        ("fec0::", "feff::1", Private),
        ("ff00::", "ffff:ffff::1", Never),
        ("2001:db8::", "2001:db8:ffff::", Private),
        ("64:ff9b:1::", "64:ff9b:1:ffff::", Private),
        ("4000::", "fbff::", Private),
    ] {
        assert_eq!((place(ip(first)), place(ip(last))), (expected, expected), "{first} {last}");
    }
}

#[test]
fn an_address_in_an_address_counts_as_itself() {
    for (v4, hex, inverted) in [
        ("127.0.0.1", "7f00:1", "80ff:fffe"),
        ("169.254.169.254", "a9fe:a9fe", "5601:5601"),
        ("10.0.0.5", "a00:5", "f5ff:fffa"),
        ("0.0.0.0", "0:0", "ffff:ffff"),
        ("9.9.9.9", "909:909", "f6f6:f6f6"),
        ("255.255.255.255", "ffff:ffff", "0:0"),
    ] {
        let expected = place(ip(v4));
        let forms = [
            format!("::ffff:{hex}"),
            format!("::ffff:0:{hex}"),
            format!("64:ff9b::{hex}"),
            format!("2002:{hex}::1"),
            // Teredo: the server's address is one of the internet, and the client's is inverted.
            format!("2001:0:909:909::{inverted}"),
            format!("2001:0:{hex}::f6f6:f6f6"),
        ];
        for form in forms {
            assert_eq!(place(ip(&form)), expected, "{form}");
        }
    }
    // 0.0.0.1 in the deprecated form would be this machine.
    assert_eq!(place(ip("::127.0.0.1")), Place::Loopback);
    assert_eq!(place(ip("::2")), Place::Never);
    assert_eq!(place(ip("::1:2:7f00:1")), Place::Private);
}
