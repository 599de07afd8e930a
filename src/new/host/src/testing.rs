//! What the tests have in place of the host's functions. It notes what the actor asks for.
#![allow(dead_code, reason = "a test need not use all of it")]

use std::{cell::RefCell, collections::BTreeMap};

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// The host as far as an actor sees it. Each test has one of its own.
#[derive(Default)]
pub struct Host {
    /// The client of the event, for `sender`.
    pub sender: Option<u64>,
    /// The open connections, each with its tag and its attachment.
    pub connections: BTreeMap<u64, (Option<String>, Option<Vec<u8>>)>,
    /// The texts that were sent to others than the answer's client, each with its tag.
    pub sent: Vec<(Option<String>, String)>,
    /// The time, in milliseconds since 1970.
    pub now: u64,
    /// The content of files, by their paths.
    pub files: BTreeMap<String, String>,
    /// The lines in the log.
    pub logged: Vec<String>,
}

/// Looks at the host, or changes it.
pub fn host<T>(act: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(act)
}

pub fn log(line: &str) {
    host(|host| host.logged.push(line.into()));
}

pub mod clock {
    pub fn now() -> u64 {
        super::host(|host| host.now)
    }
}

pub mod files {
    use crate::bindings::footlight::host::files::Error;

    pub fn read(path: &str) -> Result<Vec<u8>, Error> {
        let text = super::host(|host| host.files.get(path).cloned());
        text.map(String::into_bytes).ok_or(Error::NotFound)
    }
}

pub mod connections {
    use super::host;
    use crate::bindings::footlight::host::connections::{ConnectionId, Payload, Refusal};

    pub fn sender() -> Option<ConnectionId> {
        host(|host| host.sender)
    }

    pub fn list(tag: Option<&str>) -> Vec<ConnectionId> {
        let has_it = |(own, _): &(Option<String>, _)| tag.is_none() || own.as_deref() == tag;
        host(|host| {
            let all = host.connections.iter().filter(|(_, one)| has_it(one));
            all.map(|(id, _)| *id).collect()
        })
    }

    pub fn broadcast(
        tag: Option<&str>,
        payload: &Payload,
        _except: Option<ConnectionId>,
    ) -> Result<u32, Refusal> {
        if let Payload::Text(text) = payload {
            host(|host| host.sent.push((tag.map(String::from), text.clone())));
        }
        Ok(list(tag).len() as u32)
    }

    pub fn tag(id: ConnectionId, tag: &str) -> Result<(), Refusal> {
        host(|host| host.connections.entry(id).or_default().0 = Some(tag.into()));
        Ok(())
    }

    pub fn attachment(id: ConnectionId) -> Option<Vec<u8>> {
        host(|host| host.connections.get(&id)?.1.clone())
    }

    pub fn set_attachment(id: ConnectionId, value: Option<&[u8]>) -> Result<(), Refusal> {
        host(|host| host.connections.entry(id).or_default().1 = value.map(Vec::from));
        Ok(())
    }
}
