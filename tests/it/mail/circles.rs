//! Requests that would wait for each other.

use super::{answer, ready, typed};
use crate::support::Server;

#[test]
fn a_request_that_waits_in_a_circle_is_refused_at_once_however_long_the_circle_is() {
    // A wait would be longer than the test's patience.
    let patient = |name: &str, to: &[&str]| typed(name, to).limit("reply_wait", "\"24h\"");
    let actors =
        [patient("a", &["a", "b"]), patient("b", &["a", "c"]), patient("c", &["a", "b", "c"])];
    let server = Server::start(&actors);
    let mut a = ready(&server, "a");
    let waits = |who: &str, asker: &str| {
        format!("{who} waits for {asker}, directly or through others, so neither would get a reply")
    };
    assert_eq!(answer(&mut a, "request a hi"), waits("a", "a"));
    assert_eq!(answer(&mut a, "request b request a hi"), format!("a: {}", waits("a", "b")));
    let three = format!("c: a: {}", waits("a", "c"));
    assert_eq!(answer(&mut a, "request b request c request a hi"), three);
    let back = format!("c: b: {}", waits("b", "c"));
    assert_eq!(answer(&mut a, "request b request c request b hi"), back);
    // Nobody waits any more.
    assert_eq!(answer(&mut a, "request b hi"), "got hi");
}
