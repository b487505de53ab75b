//! `POST /v1/sync`: operations up, outcomes and changes down.

use axum::extract::{Request, State};
use axum::response::Response;
use yorisoi_protocol::wire::SyncReply;

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::Failure;

pub(super) async fn sync(State(state): State<AppState>, request: Request) -> Response {
    reply::to_device(synced(&state, request).await)
}

async fn synced(state: &AppState, request: Request) -> Result<SyncReply, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        // Before the signature fits, nothing is inflated or parsed.
        let (signed, device) = service.authenticate_caller(received.signed())?;
        service.sync(&signed, device, &received.json()?)
    })
    .await
}
