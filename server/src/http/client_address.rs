//! Where a request came from, as far as it can be known.
//!
//! Behind a proxy every connection comes from the proxy, which names the client in a header. Anybody can send a header,
//! so one is believed only if the operator names it, and of a list only its last entry: the one that the proxy itself
//! added.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderName;

/// The client's address; absent where a header is believed and names none, so that a proxy is never taken for a client.
pub(super) fn client_address(request: &Request, header: Option<&HeaderName>) -> Option<IpAddr> {
    let Some(header) = header else {
        return request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    };
    let last = request.headers().get_all(header).iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(lines: &[&str]) -> Request {
        let mut request = Request::new(Body::empty());
        let peer: SocketAddr = "192.0.2.1:4000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        for line in lines {
            request.headers_mut().append("x-forwarded-for", line.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_header_is_believed_only_if_it_was_named_and_only_its_last_entry() {
        let named = HeaderName::from_static("x-forwarded-for");
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let forged = request(&["198.51.100.9, 203.0.113.5"]);
        assert_eq!(client_address(&forged, None), address("192.0.2.1"));
        assert_eq!(client_address(&forged, Some(&named)), address("203.0.113.5"));
        let twice = request(&["198.51.100.9", "2001:db8::1"]);
        assert_eq!(client_address(&twice, Some(&named)), address("2001:db8::1"));
        for nobody in [&[][..], &["unknown"], &["203.0.113.5,"]] {
            assert_eq!(client_address(&request(nobody), Some(&named)), None);
        }
    }
}
