//! What was not sent and outlives the phone's key.

use yorisoi_core::view as core;

use crate::client::YorisoiClient;
use crate::consultations::list;
use crate::error::YorisoiError;

/// A database whose key is gone, and how far handing in what waited in it has come.
#[derive(uniffi::Record)]
pub struct SetAsideView {
    /// Its number.
    pub number: u32,
    /// What is still to be handed in.
    pub waiting: u32,
    /// What the server holds.
    pub held: u32,
    /// What the server refused.
    pub refused: u32,
    /// What cannot be handed in: it was never sealed to the programme, or does not open there.
    pub lost: u32,
    /// Whether the file itself cannot be read; then nothing of it is counted, and nothing of it is handed in.
    pub damaged: bool,
}

impl From<core::SetAsideView> for SetAsideView {
    fn from(view: core::SetAsideView) -> Self {
        let core::SetAsideView { number, waiting, held, refused, lost, damaged } = view;
        Self { number, waiting, held, refused, lost, damaged }
    }
}

#[uniffi::export]
impl YorisoiClient {
    /// What stands aside, and how far handing it in has come.
    pub async fn set_aside(&self) -> Result<Vec<SetAsideView>, YorisoiError> {
        self.threads.local(|client| Ok(list(client.set_aside()?))).await
    }

    /// Hands in what waits in the databases that stand aside. Needs no place in a programme; what the server has is not taken
    /// in twice.
    pub async fn hand_in_set_aside(&self) -> Result<Vec<SetAsideView>, YorisoiError> {
        self.threads.remote(|client| async move { Ok(list(client.hand_in_set_aside().await?)) }).await
    }

    /// Deletes a database that stands aside, with what was not handed in of it. Only when the person says so.
    pub async fn discard_set_aside(&self, number: u32) -> Result<(), YorisoiError> {
        self.threads.local(move |client| Ok(client.discard_set_aside(number)?)).await
    }
}
