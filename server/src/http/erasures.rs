//! `POST /v1/erasures`: erases the member whose device signs.

use axum::extract::{Request, State};
use axum::response::Response;
use yorisoi_protocol::wire::ErasureReply;

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::Failure;

pub(super) async fn erase(State(state): State<AppState>, request: Request) -> Response {
    reply::to_device(erased(&state, request).await)
}

async fn erased(state: &AppState, request: Request) -> Result<ErasureReply, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let (signed, device) = service.authenticate_erasing(received.signed())?;
        service.erase(&signed, &device, &received.json()?)
    })
    .await
}
