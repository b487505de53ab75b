//! `GET /v1/limits`: what this server accepts at most.

use axum::response::Response;
use yorisoi_protocol::wire::Limits;

use super::reply;

pub(super) async fn limits() -> Response {
    reply::plain(Ok(Limits::V1))
}
