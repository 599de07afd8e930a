//! Chromium, without a window, over its DevTools protocol: see `tests/clients/chromium.py`.
//!
//! `scripts/test-clients.sh` installs it. Without it these tests say so and pass, unless
//! `FOOTLIGHT_REQUIRE_BROWSER` is set.

use crate::clients::{SCRIPTS, available, python, talk, talk_until};

#[test]
fn a_page_in_chromium_sees_messages_and_why_it_was_closed() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        talk(python(), "browser_client.py");
    }
}

#[test]
fn a_person_talks_to_the_actor_from_the_console_page() {
    let mut probe = python();
    probe.arg(format!("{SCRIPTS}/chromium.py"));
    if available("Chromium, or Python's websockets,", probe, "FOOTLIGHT_REQUIRE_BROWSER") {
        talk_until(python(), "console_client.py", "close 4001");
    }
}
