//! Who may connect to a listener, and who speaks for its clients: the keys `origins`, `names`,
//! `trusted_proxies` and `proxy_protocol`.

use std::net::{IpAddr, SocketAddr};

use super::{
    addresses::Network,
    error_response::ErrorResponse,
    list::list,
    names::{Names, machine},
    origin::Origin,
    request_head::RequestHead,
    trusted_proxies::{self, AddressRange, RangeError, trust},
};
use crate::config::{Table, Value};

/// The longest origin, in bytes, and the longest host name (RFC 1035, section 2.3.4).
const MAX_TEXT: usize = 255;
/// The entry of `origins` for the pages that the listener serves itself.
const OWN: &str = "self";

/// The fields by which proxies tell that they are there, beside those that begin with [`FORWARDED`].
const OF_PROXIES: [&str; 3] = ["Forwarded", "Via", "X-Real-IP"];
/// The beginning of the others.
const FORWARDED: &[u8] = b"X-Forwarded-";

/// The keys of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessConfig {
    /// The origins of the pages that may connect, as browsers send them in `Origin`. `self` stands
    /// for pages that this listener serves. `None`, the default, allows all.
    pub origins: Option<Vec<String>>,
    /// The host names by which clients know the listener, beside those of the machine.
    pub names: Vec<String>,
    /// The proxies that tell who their clients are.
    pub trusted_proxies: Vec<AddressRange>,
    /// Whether each connection of a trusted proxy begins with a header of the PROXY protocol.
    pub proxy_protocol: bool,
}

impl AccessConfig {
    /// Reads the keys.
    pub(crate) fn read(table: &mut Table<'_>) -> Self {
        let mut config = Self {
            origins: table.get("origins").map(|value| {
                let example = "[\"self\", \"https://example.org\"]";
                texts(&value, example, |text| {
                    let checked = if text == OWN { Ok(()) } else { Origin::exact(text).map(drop) };
                    checked
                        .map(|()| text.to_owned())
                        .map_err(|mistake| ("an origin that browsers send", mistake.advice(text)))
                })
            }),
            ..Self::default()
        };
        if let Some(value) = table.get("names") {
            config.names = texts(&value, "[\"example.org\"]", |text| {
                let advice = "write letters, digits, `-`, `.` and `_`, without a port; addresses \
                              are always known";
                if is_name(text) {
                    Ok(text.to_owned())
                } else {
                    Err(("a host name", advice.into()))
                }
            });
            if config.origins.is_none() && !config.names.is_empty() {
                value.place.refuse(
                    "without `origins` a listener answers to any name",
                    "add origins = [\"self\"], or remove this",
                );
            }
        }
        if let Some(value) = table.get("trusted_proxies") {
            config.trusted_proxies = texts(&value, "[\"127.0.0.1\", \"10.0.0.0/8\"]", |text| {
                AddressRange::parse(text).map_err(|error| match error {
                    RangeError::Form => (
                        "an IP address or a network",
                        "write \"127.0.0.1\", \"::1\" or \"10.0.0.0/8\"".to_owned(),
                    ),
                    RangeError::HostBits(network) => {
                        ("a network", format!("it has bits after its own; write \"{network}\""))
                    }
                })
            });
        }
        if let Some(value) = table.get("proxy_protocol")
            && let Some(on) = value.boolean()
        {
            config.proxy_protocol = on;
            if on && config.trusted_proxies.is_empty() {
                value.place.refuse(
                    "the PROXY protocol is taken from trusted proxies only",
                    "add trusted_proxies = [\"127.0.0.1\"], or the address of your proxy",
                );
            }
        }
        config
    }
}

/// Reads a list of texts, with `read` for each.
fn texts<T>(
    value: &Value<'_>,
    example: &str,
    read: impl Fn(&str) -> Result<T, (&'static str, String)>,
) -> Vec<T> {
    let advice = format!("write a list such as {example}");
    list(value, &advice, |item| match item.as_str().filter(|text| text.len() <= MAX_TEXT) {
        Some(text) => read(text),
        None => Err(("a text of at most 255 bytes", advice.clone())),
    })
}

/// Whether this is a host name. `_` is in the names of some local networks.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
    };
    // An address is known without this.
    let is_address = text.parse::<IpAddr>().is_ok();
    !is_address && text.strip_suffix('.').unwrap_or(text).split('.').all(is_label)
}

/// The names that a listener with this configuration is known by, in words. `None` if it takes any.
pub(crate) fn known_names(config: &AccessConfig) -> Option<String> {
    config.origins.as_ref()?;
    let own = machine();
    let short = own.split('.').next().filter(|short| !short.is_empty());
    let local = short.map(|short| format!("{short}.local"));
    let machine = short.into_iter().chain(local.as_deref());
    let machine = machine.chain(Some(&*own).filter(|own| own.contains('.')));
    let names = config.names.iter().map(String::as_str).chain(machine);
    let names = names.fold("IP addresses, localhost".to_owned(), |all, name| all + ", " + name);
    Some(names)
}

