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
    inspector,
    places::Place,
    proxy_protocol,
    request_line::is_blank,
    request_log::log_refusal,
    response::{Body, Response},
    secure::secure,
    sending,
    socket::Socket,
    stream::ClientStream,
};
use crate::{deadline::within, exchange::client::canonical};

/// A connection that is not upgraded yet.
pub(crate) struct Conversation<'a> {
    /// Who is at the other end, as far as known before the first request: the last proxy, or what it
    /// says by the PROXY protocol.
    peer: SocketAddr,
    /// The network of `peer`, which counts the connection while it serves requests.
    peer_network: Option<Network>,
    /// Counts the connection for `peer_network`. `None` while it is idle.
    counted: Option<Counted>,
    /// Who sent the last request.
    pub(crate) client: SocketAddr,
    /// The network whose share that request uses.
    pub(crate) network: Option<Network>,
    /// Counts the connection for `client` during a request, if that is not `peer`.
    counted_client: Option<Counted>,
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
        counted: Counted,
        endpoint: &'a Arc<Endpoint>,
        context: &'a ServerContext,
    ) -> Self {
        Self {
            peer,
            peer_network: network,
            counted: Some(counted),
            client: peer,
            network,
            counted_client: None,
            endpoint,
            context,
            bytes: Vec::new(),
        }
    }

    /// Reads the header of the PROXY protocol, and takes its client for the peer.
    ///
    /// # Errors
    /// The answer, or `None` if the connection is gone.
    async fn read_proxy_header(
        &mut self,
        socket: &mut Socket,
        place: &Place,
    ) -> Result<(), Option<ErrorResponse>> {
        let access = &self.endpoint.access;
        if !access.trusts(self.peer.ip()) {
            let why = "only the proxies in `trusted_proxies` may connect here";
            return Err(Some(ErrorResponse::Bad(why)));
        }
        let client = proxy_protocol::read(socket, |bytes| place.progress(bytes)).await;
        let client = client.map_err(|error| {
            let why = "the header of the PROXY protocol is missing or not valid";
            (error.kind() == ErrorKind::InvalidData).then_some(ErrorResponse::Bad(why))
        })?;
        if let Some(client) = client {
            self.peer = canonical(client);
            self.client = self.peer;
            self.peer_network = access.network_of(self.peer);
            self.network = self.peer_network;
            self.count()?;
        }
        Ok(())
    }

    /// Notes who sent a request, and counts the connection for that client.
    ///
    /// # Errors
    /// Its address has too many connections.
    pub(crate) fn identify(&mut self, meta: &RequestMeta) -> Result<(), ErrorResponse> {
        self.client = meta.client.unwrap_or(self.peer);
        self.network = self.peer_network;
        self.counted_client = None;
        if self.client != self.peer {
            self.network = Network::of(self.client.ip());
            let counted = self.context.admission.count(self.network);
            self.counted_client = Some(counted.ok_or(ErrorResponse::Address)?);
        }
        Ok(())
    }

    /// What counts the connection from its upgrade to its end.
    pub(crate) fn into_counted(self) -> Option<Counted> {
        self.counted_client.or(self.counted)
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
            if let Some(mut socket) = socket.take() {
                if self.endpoint.access.proxy_protocol
                    && let Err(refusal) = self.read_proxy_header(&mut socket, &place).await
                {
                    if self.endpoint.scheme() == "ws" {
                        *stream = Some(ClientStream::Plain(socket));
                    }
                    return only(refusal.map(Decision::Refuse));
                }
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
            match decision::decide(&self.bytes, self.peer, self.endpoint) {
                (Decision::Incomplete, _) => {}
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
        let asker = Asker { peer: self.client, network: self.network };
        let asked = ask::answer(request, asker, stream, &mut self.bytes, meta, self.context);
        // Boxed, so that other requests do not reserve its memory.
        let answered = Box::pin(asked).await;
        let (response, place) = answered.unwrap_or_else(|refusal| (self.refused(&refusal), None));
        Ok((sharing.add_to(response), place))
    }

    /// Logs a refusal, and returns its response.
    pub(crate) fn refused(&self, refusal: &ErrorResponse) -> Response {
        log_refusal(self.client, &self.bytes, refusal, self.context);
        refusal.into()
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
        if let Body::Stream(_) = &response.body {
            // Boxed, so that other requests do not reserve its memory.
            return Box::pin(inspector::send(stream, response, meta, context)).await;
        }
        let sent = sending::send(stream, response, meta, held, self.network, context).await;
        if let Err(error) = &sent {
            context.actor.stats.broken_pages.add(1);
            let peer = self.client;
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

    /// A place among the connections that stay open for further requests.
    pub(crate) fn keep(&self) -> Option<Place> {
        self.context.admission.kept.enter(self.peer_network)
    }

    /// Waits for the next request. Returns false if the connection is to be closed.
    pub(crate) async fn idle(&mut self, stream: &mut ClientStream, mut body: BodyDecoder) -> bool {
        let context = self.context;
        // What is left are some line ends at most.
        self.bytes.shrink_to_fit();
        // It does not count while it is idle, so it takes nobody's place.
        (self.counted, self.counted_client) = (None, None);
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
            context.stopped().await;
            false
        };
        let deadline = context.actor.limits.get(|limits| limits.keep_alive);
        within(deadline, next.or(closed)).await.unwrap_or(false)
    }

    /// Counts the connection for its peer.
    ///
    /// # Errors
    /// The address has too many connections.
    fn count(&mut self) -> Result<(), ErrorResponse> {
        let counted = self.context.admission.count(self.peer_network);
        self.counted = Some(counted.ok_or(ErrorResponse::Address)?);
        Ok(())
    }

    /// Waits for a place to read the next request. A connection that was idle is counted again.
    ///
    /// # Errors
    /// The request is refused. Its head is not read, so the connection must be closed.
    pub(crate) async fn next_place(&mut self) -> Result<Place, ErrorResponse> {
        let context = self.context;
        if self.counted.is_none() {
            self.count()?;
        }
        let (place, reserved) =
            context.admission.admit_next(self.peer_network, &context.actor.connections)?;
        context.turn(&place, "too many requests are in progress").await?;
        drop(reserved);
        Ok(place)
    }
}
