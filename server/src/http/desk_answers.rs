//! `POST /v1/desk/consultations/{id}/answers`: answers.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::body::Received;
use super::desk_consultation::named;
use super::{AppState, reply, work};
use crate::desk_api::{AnswerReply, AnswerRequest};
use crate::service::Failure;

pub(super) async fn answer(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    reply::plain(answered(&state, id, request).await)
}

async fn answered(
    state: &AppState,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<AnswerReply, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let clinician = service.session(received.token())?;
        let answer: AnswerRequest = received.json()?;
        service.answer(&clinician, named(id)?, &answer)
    })
    .await
}
