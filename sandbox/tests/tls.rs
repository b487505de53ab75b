//! TLS between phone and server: whose certificates are believed, and what a captive portal can do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;

use data_encoding::BASE64;
use yorisoi_core::transport::{Authorities, TransportError};
use yorisoi_core::{ClientConfig, YorisoiClient, YorisoiError};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_sandbox::FaultyLine;
use yorisoi_sandbox::rig::Rig;
use yorisoi_sandbox::tls::{Authority, Identity, Page, Portal, TlsFront};

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
