//! The kit's own door: HTTP on the loopback, told what to do in JSON.
//!
//! `POST /worlds` begins a world, `POST /worlds/{world}/{verb}` does something with it, `GET /faults` lists the faults. A
//! failure is a status of 400 or more and `{"error": "words"}`.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::world::{Setting, World};
use crate::{FAULTS, KitError};

/// The worlds, each used by one request at a time.
#[derive(Clone, Default)]
struct Worlds {
    open: Arc<Mutex<HashMap<String, Arc<Mutex<World>>>>>,
}

/// A door that listens already.
pub struct Control {
    listener: TcpListener,
    /// Where.
    pub address: SocketAddr,
}

impl Control {
    /// Listens on this port of the loopback; 0 takes a free one.
    ///
    /// # Errors
    /// [`KitError`] if it is taken.
    pub async fn bind(port: u16) -> Result<Self, KitError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Serves for as long as it is polled. Its worlds end with it.
    ///
    /// # Errors
    /// [`KitError`] if the socket fails.
    pub async fn serve(self) -> Result<(), KitError> {
        let router = Router::new()
            .route("/worlds", post(begin))
            .route("/worlds/{world}/{verb}", post(call))
            .route("/faults", get(faults))
            .with_state(Worlds::default());
        Ok(axum::serve(self.listener, router).await?)
    }
}

async fn begin(State(worlds): State<Worlds>, body: String) -> Response {
    reply(begun(&worlds, &body).await)
}

async fn begun(worlds: &Worlds, body: &str) -> Result<Value, KitError> {
    let setting: Setting =
        if body.trim().is_empty() { Setting::default() } else { serde_json::from_str(body)? };
    let world = World::begin(&setting).await?;
    let mut description = world.description()?;
    let mut open = worlds.open.lock().await;
    // The directory of a world is its own, and so is its name.
    let name =
        world.directory().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(members) = description.as_object_mut() {
        members.insert("world".to_owned(), name.clone().into());
    }
    open.insert(name, Arc::new(Mutex::new(world)));
    Ok(description)
}

async fn call(
    State(worlds): State<Worlds>,
    Path((name, verb)): Path<(String, String)>,
    body: String,
) -> Response {
    reply(called(&worlds, &name, &verb, &body).await)
}

async fn called(worlds: &Worlds, name: &str, verb: &str, body: &str) -> Result<Value, KitError> {
    if verb == "end" {
        let world = worlds.open.lock().await.remove(name);
        world.ok_or("there is no such world")?;
        return Ok(json!({}));
    }
    let world = worlds.open.lock().await.get(name).cloned();
    let world = world.ok_or("there is no such world")?;
    let with = if body.trim().is_empty() { Value::Null } else { serde_json::from_str(body)? };
    world.lock().await.call(verb, with).await
}

async fn faults() -> Json<Value> {
    let of =
        |fault: &crate::Fault| json!({"name": fault.name, "words": fault.words, "failures": fault.failures});
    Json(FAULTS.iter().map(of).collect())
}

fn reply(done: Result<Value, KitError>) -> Response {
    match done {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": error.to_string()}))).into_response(),
    }
}
