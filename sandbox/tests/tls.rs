//! TLS between phone and server: whose certificates are believed, and what a captive portal can do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;

use data_encoding::BASE64;
use yorisoi_core::transport::{Authorities, TransportError};
use yorisoi_core::view::MessageStep;
use yorisoi_core::{ClientConfig, YorisoiClient, YorisoiError};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_sandbox::FaultyLine;
use yorisoi_sandbox::line::{Direction, Passed, Strike};
use yorisoi_sandbox::rig::Rig;
use yorisoi_sandbox::tls::{Authority, Identity, Page, Portal, TlsFront};
use yorisoi_server::desk_api::LogIn;

const HOST: &str = "127.0.0.1";
const TEXT: &str = "夜中に38度の熱が出ました";

async fn front(rig: &Rig, identity: &Identity) -> TlsFront {
    TlsFront::start(identity, rig.server()).await.unwrap()
}

fn phone(rig: &Rig, name: &str, address: SocketAddr, authorities: Authorities) -> YorisoiClient {
    let server = format!("https://{address}");
    let config = ClientConfig { server, authorities, ..rig.config(name).unwrap() };
    YorisoiClient::open(&config, rig.host()).unwrap()
}

fn insecure<T: std::fmt::Debug>(result: Result<T, YorisoiError>) {
    assert_eq!(result.unwrap_err(), YorisoiError::Network(TransportError::Insecure));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_believed_by_the_authority_that_the_app_hands_over_and_by_no_other() {
    let rig = Rig::start().await.unwrap();
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let front = front(&rig, &authority.identity(HOST).unwrap()).await;
    let der = authority.certificate();
    let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(der));
    let card = rig.card().unwrap();
    let unknown = [Authorities::default(), Authorities::only(other.certificate()).unwrap()];
    for (number, unknown) in unknown.into_iter().enumerate() {
        insecure(phone(&rig, &format!("unknown-{number}"), front.address(), unknown).enroll(&card).await);
    }
    let known = [
        Authorities::only(der).unwrap(),
        Authorities::public().and(der).unwrap(),
        Authorities::only(other.certificate()).unwrap().and(text.as_bytes()).unwrap(),
    ];
    for (number, known) in known.into_iter().enumerate() {
        let phone = phone(&rig, &format!("known-{number}"), front.address(), known);
        let phone = rig.enroll(phone).await.unwrap();
        phone.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
        let report = phone.sync().await.unwrap();
        // The consent, and the question.
        assert_eq!((report.held, report.pending), (2, 0));
    }
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_host_or_one_that_has_run_out_is_not_believed_though_its_authority_is() {
    let rig = Rig::start().await.unwrap();
    let authority = Authority::new().unwrap();
    let wrong = [
        authority.identity("soudan.example.jp").unwrap(),
        authority.identity("127.0.0.2").unwrap(),
        authority.expired_identity(HOST).unwrap(),
    ];
    for (number, wrong) in wrong.iter().enumerate() {
        let front = front(&rig, wrong).await;
        let believed = Authorities::only(authority.certificate()).unwrap();
        let phone = phone(&rig, &format!("phone-{number}"), front.address(), believed);
        insecure(phone.enroll(&rig.card().unwrap()).await);
    }
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_captive_portal_says_is_believed_and_the_question_goes_once_it_is_gone() {
    let rig = Rig::start().await.unwrap();
    let (authority, own) = (Authority::new().unwrap(), Authority::new().unwrap().identity(HOST).unwrap());
    let valid = authority.identity(HOST).unwrap();
    let front = front(&rig, &valid).await;
    let line = FaultyLine::open().await.unwrap();
    line.lead_to(Some(front.address()));
    let authorities = Authorities::only(authority.certificate()).unwrap();
    let server = format!("https://{}", line.address());
    let (config, host) = (ClientConfig { server, authorities, ..rig.config("phone").unwrap() }, rig.host());
    // Opened anew, so that it has no connection from before the portal.
    let open = || YorisoiClient::open(&config, host.clone()).unwrap();
    rig.enroll(open()).await.unwrap().sync().await.unwrap();
    // The certificate, the page, what the phone calls it, and whether the page was given out at all.
    let portals = [
        (Some(&own), Page::Terms, "network_insecure", 0),
        (None, Page::Terms, "network_insecure", 1),
        (None, Page::Redirect, "network_insecure", 1),
        (Some(&valid), Page::Terms, "reply_not_believed", 1),
        (Some(&valid), Page::Redirect, "reply_not_believed", 1),
    ];
    for (identity, page, code, given) in portals {
        let phone = open();
        phone.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
        let portal = Portal::start(identity, page).await.unwrap();
        line.lead_to(Some(portal.address()));
        let error = phone.sync().await.unwrap_err();
        assert_eq!((error.code(), error.retryable()), (code, true), "{page:?}");
        assert_eq!((portal.connections(), portal.pages()), (1, given), "{page:?}");
        assert_eq!(phone.sync_state().unwrap().pending, 1);
        line.lead_to(Some(front.address()));
        let report = open().sync().await.unwrap();
        assert_eq!((report.held, report.pending), (1, 0));
        assert!(report.verified_at.is_some());
    }
    rig.stop().await.unwrap();
}

/// Cuts a new connection after so many bytes in that direction, and sees the question arrive once all the same. Whether there
/// were so many bytes at all.
async fn cut(
    phone: &YorisoiClient,
    line: &FaultyLine,
    front: SocketAddr,
    direction: Direction,
    after: u64,
) -> bool {
    phone.ask(Service::Pediatrics, Subject::Parent, TEXT).unwrap();
    let cuts = |passed: Passed| passed.cut_up + passed.cut_down;
    let before = cuts(line.passed());
    line.lead_to(Some(front));
    let strike = if after.is_multiple_of(2) { Strike::Close } else { Strike::Reset };
    line.strike(direction, after, strike);
    // The first may meet the connection from before, which is dead; whether it knows that by now is the system's matter.
    let connections = line.passed().connections;
    let mut synced = phone.sync().await;
    if line.passed().connections == connections {
        synced = phone.sync().await;
    }
    line.heal();
    let struck = cuts(line.passed()) > before;
    assert!(struck || synced.is_ok(), "{direction:?} {after}: {synced:?}");
    assert!(phone.sync_state().unwrap().pending <= 1);
    let mut settled = phone.sync().await;
    if settled.is_err() {
        settled = phone.sync().await;
    }
    let report = settled.unwrap_or_else(|error| panic!("{direction:?} {after}: {error:?}"));
    assert!(report.pending == 0 && report.verified_at.is_some(), "{direction:?} {after}");
    struck
}

async fn cut_at_every(step: u64) {
    let rig = Rig::start().await.unwrap();
    let authority = Authority::new().unwrap();
    let front = front(&rig, &authority.identity(HOST).unwrap()).await;
    let line = FaultyLine::open().await.unwrap();
    line.lead_to(Some(front.address()));
    let believed = Authorities::only(authority.certificate()).unwrap();
    let phone = rig.enroll(phone(&rig, "phone", line.address(), believed)).await.unwrap();
    phone.sync().await.unwrap();
    let mut asked = 0;
    for direction in [Direction::Up, Direction::Down] {
        // Handshake, request, reply: until there are not so many bytes.
        let mut after = 0;
        while cut(&phone, &line, front.address(), direction, after).await {
            after += step;
            asked += 1;
        }
        asked += 1;
        // Down there are fewer: from the second connection on the session goes on, and no certificate is sent.
        assert!(after > 700, "{direction:?}: only {after} bytes");
    }
    let password = rig.service.add_clinician("desk", ClinicianRole::Pediatrician, 1).unwrap();
    let log_in = LogIn { login: "desk".to_owned(), password };
    let session = rig.service.log_in(&log_in).unwrap();
    let clinician = rig.service.session(Some(&session.token)).unwrap();
    assert_eq!(rig.service.queue(&clinician).unwrap().consultations.len(), asked);
    let held = phone.consultations(None, u32::MAX).unwrap().consultations;
    assert!(held.iter().all(|view| view.step == MessageStep::HeldByServer));
    println!("{asked} connections cut");
    rig.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_in_handshake_request_or_reply_leaves_one_copy_on_the_server() {
    cut_at_every(7).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo xtask test long"]
async fn a_connection_lost_at_any_byte_of_handshake_request_or_reply_leaves_one_copy_on_the_server() {
    cut_at_every(1).await;
}
