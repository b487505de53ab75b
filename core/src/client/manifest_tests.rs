//! What the device believes of a manifest, and what it goes on with when it does not.

use std::sync::Arc;

use super::YorisoiClient;
use super::tests::code;
use crate::testing::{FakeServer, Fault, Phone, Signed, day};
use crate::view::ManifestView;

fn phone_and_server() -> (Phone, Arc<FakeServer>) {
    (Phone::new(), Arc::new(FakeServer::new()))
}

fn version(client: &YorisoiClient) -> u64 {
    client.manifest().unwrap().version
}

#[tokio::test]
async fn a_newer_manifest_of_either_root_is_taken_over_and_survives_a_restart() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    assert_eq!(version(&client), 1);
    server.publish(Signed { root: 2, ..Signed::version(3) }.sign());
    assert_eq!(client.refresh_manifest().await.unwrap().version, 3);
    drop(client);
    assert_eq!(version(&phone.open(&server)), 3, "newer than the one the app brought along");
}

#[tokio::test]
async fn an_older_or_a_second_manifest_of_one_version_is_refused_and_the_held_one_stays() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    server.publish(Signed::version(5).sign());
    client.refresh_manifest().await.unwrap();
    let other = Signed { not_after: day("2022-09-01"), ..Signed::version(5) };
    for refused in [Signed::version(4).sign(), other.sign()] {
        server.publish(refused);
        assert_eq!(code(client.refresh_manifest().await), "manifest_rolled_back");
        assert_eq!(version(&client), 5);
    }
    drop(client);
    assert_eq!(version(&phone.open(&server)), 5);
}

#[tokio::test]
async fn a_manifest_of_a_third_key_or_cut_or_bent_is_not_believed() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    let good = Signed::version(2).sign();
    let mut bent = good.clone();
    bent[200] ^= 1;
    for refused in [Signed { root: 3, ..Signed::version(2) }.sign(), good[..good.len() - 1].to_vec(), bent] {
        server.publish(refused);
        assert_eq!(code(client.refresh_manifest().await), "manifest_not_believed");
        assert_eq!(version(&client), 1);
    }
}

#[tokio::test]
async fn what_is_held_is_not_sent_again() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    server.publish(Signed::version(1).sign());
    assert_eq!(client.refresh_manifest().await.unwrap().version, 1);
    assert_eq!(server.manifest_requests(), 1);
}

#[tokio::test]
async fn a_sync_asks_once_a_day_and_a_failure_to_ask_stops_nothing() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    server.publish(Signed::version(2).sign());
    client.sync().await.unwrap();
    client.sync().await.unwrap();
    assert_eq!((server.manifest_requests(), version(&client)), (1, 2));
    phone.set("2021-10-02 03:13:00");
    server.publish(Signed { root: 3, ..Signed::version(3) }.sign());
    client.sync().await.unwrap();
    assert_eq!((server.manifest_requests(), version(&client)), (2, 2));
}

#[tokio::test]
async fn an_expired_manifest_says_so_and_everything_goes_on() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    server.publish(Signed { not_after: day("2021-10-05"), ..Signed::version(2) }.sign());
    client.refresh_manifest().await.unwrap();
    let degraded = || client.manifest().map(|ManifestView { degraded, .. }| degraded);
    phone.set("2021-10-04 23:59:59");
    assert_eq!(degraded(), Some(false));
    phone.set("2021-10-05 00:00:00");
    assert_eq!(degraded(), Some(true));
    assert!(client.may_ask().unwrap().eligibility.allowed());
    assert!(client.safety_contacts().len() > 1);
    client.check_card(&server.card()).unwrap();
}

#[tokio::test]
async fn a_manifest_for_newer_libraries_asks_for_an_update_and_still_serves() {
    let (phone, server) = phone_and_server();
    let client = phone.open(&server);
    server.publish(Signed { smallest_sdk: "0.2.0", ..Signed::version(2) }.sign());
    assert!(client.refresh_manifest().await.unwrap().update_needed);
    client.check_card(&server.card()).unwrap();
}

#[tokio::test]
async fn without_a_manifest_a_good_code_waits_for_the_network_and_a_wrong_one_does_not() {
    let (phone, server) = phone_and_server();
    let client = phone.open_bare(&server);
    assert_eq!(client.manifest(), None);
    assert_eq!(code(client.check_card("1037-K9QX-R2M3-TQ4S")), "card_check_failed");
    assert_eq!(code(client.check_card(&server.card())), "manifest_missing");
    server.fail_next(Fault::Down);
    assert_eq!(code(client.enroll(&server.card()).await), "network_unreachable");
    assert_eq!(client.safety_contacts()[0].contact.digits.as_str(), "119");
}

#[tokio::test]
async fn a_programme_that_a_newer_manifest_leaves_out_stays_readable_for_those_in_it() {
    let (phone, server) = phone_and_server();
    let client = phone.enrolled(&server).await;
    let setagaya = include_str!("../../../sandbox/programmes/setagaya-2021.json").to_owned();
    server.publish(Signed { programmes: vec![setagaya], ..Signed::version(2) }.sign());
    client.refresh_manifest().await.unwrap();
    assert_eq!(code(client.check_card(&server.card())), "card_unknown_programme");
    drop(client);
    let client = phone.open(&server);
    assert_eq!(client.enrollment().unwrap().unwrap().programme, "fuchu-2021");
    assert!(client.exported().unwrap().contains("fuchu-2021"));
    let shown = client.safety_contacts();
    assert!(
        shown.iter().any(|shown| shown.contact.digits.as_str() == "042-521-2323"),
        "of Fuchu, not of Setagaya"
    );
}
