//! Calls an instance of any module: whatever it does ends, within its fuel and its limits.

use std::{sync::Arc, time::Duration};

use footlight::{
    actor::{Module, answer::Answer, instance::Instance, meter::Meter},
    exchange::{ConnectionId, Lines},
    manifest::Limits,
};
use wit_core::{Message, MessageRef, MessageType, lift::Reply};

use crate::drive;

/// Limits with which a call is short.
pub fn limits() -> Limits {
    Limits {
        fuel: 100_000,
        slice: 1_000,
        state: 1_000,
        answer: 2_000,
        answers: 8,
        memory: 4 << 16,
        table: 1_000,
        log_line: 20,
        hibernate_after: Duration::MAX,
        ..Limits::default()
    }
}

/// Makes an instance, calls `init`, and tells of a connection from its beginning to its end,
/// or until something goes wrong.
pub fn exercise(module: &Module, limits: &Limits) {
    let lines = Arc::new(Lines::new("fuzz".into(), limits.log_rate, Arc::default()));
    let mut meter = Meter::new(limits.fuel, limits.slice);
    meter.begin();
    let made = run(limits, Instance::new(module, limits, lines, &mut meter));
    assert!(meter.spent() <= limits.fuel);
    let mut instance = match made {
        Ok(instance) => instance,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    instance.set_connection(ConnectionId(1));

    meter.begin();
    let state = run(limits, instance.init(Some(b"0"), "fuzz", &mut meter));
    assert!(meter.spent() <= limits.fuel);
    let mut state = match state {
        Ok(Ok(state)) => state,
        Ok(Err(text)) => return assert!(text.len() <= limits.answer),
        Err(error) => return assert!(!error.to_string().is_empty()),
    };

    let text = "count";
    let close = Some([3, 232]);
    let events = [
        MessageRef::bare(&MessageType::Connect),
        MessageRef::text(text),
        MessageRef::data(&MessageType::Binary, &[0; 40]),
        MessageRef::data(&MessageType::Ping, b"hi"),
        MessageRef {
            ty: &MessageType::Close,
            data: close.as_ref().map(|code| &code[..]),
            text: None,
        },
    ];
    for event in events {
        meter.begin();
        let reply = run(limits, instance.handle_message(event, state.as_deref(), &mut meter));
        assert!(meter.spent() <= limits.fuel);
        assert!(instance.memory_size() <= limits.memory);
        match reply {
            Ok(Ok(reply)) => {
                is_within(&reply, limits);
                state = reply.state;
                let count = reply.messages.len();
                if let Ok(answer) = Answer::from_messages(reply.messages) {
                    let closes = usize::from(answer.close.is_some());
                    assert_eq!(answer.messages.len() + closes + answer.after_close, count);
                }
            }
            Ok(Err(text)) => assert!(text.len() <= limits.answer),
            // Nobody may use the instance from here on.
            Err(error) => return assert!(!error.to_string().is_empty()),
        }
    }
}

/// Runs a call. It returned to the executor after each of its slices, and not much more often.
fn run<F: Future>(limits: &Limits, call: F) -> F::Output {
    let (output, polls) = drive::to_end(call);
    assert!(polls <= limits.fuel / limits.slice + 2, "{polls} turns");
    output
}

/// A reply holds no more than it may.
fn is_within(reply: &Reply, limits: &Limits) {
    assert!(reply.state.as_ref().is_none_or(|state| state.len() <= limits.state));
    assert!(reply.messages.len() <= limits.answers);
    let size = |message: &Message| {
        let data = message.data.as_ref().map_or(0, Vec::len);
        data + message.text.as_ref().map_or(0, String::len)
    };
    assert!(reply.messages.iter().map(size).sum::<usize>() <= limits.answer);
}
