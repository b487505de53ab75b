//! `POST /v1/desk/sessions`: logs a clinician in.

use axum::extract::{Request, State};
use axum::response::Response;

use super::body::Received;
use super::{AppState, reply, work};
use crate::desk_api::{LogIn, Session};
use crate::service::Failure;

pub(super) async fn log_in(State(state): State<AppState>, request: Request) -> Response {
    reply::plain(logged_in(&state, request).await)
}

async fn logged_in(state: &AppState, request: Request) -> Result<Session, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let log_in: LogIn = received.json()?;
        service.log_in(&log_in)
    })
    .await
}
