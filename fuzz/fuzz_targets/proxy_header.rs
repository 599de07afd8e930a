//! Headers of the PROXY protocol. Nothing panics, no more is asked for than a header may have, and what
//! follows a header is never read.
#![no_main]

use footlight::server::proxy_protocol::{Parsed, parse};
use libfuzzer_sys::fuzz_target;

/// The shortest header, and the longest that is taken.
const LENGTHS: [usize; 2] = [15, 1024];

fuzz_target!(|data: &[u8]| {
    let mut len = LENGTHS[0];
    while let Some(read) = data.get(..len) {
        match parse(read) {
            Parsed::More(more) => {
                assert!(more > 0);
                len += more;
                assert!(len <= LENGTHS[1]);
            }
            Parsed::Client(client) => {
                // Beginnings of a header are no headers.
                assert!(!matches!(parse(&read[..len - 1]), Parsed::Client(_)));
                assert!(client.is_none_or(|client| !client.to_string().is_empty()));
                return;
            }
            Parsed::Invalid => return,
        }
    }
});
