//! The network: one request, one reply, and whether a request that has no reply may have arrived.
//!
//! - TLS is verified against the certificates that the system trusts.
//! - A reply that leads to another host is not followed: rows go to the chosen destination or
//!   nowhere.
//! - Replies are read up to a limit.

use crate::destinations::{Body, Header, Method, Reply, Request};
use crate::model::failure::Failure;
use std::io;
use std::time::Duration;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Proxy, RequestExt as _, Timeout};

/// The most that is read of a reply, in bytes.
const REPLY_MAX: u64 = 16 << 20;
/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a reply on the same host is followed.
const FOLLOWED: usize = 3;

/// A way to a destination, with connections that are used again.
#[derive(Debug, Clone)]
pub struct Wire {
    agent: Agent,
}

/// Why there is no reply.
#[derive(Debug)]
pub enum NoReply {
    /// The request never left.
    NotSent(String),
    /// It left, and may have arrived.
    Maybe(String),
    /// It must not go where it was led.
    Refused(Failure),
}

impl Wire {
    /// A way with so many connections at once to an address.
    pub fn new(connections: usize, patience: Option<Duration>) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(patience.unwrap_or(PATIENCE)))
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: Agent::new_with_config(config) }
    }

    /// Sends a request and reads the reply.
    ///
    /// # Errors
    /// When there is none: see [`NoReply`].
    pub fn ask(&self, request: &Request) -> Result<Reply, NoReply> {
        let mut to = request.url.clone();
        for _ in 0..=FOLLOWED {
            let reply = self.once(request, &to)?;
            let Some(next) = led_to(&reply, request) else { return Ok(reply) };
            to = on_same_host(&to, next).ok_or_else(|| {
                let host = next.split('?').next().unwrap_or_default();
                NoReply::Refused(Failure::new(
                    format!("the destination leads to another address: {host}"),
                    host_of(&request.url),
                    "check the address; rows are sent to no other host",
                ))
            })?;
        }
        Err(NoReply::Maybe("the destination leads in a circle".to_owned()))
    }

    fn once(&self, request: &Request, url: &str) -> Result<Reply, NoReply> {
        let uri: Uri = url.parse().map_err(|_| {
            let place = request.shown().line;
            NoReply::Refused(Failure::wrong_use("this is no address", place, "check the settings"))
        })?;
        let is_near = uri.host().is_some_and(is_loopback);
        let mut built = ureq::http::Request::builder().method(request.method.word()).uri(uri);
        match &request.body {
            Body::Json(_) if !has_header(request, "content-type") => {
                built = built.header("Content-Type", "application/json");
            }
            _ => {}
        }
        for (name, value) in request.all_headers() {
            built = match value {
                Header::Plain(text) => built.header(name, text),
                Header::Secret(before, secret) => {
                    built.header(name, format!("{before}{}", secret.expose()))
                }
            };
        }
        let answered = match &request.body {
            Body::None if matches!(request.method, Method::Get | Method::Delete) => {
                self.run(built.body(()), is_near)
            }
            body => self.run(built.body(body.bytes()), is_near),
        };
        read(answered?).map(|reply| covered(reply, request))
    }

    fn run<B: AsSendBody>(
        &self,
        request: Result<ureq::http::Request<B>, ureq::http::Error>,
        is_near: bool,
    ) -> Result<ureq::http::Response<ureq::Body>, NoReply> {
        let request = request.map_err(|_| {
            let what = "a header of the destination cannot be sent";
            let hint = "check that names and secrets hold no line breaks";
            NoReply::Refused(Failure::wrong_use(what, "", hint))
        })?;
        // What runs on this machine is not asked for through a proxy.
        let proxy = if is_near { None } else { Proxy::try_from_env() };
        let configured = request.with_agent(&self.agent).configure().proxy(proxy).build();
        configured.run().map_err(no_reply)
    }
}

fn read(response: ureq::http::Response<ureq::Body>) -> Result<Reply, NoReply> {
    let (parts, mut body) = response.into_parts();
    let headers = parts.headers.iter();
    let headers = headers
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let bytes = body
        .with_config()
        .limit(REPLY_MAX)
        .read_to_vec()
        .map_err(|error| NoReply::Maybe(format!("the reply broke off: {error}")))?;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Reply { status: parts.status.as_u16(), headers, body })
}

/// Some services repeat the secret that they refuse; a reply is kept and shown.
fn covered(mut reply: Reply, request: &Request) -> Reply {
    for (_, value) in request.all_headers() {
        if let Header::Secret(_, secret) = value
            && !secret.expose().is_empty()
            && reply.body.contains(secret.expose())
        {
            reply.body = reply.body.replace(secret.expose(), "…");
        }
    }
    reply
}

fn has_header(request: &Request, name: &str) -> bool {
    request.all_headers().any(|(n, _)| n.eq_ignore_ascii_case(name))
}

/// Where a reply leads, when it may be followed at all.
fn led_to<'a>(reply: &'a Reply, request: &Request) -> Option<&'a str> {
    let leads = match reply.status {
        307 | 308 => true,
        // The others turn a request with a body into one without.
        301..=303 => request.only_looks,
        _ => false,
    };
    leads.then(|| reply.header("location")).flatten()
}

/// The address that `next` is on the host of `url`; `None` if it is on another.
fn on_same_host(url: &str, next: &str) -> Option<String> {
    let was: Uri = url.parse().ok()?;
    let next: Uri = next.parse().ok()?;
    match next.authority() {
        None => {
            let path = next.path_and_query()?;
            let scheme = was.scheme_str()?;
            let authority = was.authority()?;
            let is_here = path.as_str().starts_with('/') && !path.as_str().starts_with("//");
            is_here.then(|| format!("{scheme}://{authority}{path}"))
        }
        Some(authority) => {
            let same = Some(authority) == was.authority() && next.scheme() == was.scheme();
            same.then(|| next.to_string())
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn host_of(url: &str) -> String {
    url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn no_reply(error: ureq::Error) -> NoReply {
    let told = match &error {
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        other => other.to_string(),
    };
    match &error {
        ureq::Error::BadUri(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => NoReply::NotSent(told),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            NoReply::NotSent(told)
        }
        _ => NoReply::Maybe(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_host_is_followed() {
        let from = "https://a.example:8443/x";
        let check = |next: &str| on_same_host(from, next);
        assert_eq!(check("/y?z=1").as_deref(), Some("https://a.example:8443/y?z=1"));
        assert_eq!(check("https://a.example:8443/y").as_deref(), Some("https://a.example:8443/y"));
        for other in [
            "http://a.example:8443/y",
            "https://a.example/y",
            "https://b.example:8443/y",
            "//b.example/y",
        ] {
            assert_eq!(check(other), None, "{other}");
        }
    }

    #[test]
    fn what_nobody_listens_to_was_not_sent() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let wire = Wire::new(1, None);
        match wire.ask(&Request::get(format!("http://{free}/"))) {
            Err(NoReply::NotSent(_)) => {}
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn loopback_is_known_in_every_form() {
        for host in ["localhost", "127.0.0.1", "[::1]", "127.9.9.9"] {
            assert!(is_loopback(host), "{host}");
        }
        assert!(!is_loopback("example.com"));
    }
}
