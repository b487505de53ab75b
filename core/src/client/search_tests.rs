//! Rules of search: width, case, kana and how marks are written do not matter, neither in the text nor in what is typed.

use yorisoi_protocol::question::{Service, Subject};

use super::tests::code;
use super::*;
use crate::testing::{FakeServer, Phone};
use crate::view::{FoundIn, SearchHit};

#[tokio::test]
async fn words_are_found_however_they_and_the_text_are_written() {
    let (phone, server) = (Phone::new(), Arc::new(FakeServer::new()));
    let client = phone.enrolled(&server).await;
    // Each line is one word in the ways people and keyboards write it.
    let words = [
        &["ガーゼ", "がーぜ", "ｶﾞｰｾﾞ", "カ\u{3099}ーセ\u{3099}", "か\u{3099}ーせ\u{3099}"][..],
        &["パンツ", "ぱんつ", "ﾊﾟﾝﾂ", "ハ\u{309a}ンツ"],
        &["Milk", "milk", "ＭＩＬＫ", "ｍｉｌｋ"],
        &["３８度", "38度"],
        &["ヴィ", "ｳﾞｨ", "ゔぃ"],
    ];
    for ways in words {
        for written in ways {
            let id = client
                .ask(Service::Pediatrics, Subject::Parent, &format!("昨夜の{written}のことです"))
                .unwrap();
            let draft = NewDraft {
                id: None,
                service: Service::Obstetrics,
                subject: Subject::Parent,
                consultation: None,
                text: format!("下書き：{written}。"),
            };
            let draft = client.save_draft(&draft).unwrap();
            for typed in ways {
                let hits = client.search(typed).unwrap();
                assert!(hits.iter().all(|hit| ways.iter().any(|way| hit.snippet.contains(way))), "{typed}");
                let at = |hit: &&SearchHit| match hit.found_in {
                    FoundIn::Message { consultation, .. } => consultation == id,
                    FoundIn::Draft(found) => found == draft,
                };
                let here: Vec<_> = hits.iter().filter(at).collect();
                assert_eq!(here.len(), 2, "{typed} in {written}");
                assert!(here.iter().all(|hit| hit.snippet.contains(written)), "{typed} in {written}");
            }
        }
    }
    for short in ["", "熱", " ｶ ", "ｶﾞ"] {
        assert_eq!(code(client.search(short)), "search_too_short", "{short:?}");
    }
    assert!(client.search("ガ").is_err() && client.search("まい").unwrap().is_empty());
}
