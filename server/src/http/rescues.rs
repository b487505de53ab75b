//! `POST /v1/rescues`: takes in what was rescued from a phone whose key is gone.

use axum::extract::{Request, State};
use axum::response::Response;
use yorisoi_protocol::wire::{RescueReply, RescueRequest};

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::Failure;

pub(super) async fn hand_in(State(state): State<AppState>, request: Request) -> Response {
    reply::to_device(handed_in(&state, request).await)
}

async fn handed_in(state: &AppState, request: Request) -> Result<RescueReply, Failure> {
    let address = state.client_addresses.of(&request);
    let received = Received::read(request).await?;
    work(state, move |service| {
        let body: RescueRequest = received.json()?;
        let signed = service.authenticate_key(received.signed(), body.device_key)?;
        service.rescue(&signed, &body, address)
    })
    .await
}