/// The same, ready for requests.
#[derive(Debug)]
pub struct Access {
    /// The pages that may connect; `None` allows all.
    pages: Option<Pages>,
    /// The names that count if `pages` is set.
    names: Names,
    trusted_proxies: Vec<AddressRange>,
    pub(crate) proxy_protocol: bool,
}

/// The pages that may connect.
#[derive(Debug)]
struct Pages {
    /// Whether pages that the listener serves itself may.
    own: bool,
    others: Vec<Origin>,
}

impl Access {
    /// The rules of a listener with this configuration.
    pub(crate) fn new(config: &AccessConfig) -> Self {
        let pages = config.origins.as_ref().map(|origins| Pages {
            own: origins.iter().any(|entry| entry == OWN),
            others: origins.iter().filter_map(|entry| Origin::parse(entry)).collect(),
        });
        Self {
            pages,
            names: Names::new(&config.names),
            trusted_proxies: config.trusted_proxies.clone(),
            proxy_protocol: config.proxy_protocol,
        }
    }

    /// Whether any page in a browser may connect.
    pub fn is_open(&self) -> bool {
        self.pages.is_none()
    }

    /// Checks the name by which a request calls the host. Only HTTP/1.0 may leave it out, which no
    /// browser speaks.
    ///
    /// # Errors
    /// The listener says which pages may connect, and is not known by this name.
    pub(crate) fn check_name(&self, request: &RequestHead<'_>) -> Result<(), ErrorResponse> {
        match request.host {
            Some(host) if self.pages.is_some() && !self.knows_name(request) => {
                Err(ErrorResponse::Misdirected { host: host.into() })
            }
            _ => Ok(()),
        }
    }

    /// Whether a browser may connect from this page. A request without `Origin` does not come from a
    /// page. A client that can omit it could also forge it (RFC 6455, section 10.2).
    pub(crate) fn may_connect(&self, request: &RequestHead<'_>) -> bool {
        let Some(pages) = &self.pages else { return true };
        if request.field("Origin").next().is_none() {
            return true;
        }
        let Some(origin) = origin_of(request) else { return false };
        pages.others.contains(&origin) || (pages.own && self.is_own(&origin, request))
    }

    /// Whether a request came through a proxy, as far as it or its connection says so. A proxy without a
    /// word can't be told from a browser.
    pub(crate) fn is_proxied(&self, request: &RequestHead<'_>) -> bool {
        let is_of_proxy = |name: &str| {
            let beginning = name.as_bytes().get(..FORWARDED.len());
            OF_PROXIES.iter().any(|known| known.eq_ignore_ascii_case(name))
                || beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(FORWARDED))
        };
        self.proxy_protocol || request.fields.iter().any(|field| is_of_proxy(field.name))
    }

    /// Whether a request calls the host by a name of its own, also where any page may connect.
    pub(crate) fn knows_name(&self, request: &RequestHead<'_>) -> bool {
        request.host.is_some_and(|host| self.names.have(host))
    }

    /// Whether a request comes from a page that was loaded from this listener.
    pub(crate) fn is_from_own_page(&self, request: &RequestHead<'_>) -> bool {
        origin_of(request).is_some_and(|origin| self.is_own(&origin, request))
    }

    /// Whether `origins` names the pages of this origin.
    pub(crate) fn names_page(&self, origin: &Origin) -> bool {
        self.pages.as_ref().is_some_and(|pages| pages.others.contains(origin))
    }

    /// Whether a page of this origin was loaded from this listener, by one of its names.
    fn is_own(&self, origin: &Origin, request: &RequestHead<'_>) -> bool {
        request.host.is_some_and(|host| origin.is_of(host)) && self.knows_name(request)
    }

    /// Whether this is a proxy that tells who its clients are.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        trust(&self.trusted_proxies, address)
    }

    /// The network whose share a connection uses. `None` if it has no limit: a trusted proxy stands
    /// for many clients, and each counts once it is known.
    pub(crate) fn network_of(&self, peer: SocketAddr) -> Option<Network> {
        if self.trusts(peer.ip()) { None } else { Network::of(peer.ip()) }
    }

    /// The client of a request that came from this peer.
    pub(crate) fn client(&self, peer: SocketAddr, request: &RequestHead<'_>) -> SocketAddr {
        trusted_proxies::client(&self.trusted_proxies, peer, request)
    }
}

/// The origin of the page that a request comes from. `None` if it tells none, several, or none that is
/// valid.
fn origin_of(request: &RequestHead<'_>) -> Option<Origin> {
    let mut origins = request.field("Origin");
    let origin = Origin::parse(str::from_utf8(origins.next()?).ok()?)?;
    origins.next().is_none().then_some(origin)
}
