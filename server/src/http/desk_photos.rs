//! `GET /v1/desk/consultations/{id}/photos/{photo}`: a whole photo, for who has taken the consultation.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use yorisoi_protocol::ids::{ConsultationId, PhotoId};
use yorisoi_protocol::wire::{ApiErrorCode, PhotoKind};

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::Failure;

/// What an address names.
type Named = Result<Path<(String, String)>, PathRejection>;

pub(super) async fn show(State(state): State<AppState>, named: Named, request: Request) -> Response {
    match shown(&state, named, request).await {
        Ok((kind, bytes)) => picture(kind, bytes),
        Err(error) => reply::failure(&error),
    }
}

async fn shown(state: &AppState, named: Named, request: Request) -> Result<(PhotoKind, Vec<u8>), Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let clinician = service.session(received.token())?;
        let named = named.ok().and_then(|Path((consultation, photo))| {
            Some((ConsultationId::parse(&consultation).ok()?, PhotoId::parse(&photo).ok()?))
        });
        let (consultation, photo) = named.ok_or_else(|| Failure::refused(ApiErrorCode::NotFound))?;
        service.photo(&clinician, consultation, photo)
    })
    .await
}

/// The bytes came from outside: a browser shows them as that picture or not at all, and keeps nothing of it.
fn picture(kind: PhotoKind, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
