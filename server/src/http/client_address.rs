//! Where a request came from, as far as it can be known.
//!
//! Behind a proxy every connection comes from the proxy, which names the client in a header. Anybody can send a header,
//! so one is believed only if the operator names it, and of a list only its last entry: the one that the proxy itself
//! added.
//!
//! A phone on the internet has no loopback or private address. Who seems to come from one is a proxy whose header was not
//! named, or a network of the operator's own: no one place that could be told from others, so it is no place at all.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderName;

/// Finds the addresses of clients.
pub(crate) struct ClientAddresses {
    /// The header in which a proxy names the client; none where clients connect themselves.
    header: Option<HeaderName>,
    told: Once,
}

impl ClientAddresses {
    pub(crate) fn new(header: Option<HeaderName>) -> Self {
        Self { header, told: Once::new() }
    }

    /// The client's address; absent where none can be believed. The first time that is for being private, the log says
    /// what it means.
    pub(super) fn of(&self, request: &Request) -> Option<IpAddr> {
        let address = self.named(request)?;
        if !is_private(address) {
            return Some(address);
        }
        self.told.call_once(|| {
            tracing::warn!(
                "clients seem to have private or loopback addresses, so failed redemptions are not limited by address; \
                 behind a proxy, name its header with --client-address-header"
            );
        });
        None
    }

    fn named(&self, request: &Request) -> Option<IpAddr> {
        let Some(header) = &self.header else {
            return request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        };
        let last = request.headers().get_all(header).iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next().map(str::trim).and_then(read)
    }
}

/// An address as proxies write it: alone, with its port, or an IPv6 address in brackets.
fn read(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

/// Whether no client on the internet has it: RFC 1918, 3927, 4193, 4291 (2.4, 2.5.3, 2.5.6), 6598, and addresses of none.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let shared = Ipv4Addr::new(100, 64, 0, 0).to_bits() >> 22;
            four.is_loopback()
                || four.is_private()
                || four.is_link_local()
                || four.is_unspecified()
                || four.to_bits() >> 22 == shared
        }
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local() || six.is_unspecified()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(peer: &str, lines: &[&str]) -> Request {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4000)));
        for line in lines {
            request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
        }
        request
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn behind_proxy(line: &str) -> Option<IpAddr> {
        let named = HeaderName::from_static("x-forwarded-for");
        ClientAddresses::new(Some(named)).of(&request("127.0.0.1", &[line]))
    }

    #[test]
    fn a_header_is_believed_only_if_it_was_named_and_only_its_last_entry() {
        let named = ClientAddresses::new(Some(HeaderName::from_static("x-forwarded-for")));
        let none = ClientAddresses::new(None);
        let forged = request("192.0.2.1", &["198.51.100.9, 203.0.113.5"]);
        assert_eq!(none.of(&forged), address("192.0.2.1"));
        assert_eq!(named.of(&forged), address("203.0.113.5"));
        let twice = request("192.0.2.1", &["198.51.100.9", "2001:db8::1"]);
        assert_eq!(named.of(&twice), address("2001:db8::1"));
        for nobody in [&[][..], &["unknown"], &["203.0.113.5,"]] {
            assert_eq!(named.of(&request("192.0.2.1", nobody)), None);
        }
    }

    #[test]
    fn an_address_is_read_with_its_port_and_in_brackets() {
        for (line, expected) in [
            ("203.0.113.5", address("203.0.113.5")),
            ("198.51.100.9, 203.0.113.5:61234", address("203.0.113.5")),
            ("2001:db8::1", address("2001:db8::1")),
            ("[2001:db8::1]:61234", address("2001:db8::1")),
            ("[2001:db8::1]", address("2001:db8::1")),
            ("203.0.113.5:", None),
            ("203.0.113.5:65536", None),
            ("[203.0.113.5]:80", None),
            ("[2001:db8::1", None),
            ("2001:db8::1]:80", None),
            ("[]", None),
            (":80", None),
        ] {
            assert_eq!(behind_proxy(line), expected, "{line}");
        }
    }

    #[test]
    fn a_private_address_is_no_place() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:10.1.2.3",
            "fd00::1",
            "fe80::1",
        ] {
            assert_eq!(behind_proxy(private), None, "{private}");
            assert_eq!(ClientAddresses::new(None).of(&request(private, &[])), None, "{private}");
        }
        for public in ["100.63.255.255", "100.128.0.0", "172.32.0.1", "2001:db8::1", "fe00::1"] {
            assert_eq!(ClientAddresses::new(None).of(&request(public, &[])), address(public), "{public}");
        }
    }
}
