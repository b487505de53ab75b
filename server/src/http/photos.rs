//! `POST /v1/photos/{photo}/{offset}`: one part of a photo, as raw bytes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use yorisoi_protocol::decimal;
use yorisoi_protocol::ids::PhotoId;
use yorisoi_protocol::wire::{ApiErrorCode, PhotoReply};

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::Failure;

/// What an address names.
type Named = Result<Path<(String, String)>, PathRejection>;

pub(super) async fn take(State(state): State<AppState>, named: Named, request: Request) -> Response {
    reply::to_device(taken(&state, named, request).await)
}

async fn taken(state: &AppState, named: Named, request: Request) -> Result<PhotoReply, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let (signed, device) = service.authenticate_device(received.signed())?;
        service.take_photo_part(&signed, &device, part(named)?, received.raw()?)
    })
    .await
}

/// Which photo, and from which byte on. An address that names neither leads nowhere.
fn part(named: Named) -> Result<(PhotoId, u64), Failure> {
    let named = named
        .ok()
        .and_then(|Path((photo, offset))| Some((PhotoId::parse(&photo).ok()?, decimal::parse(&offset, 20)?)));
    named.ok_or_else(|| Failure::refused(ApiErrorCode::NotFound))
}
