//! A clinician's desk: the smallest program that speaks the server's HTTP for desks.

use std::net::SocketAddr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use yorisoi_core::host::{SystemRandomness, random};
use yorisoi_protocol::ids::{ChangeId, ConsultationId};
use yorisoi_server::desk_api::{
    AnswerReply, AnswerRequest, ConsultationView, LogIn, QUEUE_PATH, Queue, SESSIONS_PATH, Session,
    TakeReply, answers_path, consultation_path, take_path,
};

use super::failure::{Failure, check, present};
use super::process_guard::PATIENCE;

/// A log-in at a server. It outlives the server's process, not its own twelve hours.
pub(crate) struct Desk {
    pub(crate) session: Session,
}

impl Desk {
    pub(crate) async fn log_in(server: SocketAddr, login: &str, password: &str) -> Result<Self, Failure> {
        let log_in = LogIn { login: login.to_owned(), password: password.to_owned() };
        let session = exchange(server, "POST", SESSIONS_PATH, None, &body(&log_in)?).await?;
        Ok(Self { session })
    }

    pub(crate) async fn queue(&self, server: SocketAddr) -> Result<Queue, Failure> {
        self.ask(server, "GET", QUEUE_PATH, "").await
    }

    pub(crate) async fn take(&self, server: SocketAddr, id: ConsultationId) -> Result<(), Failure> {
        let taken: TakeReply = self.ask(server, "POST", &take_path(id), "").await?;
        check("what the desk took", taken.consultation, id)
    }

    pub(crate) async fn consultation(
        &self,
        server: SocketAddr,
        id: ConsultationId,
    ) -> Result<ConsultationView, Failure> {
        self.ask(server, "GET", &consultation_path(id), "").await
    }

    pub(crate) async fn answer(
        &self,
        server: SocketAddr,
        id: ConsultationId,
        text: &str,
    ) -> Result<(), Failure> {
        let answer_id = random(&SystemRandomness::default()).map_err(Failure::broken)?;
        let answer = AnswerRequest { id: ChangeId::from_bytes(answer_id), text: text.to_owned() };
        let path = answers_path(id);
        let reply: AnswerReply = self.ask(server, "POST", &path, &body(&answer)?).await?;
        check("which answer the server took", reply.id, answer.id)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        server: SocketAddr,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<T, Failure> {
        exchange(server, method, path, Some(&self.session.token), body).await
    }
}

fn body(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::broken)
}

/// One request on a connection of its own.
async fn exchange<T: DeserializeOwned>(
    server: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Result<T, Failure> {
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
        Ok(reply)
    };
    let reply = timeout(PATIENCE, exchanged).await;
    let reply =
        reply.map_err(|_| Failure::broken(format!("the server does not reply to {method} {path}")))?;
    let reply =
        String::from_utf8_lossy(&reply.map_err(Failure::system("speaking to the server"))?).into_owned();
    let (head, json) = present("an end of the head of the server's reply", reply.split_once("\r\n\r\n"))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        return Err(Failure::broken(format!("the server refused {method} {path}: {status} {json}")));
    }
    serde_json::from_str(json)
        .map_err(|error| Failure::broken(format!("the reply to {method} {path}: {error}")))
}
