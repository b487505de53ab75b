//! `POST /v1/enrollments`: redeems a card. Once the request is a device's, always of one size, never compressed, and 200
//! or, for who has to wait, 429.

use axum::extract::{Request, State};
use axum::response::Response;
use yorisoi_protocol::wire::EnrollmentRequest;

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::{Failure, Trouble};

pub(super) async fn redeem(State(state): State<AppState>, request: Request) -> Response {
    reply::redeemed(redeemed(&state, request).await)
}

async fn redeemed(state: &AppState, request: Request) -> Result<Vec<u8>, Failure> {
    let address = state.client_addresses.of(&request);
    let received = Received::read(request).await?;
    work(state, move |service| {
        let body: EnrollmentRequest = received.json()?;
        let signed = service.authenticate_key(received.signed(), body.device_key)?;
        let reply = service.enroll(&signed, &body, address)?;
        reply.to_padded_json().map_err(|_| Trouble::Inconsistent("a reply").into())
    })
    .await
}
