//! `GET /v1/desk/queue`: what waits for a clinician.

use axum::extract::{Request, State};
use axum::response::Response;

use super::body::Received;
use super::{AppState, reply, work};
use crate::desk_api::Queue;
use crate::service::Failure;

pub(super) async fn queue(State(state): State<AppState>, request: Request) -> Response {
    reply::plain(waiting(&state, request).await)
}

async fn waiting(state: &AppState, request: Request) -> Result<Queue, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let clinician = service.session(received.token())?;
        service.queue(&clinician)
    })
    .await
}
