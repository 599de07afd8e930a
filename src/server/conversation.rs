//! The steps of a client's requests: each is read and answered, and then the next one is awaited.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc};

use log::Level;
use smol::{future::FutureExt as _, io::AsyncReadExt as _};

use super::{
    addresses::{Counted, Network},
    ask::{self, Asker},
    body::BodyDecoder,
    context::ServerContext,
    decision::{self, Ask, Decision},
    endpoint::Endpoint,
    error_response::ErrorResponse,
    framing::{MAX_DISCARDED, RequestMeta},
    places::Place,
    request_line::is_blank,
    response::Response,
    secure::secure,
    sending,
    socket::Socket,
    stream::ClientStream,
};
use crate::{deadline::within, exchange::connections::Open};

/// A connection that is not upgraded yet.
pub(crate) struct Conversation<'a> {
    peer: SocketAddr,
    /// The network whose share it uses.
    network: Option<Network>,
    endpoint: &'a Arc<Endpoint>,
    context: &'a ServerContext,
    /// What has arrived and was not used yet.
    pub(crate) bytes: Vec<u8>,
}

/// What to do after an answer.
pub(crate) enum After {
    /// The next request has begun to arrive.
    Next,
    /// The client has sent nothing more yet, or not even all of the body.
    Wait(BodyDecoder),
    /// Close the connection.
    Close,
}

impl<'a> Conversation<'a> {
    /// A new connection, from which nothing was read.
    pub(crate) fn new(
        peer: SocketAddr,
        network: Option<Network>,
        endpoint: &'a Arc<Endpoint>,
        context: &'a ServerContext,
    ) -> Self {
        Self { peer, network, endpoint, context, bytes: Vec::new() }
    }

    /// Does the TLS handshake if the listener uses TLS and the connection is new, reads a request's
    /// head and decides. The first part is `None` if the client is gone or gets no answer. Dropping
    /// the place lets the next request be read.
    pub(crate) async fn read_request(
        &mut self,
        socket: &mut Option<Socket>,
        stream: &mut Option<ClientStream>,
        place: Place,
    ) -> (Option<Decision>, RequestMeta) {
        let context = self.context;
        let place = Arc::new(place);
        let only = |decision| (decision, RequestMeta::UNREADABLE);
        let read = async {
            if let Some(socket) = socket.take() {
                match secure(socket, self.peer, &place, self.endpoint, context).await {
                    Ok(secured) => *stream = Some(secured),
                    Err((plain, refusal)) => {
                        *stream = Some(plain);
                        return only(refusal.map(Decision::Refuse));
                    }
                }
            }
            match stream {
                Some(stream) => self.read_head(stream, &place).await.unwrap_or(only(None)),
                None => only(None),
            }
        };
        let unavailable = |why| only(Some(Decision::Refuse(ErrorResponse::Unavailable(why))));
        let stop = async {
            context.stopped().await;
            unavailable("the host is stopping")
        };
        let evicted = async {
            place.evicted().await;
            unavailable("this request is too slow while others wait")
        };
        // Reading is polled first: a client that has just sent something keeps its place.
        let read = read.or(evicted).or(stop);
        within(context.actor.limits.get(|limits| limits.handshake), read)
            .await
            .unwrap_or_else(|| only(Some(Decision::Refuse(ErrorResponse::Timeout))))
    }

    /// Reads a request's head and decides. Returns `None` if the client is gone.
    async fn read_head(
        &mut self,
        stream: &mut ClientStream,
        place: &Arc<Place>,
    ) -> Option<(Option<Decision>, RequestMeta)> {
        stream.watch(place);
        let mut buffer = [0; 1024];
        loop {
            match decision::decide(&self.bytes, self.endpoint) {
                (Decision::Incomplete, _) => {}
                (Decision::Refuse(ErrorResponse::Misdirected { .. }), _) if self.renew().await => {
                    continue;
                }
                (decided, meta) => return Some((Some(decided), meta)),
            }
            match stream.read(&mut buffer).await {
                Ok(n @ 1..) => {
                    self.bytes.extend_from_slice(buffer.get(..n)?);
                    // `Watched` has counted encrypted bytes already.
                    if matches!(stream, ClientStream::Plain(_)) {
                        place.progress(n);
                    }
                }
                _ => return None,
            }
        }
    }

    /// Lets the actor answer a request. A refusal is logged here, because browsers are told the same
    /// about its response as about the actor's.
    pub(crate) async fn ask(
        &mut self,
        ask: Ask,
        stream: &mut ClientStream,
        meta: &mut RequestMeta,
    ) -> Result<(Response, Option<Place>), ErrorResponse> {
        let Ask { request, sharing } = ask;
        let asker = Asker { peer: self.peer, network: self.network };
        let asked = ask::answer(request, asker, stream, &mut self.bytes, meta, self.context);
        // Boxed, so that other requests do not reserve its memory.
        let answered = Box::pin(asked).await;
        let (response, place) = answered.unwrap_or_else(|refusal| (self.refused(&refusal), None));
        Ok((sharing.add_to(response), place))
    }

