//! Enrols a phone with each line of a file, against a real server over an operator's data: what a QR reader read
//! from printed cards must let people in. `enroll_scanned DATA CLOCK_MILLIS ROOT MANIFEST SCANNED`.

use std::path::Path;
use std::sync::Arc;

use yorisoi_core::host::{NoNotices, SystemRandomness};
use yorisoi_core::transport::Authorities;
use yorisoi_core::view::{CardKind, EnrollmentState};
use yorisoi_core::{ClientConfig, Host, YorisoiClient};
use yorisoi_protocol::Timestamp;
use yorisoi_sandbox::rig::{RigClock, RigError, RigKeys};
use yorisoi_sandbox::trust;
use yorisoi_server::{Server, ServerConfig};

#[tokio::main]
async fn main() -> Result<(), RigError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, millis, root, manifest, scanned] =
        <[String; 5]>::try_from(arguments).map_err(|_| "five arguments")?;
    let clock = Arc::new(RigClock::at(Timestamp::from_millis(millis.parse()?)));
    let mut config = ServerConfig::new(&data);
    config.clock = clock.clone();
    let server = Server::bind(config).await?;
    let address = format!("http://{}", server.local_addr());
    let serving = tokio::spawn(server.serve(std::future::pending()));
    let [_, second] = trust::roots()?;
    let manifest = std::fs::read(&manifest)?;
    let mut enrolled = 0;
    for text in std::fs::read_to_string(&scanned)?.lines() {
        let phone = Path::new(&data).join(format!("phone-{enrolled}"));
        let config = ClientConfig {
            directory: phone,
            server: address.clone(),
            authorities: Authorities::default(),
            roots: [root.clone(), second.clone()],
            manifest: Some(manifest.clone()),
        };
        let host = Host {
            keys: Arc::new(RigKeys::default()),
            clock: clock.clone(),
            notices: Arc::new(NoNotices),
            randomness: Arc::new(SystemRandomness::default()),
        };
        let client = YorisoiClient::open(&config, host)?;
        let ticket = client.check_card(text)?.kind;
        if !matches!(ticket, CardKind::Ticket { provisional } if provisional.allowed()) {
            return Err("what was scanned gives no provisional place".into());
        }
        if client.enroll(text).await?.state != EnrollmentState::Redeemed {
            return Err("the server did not redeem what was scanned".into());
        }
        enrolled += 1;
    }
    serving.abort();
    println!("{enrolled}");
    Ok(())
}
