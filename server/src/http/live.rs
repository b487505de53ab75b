//! `GET /v1/live`: server-sent events. A `hint` at once, another whenever the stream grew, a comment now and then so
//! that both ends notice a dead connection.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, interval_at};
use yorisoi_protocol::wire::Hint;

use super::body::Received;
use super::{AppState, reply, work};
use crate::service::{Failure, Listening};

const HEARTBEAT: Duration = Duration::from_secs(20);

/// The rest of one stream of events.
struct Events {
    first: Option<Hint>,
    listening: Listening,
    heartbeat: Interval,
    closing: watch::Receiver<bool>,
}

pub(super) async fn listen(State(state): State<AppState>, request: Request) -> Response {
    match listening(&state, request).await {
        Ok(listening) => events(listening, state.closing),
        Err(error) => reply::failure(&error),
    }
}

async fn listening(state: &AppState, request: Request) -> Result<Listening, Failure> {
    let received = Received::read(request).await?;
    work(state, move |service| {
        let (signed, device) = service.authenticate_device(received.signed())?;
        service.listen(&signed, &device)
    })
    .await
}

fn events(listening: Listening, closing: watch::Receiver<bool>) -> Response {
    let events = Events {
        first: Some(listening.first),
        listening,
        heartbeat: interval_at(Instant::now() + HEARTBEAT, HEARTBEAT),
        closing,
    };
    let texts = stream::unfold(events, |mut events| async move {
        let text = events.next().await?;
        Some((Ok::<_, Infallible>(text), events))
    });
    let mut response = Response::new(Body::from_stream(texts));
    let media_type = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

impl Events {
    async fn next(&mut self) -> Option<String> {
        if let Some(first) = self.first.take() {
            return event(&first);
        }
        tokio::select! {
            hint = self.listening.next() => event(&hint?),
            _ = self.heartbeat.tick() => Some(":\n\n".to_owned()),
            () = closed(&mut self.closing) => None,
        }
    }
}

fn event(hint: &Hint) -> Option<String> {
    let data = serde_json::to_string(hint).ok()?;
    Some(format!("event: hint\ndata: {data}\n\n"))
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the server is gone already.
    let _ = closing.wait_for(|closing| *closing).await;
}