    /// Finds out whether the machine has got other names. Returns false if nothing can have changed.
    async fn renew(&self) -> bool {
        match &self.endpoint.names {
            Some(names) => names.renew().await,
            None => false,
        }
    }

    /// Logs a refusal, and returns its response.
    pub(crate) fn refused(&self, refusal: &ErrorResponse) -> Response {
        log_refusal(self.peer, refusal, self.context);
        refusal.response()
    }

    /// Sends an answer. Returns false if it was too slow or broke off.
    pub(crate) async fn send(
        &self,
        stream: &mut ClientStream,
        response: Response,
        meta: &RequestMeta,
        held: Option<Place>,
    ) -> bool {
        let context = self.context;
        let sent = sending::send(stream, response, meta, held, self.network, context).await;
        if let Err(error) = &sent {
            context.actor.stats.broken_pages.add(1);
            let peer = self.peer;
            let text = match error.kind() {
                ErrorKind::TimedOut => {
                    format_args!("{peer} is too slow for a page, which broke off")
                }
                _ => format_args!("a page broke off for {peer}: {error}"),
            };
            context.actor.lines.host(Level::Info, None, text);
        }
        sent.is_ok()
    }

    /// Removes the request that was answered, and as much of its body as has arrived.
    pub(crate) fn after(&mut self, meta: &RequestMeta) -> After {
        let Ok(mut body) = BodyDecoder::new(meta.framing, MAX_DISCARDED) else {
            return After::Close;
        };
        if !meta.keep {
            return After::Close;
        }
        self.bytes.drain(..meta.len.min(self.bytes.len()));
        match self.discard(&mut body) {
            None => After::Close,
            Some(true) => After::Next,
            Some(false) => After::Wait(body),
        }
    }

    /// Removes the bytes of a body that nobody wants. Returns whether bytes of the next request are
    /// left, or `None` if the body is not valid.
    fn discard(&mut self, body: &mut BodyDecoder) -> Option<bool> {
        let mut rest = self.bytes.as_slice();
        while !body.next(&mut rest).ok()?.is_empty() {}
        let used = self.bytes.len() - rest.len();
        self.bytes.drain(..used);
        Some(body.is_done() && !is_blank(&self.bytes))
    }

    /// Waits for the next request, as long as nothing else needs the connection's place. Returns
    /// false if it is to be closed.
    pub(crate) async fn idle(&mut self, stream: &mut ClientStream, mut body: BodyDecoder) -> bool {
        let context = self.context;
        // What is left are some line ends at most.
        self.bytes.shrink_to_fit();
        // Too many have become idle at this moment.
        let Some(place) = context.admission.idle.enter(self.network) else { return false };
        let next = async {
            let mut buffer = [0; 1024];
            loop {
                let Ok(n @ 1..) = stream.read(&mut buffer).await else { return false };
                self.bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
                match self.discard(&mut body) {
                    None => return false,
                    Some(true) => return true,
                    Some(false) => {}
                }
            }
        };
        let closed = async {
            place.lost().or(context.stopped()).await;
            false
        };
        let deadline = context.actor.limits.get(|limits| limits.keep_alive);
        within(deadline, next.or(closed)).await.unwrap_or(false)
    }

    /// Waits for a place to read the next request. `counted` is `None` if the connection was idle:
    /// then it is counted for its address again.
    ///
    /// # Errors
    /// The request is refused. Its head is not read, so the connection must be closed.
    pub(crate) async fn next_place(
        &self,
        counted: &mut Option<Counted>,
    ) -> Result<Place, ErrorResponse> {
        let context = self.context;
        if counted.is_none() {
            *counted = context.admission.count(self.network);
            counted.as_ref().ok_or(ErrorResponse::Address)?;
        }
        let (place, reserved) =
            context.admission.admit_next(self.network, &context.actor.connections)?;
        context.turn(&place, "too many requests are in progress").await?;
        drop(reserved);
        Ok(place)
    }

    /// Counts and logs a completed handshake.
    pub(crate) fn log_connected(&self, open: &Open) {
        self.context.actor.stats.connections.add(1);
        let text = format_args!("connected from {}", self.peer);
        self.context.actor.lines.host(Level::Debug, Some(open.session.id()), text);
    }
}

/// Counts and logs a refused request.
pub(crate) fn log_refusal(peer: SocketAddr, refusal: &ErrorResponse, context: &ServerContext) {
    let status = refusal.status();
    context.actor.stats.refuse(status.0);
    let text = format_args!("{peer} is refused: {status}{}", refusal.detail());
    context.actor.lines.host(Level::Info, None, text);
}
