//! Asks servers for one actor: only those that the manifest allows, at each redirect too.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use log::Level;
use wit_core::{HttpResponse, host::HttpError};

use super::{
    address::{self, Place},
    answers::Answers,
    call,
    failure::Failure,
    grant::Grant,
    request::Request,
    resolver::Resolver,
    stream,
    url::{Host, Scheme, Url},
};
use crate::{
    convert::to_u64, deadline::within, limits::SharedLimits, logger::ActorLog, stats::Stats,
};

/// The most redirects of one request.
const MAX_REDIRECTS: usize = 5;

/// What an actor says about a request beside the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How long it may take, at most `limits.fetch_wait`.
    pub(crate) wait: Option<Duration>,
    /// The most bytes of content of the answer, at most `limits.fetch_response`.
    pub(crate) max_body: Option<usize>,
    /// Whether redirects are followed.
    pub(crate) follows: bool,
}

/// Asks servers for one actor.
pub(crate) struct Client {
    /// What it may ask.
    pub(super) grants: Vec<Grant>,
    /// Finds addresses.
    pub(super) resolver: Resolver,
    /// Has how long a request may take, and how large an answer may be.
    pub(super) limits: SharedLimits,
    pub(super) stats: Arc<Stats>,
    pub(super) lines: Arc<ActorLog>,
    /// Answers in place of all servers; `None` for a host that serves.
    pub(super) answers: Option<Arc<Answers>>,
}

impl Client {
    /// Sends a request, follows redirects and reads the answer. Dropping the future ends the
    /// request.
    ///
    /// # Errors
    /// See [`HttpError`]. The failure is counted and logged.
    pub(crate) async fn fetch(
        &self,
        mut request: Request,
        options: Options,
    ) -> Result<HttpResponse, Failure> {
        let most = self.limits.get(|limits| limits.fetch_wait);
        let wait = options.wait.map_or(most, |wait| wait.min(most));
        let begun = Instant::now();
        // Only the origin is logged: paths of webhooks are secrets.
        let what = format!("{} {}", request.method, request.url.origin);
        self.stats.fetches.add(1);
        let following = self.follow(&mut request, options, begun + wait);
        let answer = within(wait, following).await.unwrap_or(Err(Failure(HttpError::TimedOut)));
        let millis = begun.elapsed().as_millis();
        match &answer {
            Ok(response) => {
                let bytes = response.body.as_ref().map_or(0, Vec::len);
                self.stats.fetched_bytes.add(to_u64(bytes));
                let status = response.status;
                let text = format_args!("{what}: {status}, {bytes} bytes, {millis} ms");
                self.lines.host(Level::Debug, None, text);
            }
            Err(failure) => self.failed(&what, failure),
        }
        answer
    }

    /// Counts and logs a failure. A refusal tells the operator what the manifest lacks.
    pub(crate) fn failed(&self, what: &str, failure: &Failure) {
        self.stats.fetch_failures.add(1);
        let denied = matches!(failure.0, HttpError::Denied(_));
        let level = if denied { Level::Info } else { Level::Debug };
        self.lines.host(level, None, format_args!("{what}: {failure}"));
    }

    /// Sends a request and those that redirects ask for.
    async fn follow(
        &self,
        request: &mut Request,
        options: Options,
        deadline: Instant,
    ) -> Result<HttpResponse, Failure> {
        let most = self.limits.get(|limits| limits.fetch_response);
        let max_body = options.max_body.map_or(most, |size| size.min(most));
        for _ in 0..=MAX_REDIRECTS {
            let response = if let Some(answers) = &self.answers {
                self.granted(&request.url)?;
                answers.find(request, max_body)?
            } else {
                let addresses = self.allowed(&request.url).await?;
                let origin = &request.url.origin;
                let (host, is_tls) = ((&origin.host, origin.port), origin.scheme == Scheme::Https);
                let mut stream = stream::connect(host, is_tls, &addresses, deadline).await?;
                call::exchange(&mut *stream, request, max_body, options.follows).await?
            };
            let Some(location) = call::location(&response).filter(|_| options.follows) else {
                return Ok(response);
            };
            let to = request.url.join(location).map_err(|error| {
                Failure::failed(format!("the server redirects to no address: {error}"))
            })?;
            request.redirected(response.status, to);
        }
        Err(Failure::failed(format!("the servers redirect more than {MAX_REDIRECTS} times")))
    }

    /// The addresses that the actor may connect to for this address of the web. It is these that
    /// are connected to, so that a name can't lead elsewhere in between.
    async fn allowed(&self, url: &Url) -> Result<Vec<IpAddr>, Failure> {
        let private = self.granted(url)?;
        let mut addresses = self.resolver.addresses(&url.origin.host).await?;
        // An address that the manifest names is meant, as is this machine by its own name.
        let named = match &url.origin.host {
            Host::Address(_) => true,
            Host::Name(name) => &**name == "localhost",
        };
        let nearest = addresses.first().copied();
        addresses.retain(|found| match address::place(*found) {
            Place::Public => true,
            Place::Private | Place::LinkLocal | Place::Loopback => named || private,
            Place::Never => false,
        });
        match nearest {
            Some(found) if addresses.is_empty() => Err(self.elsewhere(url, found)),
            _ => Ok(addresses),
        }
    }

    /// Whether a grant allows this address, and then whether it may be private.
    pub(super) fn granted(&self, url: &Url) -> Result<bool, Failure> {
        if self.answers.as_ref().is_some_and(|answers| answers.allows_all) {
            return Ok(true);
        }
        let mut allowing = self.grants.iter().filter(|grant| grant.allows(url)).peekable();
        if allowing.peek().is_some() {
            return Ok(allowing.any(|grant| grant.private));
        }
        let origin = &url.origin;
        let text = if self.grants.iter().any(|grant| grant.origin == *origin) {
            format!("`allow` of the manifest's `http-client` has {origin}, but not {}", url.path)
        } else {
            format!("`allow` of the manifest's `http-client` has no \"{origin}\"; add it there")
        };
        Err(Failure(HttpError::Denied(text)))
    }

    /// The refusal of a name that leads to no address that it may lead to.
    fn elsewhere(&self, url: &Url, found: IpAddr) -> Failure {
        let (host, place) = (&url.origin.host, address::place(found));
        let advice = match place {
            Place::Never => "",
            _ => "; allow the address itself, or add `private = true` to this `http-client`",
        };
        Failure(HttpError::Denied(format!("{host} leads to {found}, {place}{advice}")))
    }
}
