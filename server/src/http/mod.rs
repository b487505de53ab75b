//! The doors of the server: one file per address. They read, ask [`Service`] and write; they decide nothing.

mod body;
mod client_address;
mod desk_answers;
mod desk_consultation;
mod desk_photos;
mod desk_queue;
mod desk_sessions;
mod desk_take;
mod enrollments;
mod erasures;
mod limits;
mod live;
mod log;
mod manifest;
mod photos;
mod reply;
mod rescues;
mod sync;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::{get, post};
use tokio::sync::{Semaphore, watch};
use yorisoi_protocol::wire::{
    ApiErrorCode, ENROLLMENTS_PATH, ERASURES_PATH, LIMITS_PATH, LIVE_PATH, MANIFEST_PATH, PHOTOS_PATH,
    RESCUES_PATH, SYNC_PATH,
};

pub(crate) use self::client_address::ClientAddresses;
use crate::desk_api::{QUEUE_PATH, SESSIONS_PATH};
use crate::service::{Failure, Service, Trouble};

/// After so many seconds there is room again.
const COME_BACK_SECONDS: u32 = 2;

/// What every door needs.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) service: Arc<Service>,
    pub(crate) client_addresses: Arc<ClientAddresses>,
    /// Turns true when the server closes: streams without an end must end then.
    pub(crate) closing: watch::Receiver<bool>,
    /// Room for pieces of work.
    pub(crate) room: Arc<Semaphore>,
}

/// All doors.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .route(ENROLLMENTS_PATH, post(enrollments::redeem))
        .route(RESCUES_PATH, post(rescues::hand_in))
        .route(ERASURES_PATH, post(erasures::erase))
        .route(SYNC_PATH, post(sync::sync))
        .route(&format!("{PHOTOS_PATH}/{{photo}}/{{offset}}"), post(photos::take))
        .route(LIVE_PATH, get(live::listen))
        .route(LIMITS_PATH, get(limits::limits))
        .route(MANIFEST_PATH, get(manifest::manifest))
        .route(SESSIONS_PATH, post(desk_sessions::log_in))
        .route(QUEUE_PATH, get(desk_queue::queue))
        .route("/v1/desk/consultations/{id}", get(desk_consultation::show))
        .route("/v1/desk/consultations/{id}/photos/{photo}", get(desk_photos::show))
        .route("/v1/desk/consultations/{id}/take", post(desk_take::take))
        .route("/v1/desk/consultations/{id}/answers", post(desk_answers::answer))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(log::log))
        .with_state(state)
}

async fn not_found() -> Response {
    reply::failure(&Failure::refused(ApiErrorCode::NotFound))
}

async fn method_not_allowed() -> Response {
    reply::failure(&Failure::refused(ApiErrorCode::MethodNotAllowed))
}

/// Does a piece of work where it may block. A panic in it is trouble of this server, never a broken connection. Once begun it
/// is done to its end, whether the caller waits for it or not. Where there is no room the caller is asked to come back:
/// who waits in an endless queue gives up before its turn and asks again.
async fn work<T: Send + 'static>(
    state: &AppState,
    piece: impl FnOnce(&Service) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let room = Arc::clone(&state.room).try_acquire_owned();
    let room = room.map_err(|_| Failure::too_many(COME_BACK_SECONDS))?;
    let service = Arc::clone(&state.service);
    let piece = move || {
        let done = piece(&service);
        drop(room);
        done
    };
    tokio::task::spawn_blocking(piece).await.unwrap_or_else(|_| Err(Trouble::BrokeOff.into()))
}
