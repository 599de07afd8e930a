//! Tells open pages to load anew after their files have changed, for `footlight dev`.
//!
//! The host adds a script to each page, with a token of this run. The script asks for the version of the
//! files, again and again, and the host answers when it has changed, or after a while. Only a page that
//! this listener serves may ask, and nobody through a proxy: whoever can ask learns when somebody works.

use std::time::Duration;

use rand::rngs::SysError;
use smol::channel::{self, Receiver, Sender};

use super::{
    access::Access, context::ServerContext, error_response::ErrorResponse,
    request_head::RequestHead, token::Token,
};
use crate::{deadline::within, lock::Lock};

/// The path of the channel.
pub(crate) const PATH: &str = "/console/reload";
/// How long an answer waits for a change.
const WAIT: Duration = Duration::from_secs(25);
/// The most requests that wait. More are answered at once, and their pages ask twice a second.
const MAX_WAITING: usize = 64;

/// The script: before the version of the page, before the URL of the channel, and after it. It loads the
/// page anew if there is another version, or if the host was started anew and refuses the token. A page
/// that was never accepted gives up.
const SCRIPT: [&str; 3] = [
    "\n<script>(async()=>{for(let v='",
    "',k;;){try{let r=await fetch('",
    "&'+v,{method:'POST'}),n=await r.text();if(r.status==403){if(k)location.reload();return}\
     if(r.ok){if(n!=v)return location.reload();k=1}}catch{}\
     await new Promise(f=>setTimeout(f,500))}})()</script>\n",
];

/// The version of the files, and who waits for the next one.
#[derive(Debug)]
pub struct Live {
    /// A secret that only the host's own pages have.
    token: Token,
    state: Lock<State>,
}

/// What the lock protects.
#[derive(Debug)]
struct State {
    version: u64,
    /// Dropped when the version changes, which wakes all that wait.
    changed: Sender<()>,
    waiting: Receiver<()>,
}

impl State {
    fn new(version: u64) -> Self {
        let (changed, waiting) = channel::bounded(1);
        Self { version, changed, waiting }
    }
}

impl Live {
    /// The channel of a run.
    ///
    /// # Errors
    /// The system has no random numbers for the token.
    pub fn new() -> Result<Self, SysError> {
        Ok(Self { token: Token::random()?, state: Lock::new(State::new(1)) })
    }

    /// Lets all pages load anew.
    pub fn change(&self) {
        let mut state = self.state.lock();
        let next = State::new(state.version + 1);
        *state = next;
    }

    /// The version, as soon as it differs from `seen`.
    pub(crate) async fn version(&self, seen: &str, context: &ServerContext) -> String {
        let waiting = {
            let state = self.state.lock();
            let is_there = state.version.to_string() != seen;
            let is_crowded = state.changed.receiver_count() > MAX_WAITING;
            (!is_there && !is_crowded).then(|| state.waiting.clone())
        };
        if let Some(waiting) = waiting {
            let changed = async { _ = waiting.recv().await };
            within(WAIT, smol::future::or(changed, context.stopped())).await;
        }
        self.state.lock().version.to_string()
    }

    /// The version that a request has seen.
    ///
    /// # Errors
    /// It does not come from a page of this listener, or came through a proxy.
    pub(crate) fn check(
        &self,
        request: &RequestHead<'_>,
        access: &Access,
    ) -> Result<String, ErrorResponse> {
        if request.method != "POST" {
            return Err(ErrorResponse::Method);
        }
        let (token, seen) = request.query.split_once('&').unwrap_or((request.query, ""));
        let is_ours = self.token.is(token.as_bytes());
        if !is_ours || !access.is_from_own_page(request) || access.is_proxied(request) {
            let why = "only a page of `footlight dev` may ask this, and not through a proxy";
            return Err(ErrorResponse::Forbidden(why));
        }
        Ok(seen.into())
    }

    /// Whether the page of a request gets the script: only if the script may ask.
    pub(crate) fn is_for(&self, request: &RequestHead<'_>, access: &Access) -> bool {
        access.knows_name(request) && !access.is_proxied(request)
    }

    /// The script for a page that is read after this.
    pub(crate) fn script(&self) -> String {
        let version = self.state.lock().version.to_string();
        let [start, middle, end] = SCRIPT;
        [start, &version, middle, PATH, "?", self.token.text(), end].concat()
    }
}
