//! Writing a reply: JSON with as few headers as HTTP allows.

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use yorisoi_protocol::gzip;
use yorisoi_protocol::wire::{EnrollmentWait, MEDIA_TYPE};

use crate::service::{Failure, Trouble};

/// A reply to a device, compressed where that makes it shorter.
pub(super) fn to_device<T: Serialize>(result: Result<T, Failure>) -> Response {
    write(result, |body| match gzip::shorter(&body) {
        Some(zipped) => {
            let mut response = whole(StatusCode::OK, zipped);
            let gzip = HeaderValue::from_static("gzip");
            response.headers_mut().insert(CONTENT_ENCODING, gzip);
            response
        }
        None => whole(StatusCode::OK, body),
    })
}

/// A reply as it is: to a desk, whose programs need not read gzip.
pub(super) fn plain<T: Serialize>(result: Result<T, Failure>) -> Response {
    write(result, |body| whole(StatusCode::OK, body))
}

/// A reply to a redemption, whose body is written already. One that has to wait has the same size.
pub(super) fn redeemed(result: Result<Vec<u8>, Failure>) -> Response {
    let error = match result {
        Ok(body) => return whole(StatusCode::OK, body),
        Err(error) => error,
    };
    let mut response = failure(&error);
    if let Failure::Refused { retry_after: Some(_), error } = error
        && let Ok(padded) = EnrollmentWait::of(error).to_padded_json()
    {
        *response.body_mut() = Body::from(padded);
    }
    response
}

/// The reply to a request that has no result.
pub(super) fn failure(error: &Failure) -> Response {
    if let Failure::Unavailable(trouble) = error {
        tracing::error!(%trouble, "cannot serve");
    }
    let error_body = error.api_error();
    let status =
        StatusCode::from_u16(error_body.error.code.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = whole(status, serde_json::to_vec(&error_body).unwrap_or_default());
    if let Failure::Refused { retry_after: Some(seconds), .. } = error {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}

fn write<T: Serialize>(result: Result<T, Failure>, respond: impl FnOnce(Vec<u8>) -> Response) -> Response {
    let body = result.and_then(|value| {
        serde_json::to_vec(&value).map_err(|_| Failure::from(Trouble::Inconsistent("a reply")))
    });
    match body {
        Ok(body) => respond(body),
        Err(error) => failure(&error),
    }
}

fn whole(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(MEDIA_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
