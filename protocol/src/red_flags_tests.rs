//! Rules of the published lists.

use super::*;
use crate::Programme;

fn list() -> RedFlagList {
    RedFlagList {
        id: "infant".to_owned(),
        version: 1,
        source: Words::new("出典", "Source"),
        audience: RedFlagAudience::Infant,
        items: vec![Words::new("けいれん", "A convulsion"), Words::new("顔色が悪い", "Bad colour")],
    }
}

#[test]
fn the_hash_is_over_the_lines_the_docs_name() {
    let lines = "yorisoi/red-flags/1\ninfant\n1\ninfant\n出典\nSource\nけいれん\nA convulsion\n顔色が悪い\nBad colour";
    assert_eq!(list().sha256(), sha256(lines.as_bytes()));
    let ListShown { id, version, sha256 } = list().shown();
    assert_eq!((id.as_str(), version, sha256.len()), ("infant", 1, 64));
}

#[test]
fn any_change_of_a_list_changes_its_hash() {
    let changes: [fn(&mut RedFlagList); 7] = [
        |list| list.id.push('x'),
        |list| list.version = 2,
        |list| list.source.en.push('.'),
        |list| list.audience = RedFlagAudience::Parent,
        |list| list.items[0].ja.push('。'),
        |list| list.items.swap(0, 1),
        |list| list.items.truncate(1),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut changed = list();
        change(&mut changed);
        assert_ne!(changed.sha256(), list().sha256(), "change {index}");
    }
}

#[test]
fn what_cannot_be_in_a_list_is_refused() {
    assert_eq!(check(&[list()]), Ok(()));
    assert_eq!(check(&[list(), list()]), Err("each list has an id of its own"));
    assert_eq!(check(&vec![list(); 9]), Err("at most 8 lists"));
    let refused = |change: fn(&mut RedFlagList)| {
        let mut changed = list();
        change(&mut changed);
        check(&[changed]).unwrap_err()
    };
    assert!(refused(|list| list.id = "乳児".into()).contains("id"));
    assert!(refused(|list| list.version = 0).contains("from 1"));
    assert!(refused(|list| list.items.clear()).contains("1 to 40"));
    assert!(refused(|list| list.items[0].en.push('\n')).contains("one line"));
    assert!(refused(|list| list.source.ja.clear()).contains("source"));
}

#[test]
fn an_audience_of_a_newer_file_hides_no_list() {
    let text = serde_json::to_string(&list()).unwrap().replace(":\"infant\",\"items", ":\"toddler\",\"items");
    let read: RedFlagList = serde_json::from_slice(text.as_bytes()).unwrap();
    assert_eq!((read.audience, read.items.len()), (RedFlagAudience::Other, 2));
}

#[test]
fn the_shipped_lists_are_for_both_and_say_that_they_are_drafts() {
    for text in [
        include_str!("../../sandbox/programmes/fuchu-2021.json"),
        include_str!("../../sandbox/programmes/itabashi-2021.json"),
        include_str!("../../sandbox/programmes/setagaya-2021.json"),
    ] {
        let lists = Programme::parse(text).unwrap().red_flags;
        let audiences: Vec<_> = lists.iter().map(|list| list.audience).collect();
        assert_eq!(audiences, [RedFlagAudience::Infant, RedFlagAudience::Parent]);
        for list in lists {
            assert!(list.source.ja.contains("下書き") && list.source.en.contains("Draft"), "{}", list.id);
        }
    }
}
