//! Calls an instance of any module, and checks that each call ends within its fuel and its limits.

use std::{sync::Arc, time::Duration};

use footlight::{
    actor::{
        CallContext, Module, Resources, answer::Answer, effects::Effect, imports::Ambient,
        instance::Instance,
    },
    exchange::{
        Close, ConnectionId, Connections, Event, EventKind, Message, OnOverflow, connections::Open,
    },
    limits::Limits,
    logger::ActorLog,
    world::World,
};
use wit_core::{MessageRef, MessageType, lift::Reply};

use crate::{client::known, drive};

/// Limits that keep calls short.
pub fn limits() -> Limits {
    Limits {
        fuel: Some(100_000),
        slice: 1_000,
        state: 1_000,
        answer: 2_000,
        answers: 8,
        memory: 4 << 16,
        table: 1_000,
        log_line: 20,
        hibernate_after: Duration::MAX,
        effects: 3_000,
        tags: 2,
        tag: 20,
        attachment: 50,
        outbox: 500,
        storage: 1_000,
        storage_key: 20,
        storage_value: 100,
        ..Limits::default()
    }
}

/// Makes an instance, calls `init`, and passes the events of a connection from its beginning to its
/// end. Stops at the first error.
pub fn exercise(module: Module, limits: &Limits) {
    let module = &Arc::new(module);
    let lines = Arc::new(ActorLog::new("fuzz".into(), limits, Arc::default()));
    let mut context = CallContext::new(limits, Resources::default());
    let fuel = limits.fuel.unwrap_or(u64::MAX);
    context.meter.begin();
    let made = run(
        limits,
        Instance::new(module, limits, Ambient::new(lines, World::System), &mut context.meter),
    );
    assert!(context.meter.spent() <= fuel);
    let mut instance = match made {
        Ok(instance) => instance,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    instance.begin_for(Some(ConnectionId(1)));
    let all = crowd(limits, &mut context);

    context.meter.begin();
    context.host.begin(&Event::alarm());
    let state = run(limits, instance.init(Some(b"0"), "fuzz", &mut context));
    assert!(context.meter.spent() <= fuel);
    let mut state = match state {
        Ok(Ok(state)) => state.map(bytes::Bytes::from),
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
        context.meter.begin();
        // The first client is connected already, so it gets no second `connect`.
        let kind = match event.ty {
            MessageType::Close => EventKind::Close(Close::NO_STATUS),
            _ => EventKind::Message(Message::Text("".into())),
        };
        let current = Event::at(&all[0].session, kind);
        context.host.begin(&current);
        let call = instance.handle_message(event, state.as_deref(), &mut context);
        let reply = run(limits, call);
        assert!(context.meter.spent() <= fuel);
        assert!(instance.memory_size() <= limits.memory);
        match reply {
            Ok(Ok(reply)) => {
                is_within(&reply, limits);
                let count = reply.messages.len();
                match Answer::from_messages(reply.messages) {
                    Ok(answer) => {
                        let closes = usize::from(answer.close.is_some());
                        assert_eq!(answer.messages.len() + closes + answer.after_close, count);
                        let CallContext { meter, host } = &mut context;
                        let committed = host.commit(reply.state, &mut state, meter);
                        let effects = run(limits, committed).expect("there are no files");
                        are_within(&effects, limits);
                    }
                    Err(_) => run(limits, context.host.roll_back(&mut context.meter)),
                }
            }
            Ok(Err(text)) => {
                assert!(text.len() <= limits.answer);
                run(limits, context.host.roll_back(&mut context.meter));
            }
            // After an error the instance must not be used.
            Err(error) => return assert!(!error.to_string().is_empty()),
        }
        context.host.end(&current);
        // Nothing reaches a client before its effects are delivered.
        assert!(all.iter().all(|open| open.session.bytes() == 0));
    }
}

/// Connects some clients.
fn crowd(limits: &Limits, CallContext { meter, host }: &mut CallContext) -> Vec<Open> {
    let connections = Connections::new(limits);
    let all = (0..3).map(|_| {
        let open = connections.open(OnOverflow::Close, known).expect("there is room");
        let event = Event::at(&open.session, EventKind::Connect);
        host.begin(&event);
        let (effects, _) = drive::to_end(host.commit(None, &mut None, meter));
        assert!(effects.expect("there are no files").is_empty());
        host.end(&event);
        open
    });
    all.collect()
}

/// Checks that a call's effects are within the limits.
fn are_within(effects: &[Effect], limits: &Limits) {
    let size = |effect: &Effect| match effect {
        Effect::Send { message, .. } => message.payload().len(),
        Effect::Broadcast { message, to } => message.payload().len() + 8 * to.len(),
        Effect::Close { close, .. } => close.reason.len(),
        Effect::Fetch(_) | Effect::Message(_) | Effect::Publish(_) => {
            unreachable!("there is no handler for it")
        }
    };
    assert!(effects.iter().map(|effect| size(effect) + 64).sum::<usize>() <= limits.effects);
}

/// Runs a call, and checks that it returned to the executor at most once for each slice, and twice
/// more.
fn run<F: Future>(limits: &Limits, call: F) -> F::Output {
    let (output, polls) = drive::to_end(call);
    assert!(polls <= drive::max_slices(limits) + 2, "{polls} turns");
    output
}

/// Checks that a reply is within the limits.
fn is_within(reply: &Reply, limits: &Limits) {
    assert!(reply.state.as_ref().is_none_or(|state| state.len() <= limits.state));
    assert!(reply.messages.len() <= limits.answers);
    let size = |message: &wit_core::Message| {
        let data = message.data.as_ref().map_or(0, Vec::len);
        data + message.text.as_ref().map_or(0, String::len)
    };
    assert!(reply.messages.iter().map(size).sum::<usize>() <= limits.answer);
}
