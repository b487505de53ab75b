//! A clinician's desk: the smallest program that speaks the server's HTTP for desks.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use yorisoi_core::host::{SystemRandomness, random};
use yorisoi_protocol::ids::{ChangeId, ConsultationId, Series};
use yorisoi_server::desk_api::{
    AnswerReply, AnswerRequest, ConsultationView, LogIn, QUEUE_PATH, Queue, SESSIONS_PATH, Session,
    TakeReply, answers_path, consultation_path, take_path,
};

use crate::rig::RigError;

/// Only ends what would hang.
const PATIENCE: Duration = Duration::from_secs(10);

/// A log-in at a server. It outlives the server's process, not its own twelve hours.
pub struct Desk {
    /// What the log-in gave.
    pub session: Session,
    /// Of the ids of answers.
    ids: Series,
}

impl Desk {
    /// Logs in.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn log_in(server: SocketAddr, login: &str, password: &str) -> Result<Self, RigError> {
        let log_in = LogIn { login: login.to_owned(), password: password.to_owned() };
        let session = exchange(server, "POST", SESSIONS_PATH, None, &body(&log_in)?).await?;
        let ids = Series::from_bytes(random(&SystemRandomness::default())?);
        Ok(Self { session, ids })
    }

    /// What waits for this clinician.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn queue(&self, server: SocketAddr) -> Result<Queue, RigError> {
        self.ask(server, "GET", QUEUE_PATH, "").await
    }

    /// Takes a consultation.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn take(&self, server: SocketAddr, id: ConsultationId) -> Result<(), RigError> {
        let taken: TakeReply = self.ask(server, "POST", &take_path(id), "").await?;
        match taken.consultation == id {
            true => Ok(()),
            false => Err("the desk took another consultation".into()),
        }
    }

    /// A consultation that was taken, with its texts.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn consultation(
        &self,
        server: SocketAddr,
        id: ConsultationId,
    ) -> Result<ConsultationView, RigError> {
        self.ask(server, "GET", &consultation_path(id), "").await
    }

    /// Answers in a consultation that was taken.
    ///
    /// # Errors
    /// [`RigError`].
    pub async fn answer(&self, server: SocketAddr, id: ConsultationId, text: &str) -> Result<(), RigError> {
        let name = self.ids.drawn(random(&SystemRandomness::default())?);
        let answer = AnswerRequest { id: ChangeId::from_bytes(name), text: text.to_owned() };
        let path = answers_path(id);
        let reply: AnswerReply = self.ask(server, "POST", &path, &body(&answer)?).await?;
        match reply.id == answer.id {
            true => Ok(()),
            false => Err("the server took another answer".into()),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        server: SocketAddr,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<T, RigError> {
        exchange(server, method, path, Some(&self.session.token), body).await
    }
}

fn body(value: &impl Serialize) -> Result<String, RigError> {
    Ok(serde_json::to_string(value)?)
}

/// One request on a connection of its own.
async fn exchange<T: DeserializeOwned>(
    server: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Result<T, RigError> {
    let authorization = token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n{authorization}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchanged = async {
        let mut stream = TcpStream::connect(server).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await?;
        Ok::<_, RigError>(reply)
    };
    let reply = timeout(PATIENCE, exchanged).await;
    let reply = reply.map_err(|_| format!("the server does not reply to {method} {path}"))??;
    let reply = String::from_utf8_lossy(&reply).into_owned();
    let (head, json) = reply.split_once("\r\n\r\n").ok_or("the head of the server's reply has no end")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        return Err(format!("the server refused {method} {path}: {status} {json}").into());
    }
    serde_json::from_str(json).map_err(|error| format!("the reply to {method} {path}: {error}").into())
}
