//! Rules in words: short for a path, whole sentences for a reason.

use super::decide::{Bound, Setting};
use super::facts::{DateFact, Residence};
use super::move_out::MoveOut;
use super::rule::Rule;
use crate::age::{Period, Term};
use crate::date::CivilDate;
use crate::words::Words;

/// A rule without parts, as a path names it. Nothing of a household stands in it.
pub(super) fn leaf(rule: &Rule) -> String {
    let kind = rule.kind();
    match rule {
        Rule::Window([first, last]) => format!("{kind} {first}..{last}"),
        Rule::Programme(index) => format!("{kind} {index}"),
        Rule::Resides(municipality) => format!("{kind} {municipality}"),
        Rule::DeliveredWithin(period) | Rule::ChildAgeLt(period) => format!("{kind} {period}"),
        Rule::Newer { .. } => format!("unknown {kind}"),
        _ => kind.to_owned(),
    }
}

/// A condition beside the rule of use, as a path names it.
pub(super) fn bound(bound: Bound, setting: Setting<'_>) -> String {
    match bound {
        Bound::MoveOut => match setting.move_out {
            MoveOut::EndOnDate => "move_out EndOnDate".to_owned(),
            MoveOut::EndOfMonth => "move_out EndOfMonth".to_owned(),
            MoveOut::RunToProgrammeEnd => "move_out RunToProgrammeEnd".to_owned(),
            MoveOut::GraceDays(days) => format!("move_out GraceDays {days}"),
            MoveOut::Undecided => "move_out UNDECIDED_ASK_CITY".to_owned(),
            MoveOut::Newer => "move_out unknown".to_owned(),
        },
        Bound::RedeemUntil(last) => format!("redeem_until {last}"),
    }
}

/// What a condition beside the rule of use asks.
pub(super) fn bound_reason(bound: Bound, setting: Setting<'_>) -> Words {
    match bound {
        Bound::MoveOut => moved_out(setting.move_out),
        Bound::RedeemUntil(last) => Words::new(
            format!("カードの登録は{}までです。", last.japanese()),
            format!("Cards can be registered until the end of {last}."),
        ),
    }
}

/// What a rule without parts asks, with the last day where the facts give one.
pub(super) fn leaf_reason(rule: &Rule, setting: Setting<'_>, negated: bool) -> Words {
    let words = match rule {
        Rule::Window([first, last]) => Words::new(
            format!("利用できる期間は{}から{}までです。", first.japanese(), last.japanese()),
            format!("It can be used from {first} to the end of {last}."),
        ),
        Rule::Programme(index) => Words::new(
            format!("事業番号{index}のカードをお持ちの方が対象です。"),
            format!("It is for people with a card of programme {index}."),
        ),
        Rule::Resides(municipality) => match setting.facts.residence {
            Residence::Known { municipality: ref home, moved_out: Some(_) } if home == municipality => {
                moved_out(setting.move_out)
            }
            _ => Words::new(
                format!("市区町村コード{municipality}の市区町村にお住まいの方が対象です。"),
                format!("It is for people who live in the municipality with the code {municipality}."),
            ),
        },
        Rule::DeliveredWithin(period) => delivered(*period, setting.facts.delivered),
        Rule::ChildAgeLt(period) => child(*period, &setting.facts.children),
        Rule::CaregiverOfInfant => Words::new(
            "親に代わって1歳未満の乳児を育てている方が対象です。",
            "It is for people who care for a child under one year in a parent's place.",
        ),
        _ => Words::new("この版がまだ知らない条件です。", "This condition is newer than this version."),
    };
    if negated {
        return Words::new(
            format!("次の条件にあたらない場合が対象です。{}", words.ja),
            format!("It is for cases to which this does not apply: {}", words.en),
        );
    }
    words
}

fn moved_out(policy: MoveOut) -> Words {
    match policy {
        MoveOut::EndOnDate => {
            Words::new("転出の日まで利用できます。", "It can be used until the day of moving out.")
        }
        MoveOut::EndOfMonth => Words::new(
            "転出した月の末日まで利用できます。",
            "It can be used until the end of the month of moving out.",
        ),
        MoveOut::RunToProgrammeEnd => {
            Words::new("転出後も利用できます。", "It can be used after moving out as well.")
        }
        MoveOut::GraceDays(days) => Words::new(
            format!("転出の日から{days}日後まで利用できます。"),
            format!("It can be used for {days} days after the day of moving out."),
        ),
        MoveOut::Undecided => Words::new(
            "転出後の扱いは市区町村が定めます。窓口でご確認ください。",
            "What applies after moving out is for the municipality to say. Please ask its desk.",
        ),
        MoveOut::Newer => Words::new(
            "転出後の扱いは、この版がまだ知らない条件です。",
            "What applies after moving out is newer than this version.",
        ),
    }
}

fn delivered(period: Period, delivered: DateFact) -> Words {
    let (ja, en) = term(period.term);
    let (until_ja, until_en) = last_day(period, &[delivered]);
    Words::new(
        format!("出産後{ja}以内の方が対象です{until_ja}。"),
        format!("It is for people within {en} after a delivery{until_en}."),
    )
}

fn child(period: Period, children: &[DateFact]) -> Words {
    let (ja, en) = term(period.term);
    let (until_ja, until_en) = last_day(period, children);
    Words::new(
        format!("お子さまの生後{ja}未満の期間が対象です{until_ja}。"),
        format!("It covers the time before a child is {en} old{until_en}."),
    )
}

fn term(term: Term) -> (String, String) {
    match term {
        Term::Months(months) => (format!("{months}か月"), format!("{months} months")),
        Term::Days(days) => (format!("{days}日"), format!("{days} days")),
    }
}

/// The last day of the period, if every date is known to the day; of several, the latest.
fn last_day(period: Period, dates: &[DateFact]) -> (String, String) {
    let known = dates.iter().map(|date| match date {
        DateFact::Known(day) => Some(period.last_day(*day)),
        _ => None,
    });
    let latest: Option<CivilDate> = known.collect::<Option<Vec<_>>>().and_then(|days| days.into_iter().max());
    latest.map_or_else(Default::default, |day| {
        (format!("（{}まで）", day.japanese()), format!(", until {day}"))
    })
}
