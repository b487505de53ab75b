//! `GET /v1/desk/consultations/{id}`: a consultation with its texts, for who has taken it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use yorisoi_protocol::ids::ConsultationId;
use yorisoi_protocol::wire::ApiErrorCode;

use super::body::Received;
use super::{AppState, reply, work};
use crate::desk_api::ConsultationView;
use crate::service::Failure;

pub(super) async fn show(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    reply::plain(shown(&state, id, request).await)
}

async fn shown(
    state: &AppState,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<ConsultationView, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let clinician = service.session(received.token())?;
        service.consultation(&clinician, named(id)?)
    })
    .await
}

/// Which consultation an address names. An address that names none leads nowhere.
pub(super) fn named(id: Result<Path<String>, PathRejection>) -> Result<ConsultationId, Failure> {
    id.ok()
        .and_then(|Path(id)| ConsultationId::parse(&id).ok())
        .ok_or_else(|| Failure::refused(ApiErrorCode::NotFound))
}
