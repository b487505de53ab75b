//! `GET /v1/manifest`: the manifest as it was signed, for everybody. It vouches for itself.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use yorisoi_protocol::manifest::manifest_etag;
use yorisoi_protocol::wire::ApiErrorCode;

use super::{AppState, reply, work};
use crate::service::{Failure, Service, Trouble};

/// RFC 9052 section 2.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/cose; cose-type=\"cose-sign1\"");

pub(super) async fn manifest(State(state): State<AppState>, headers: HeaderMap) -> Response {
    // Several such lines are one list (RFC 9110 section 5.3).
    let held: Vec<&str> =
        headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
    let found = work(&state, Service::manifest).await;
    let found = found.and_then(|signed| signed.ok_or_else(|| Failure::refused(ApiErrorCode::NotFound)));
    found.and_then(|signed| respond(signed, &held)).unwrap_or_else(|error| reply::failure(&error))
}

fn respond(signed: Vec<u8>, held: &[&str]) -> Result<Response, Failure> {
    let etag = manifest_etag(&signed);
    // The weak comparison (RFC 9110 section 13.1.2). No tag of ours holds a comma.
    let known = held
        .iter()
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    let mut response = match known {
        true => Response::new(Body::empty()),
        false => Response::new(Body::from(signed)),
    };
    let headers = response.headers_mut();
    if !known {
        headers.insert(CONTENT_TYPE, MEDIA_TYPE);
    }
    // A cache may keep it and must ask: a revoked key is news.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let etag = HeaderValue::from_str(&etag).map_err(|_| Trouble::Inconsistent("an entity tag"))?;
    headers.insert(ETAG, etag);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    Ok(response)
}
