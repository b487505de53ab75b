//! `serve`: runs the server until it is told to stop. Prints one line when it is ready.

use std::net::SocketAddr;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use yorisoi_server::Server;

use super::{CliError, Setting, print};

#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    setting: Setting,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Behind a proxy only: the header in which it names the client, such as `x-forwarded-for`. Its last entry is believed,
    /// as `1.2.3.4`, `1.2.3.4:port`, `v6` or `[v6]:port`. Without it every client has the proxy's address: a public one
    /// counts as one place, a private or loopback one as none, so failures are not limited by address, and the log warns.
    #[arg(long, value_name = "NAME")]
    client_address_header: Option<String>,
}

impl Serve {
    pub(super) fn run(&self) -> Result<(), CliError> {
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
        if self.setting.clock.is_some() {
            tracing::warn!("the clock is not real: the time is read from a file");
        }
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::System(error.kind()))?
            .block_on(self.serve())
    }

    async fn serve(&self) -> Result<(), CliError> {
        let mut config = self.setting.config()?;
        config.listen = self.listen;
        config.client_address_header.clone_from(&self.client_address_header);
        let system = |error: std::io::Error| CliError::System(error.kind());
        let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
        let server = Server::bind(config).await?;
        print(&format!("listening http://{}\n", server.local_addr()))?;
        let until = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(server.serve(until).await?)
    }
}
