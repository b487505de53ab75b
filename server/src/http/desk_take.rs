//! `POST /v1/desk/consultations/{id}/take`: puts a consultation into a clinician's hands.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::body::Received;
use super::desk_consultation::named;
use super::{AppState, reply, work};
use crate::desk_api::TakeReply;
use crate::service::Failure;

pub(super) async fn take(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    reply::plain(taken(&state, id, request).await)
}

async fn taken(
    state: &AppState,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<TakeReply, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let clinician = service.session(received.token())?;
        service.take(&clinician, named(id)?)
    })
    .await
}
