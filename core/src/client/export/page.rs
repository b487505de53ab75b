//! The page for people: one HTML file that needs nothing but the photos beside it, in Japanese with English beside, made to be
//! read on a screen and printed on A4.
//!
//! It shows what the app shows: in loss mode neither ages nor what tells one, nor the survey. The text for machines
//! ([`super::document`]) holds everything.

use std::io::Write;

use yorisoi_protocol::Words;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::survey::SurveyDefinition;

use super::contents::Contents;
use super::failure::ExportFailure;
use super::markup::{Both, Escaped, Minute, both, date};
use super::thread_section;
use crate::family::FamilyFacts;
use crate::store::SurveyRecord;

const STYLE: &str = include_str!("page.css");

type Written = Result<(), ExportFailure>;

/// Writes the page.
pub(super) fn write(contents: &Contents<'_>, to: &mut dyn Write) -> Written {
    write!(
        to,
        "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'\">\n\
         <title>相談の記録</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )?;
    head(contents, to)?;
    thread_section::consultations(contents, to)?;
    thread_section::drafts(contents, to)?;
    if !contents.hides_ages() {
        surveys(contents, to)?;
    }
    family(contents, to)?;
    consents(contents, to)?;
    writeln!(to, "</body>\n</html>")?;
    Ok(())
}

fn head(contents: &Contents<'_>, to: &mut dyn Write) -> Written {
    writeln!(to, "<h1>{}</h1>", both("相談の記録", "Record of consultations"))?;
    if let Some(programme) = &contents.programme {
        writeln!(to, "<p class=\"programme\">{}</p>", Both(&programme.name))?;
    }
    let ja = "この記録は暗号化されていません。保管するとき、人に渡すときはご注意ください。";
    let en = "This record is not encrypted. Please take care where you keep it and whom you give it to.";
    writeln!(to, "<div class=\"note\"><p>{}</p>", both(ja, en))?;
    let ja = "このページは読むためのものです。すべての項目と、サーバーが発行した受領証は、同じフォルダーの yorisoi.json に\
              入っています。時刻は日本時間です。";
    let en = "This page is for reading. All details, with the receipts of the server, are in yorisoi.json beside it. \
              Times are those of Japan.";
    writeln!(to, "<p>{}</p></div>", both(ja, en))?;
    let since = contents.held.identity.as_ref().and_then(|identity| {
        let granted = identity.grant.as_ref().map(|grant| grant.granted_at);
        granted.or(identity.provisional.as_ref().map(|provisional| provisional.since))
    });
    let mut rows = vec![(both("この記録を作った日時", "Made"), Minute(contents.made_at).to_string())];
    rows.extend(since.map(|since| (both("登録した日時", "Enrolled"), Minute(since).to_string())));
    rows.extend(contents.verified_at.map(|at| {
        let name = both(
            "サーバーと同じ内容であることを最後に確かめた日時",
            "Last found to be the same as on the server",
        );
        (name, Minute(at).to_string())
    }));
    rows.push((both("相談の件数", "Consultations"), contents.held.consultations.len().to_string()));
    facts(&rows, to)
}

/// A table of names and values, both of them HTML.
fn facts(rows: &[(String, String)], to: &mut dyn Write) -> Written {
    writeln!(to, "<table class=\"facts\">")?;
    for (name, value) in rows {
        writeln!(to, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>")?;
    }
    writeln!(to, "</table>")?;
    Ok(())
}

fn surveys(contents: &Contents<'_>, to: &mut dyn Write) -> Written {
    let definition = contents.programme.as_ref().and_then(|programme| programme.survey.as_ref());
    for (id, record) in &contents.held.surveys {
        let fitting = definition.filter(|known| known.id == *id && known.version == record.version);
        writeln!(to, "<h2>{}</h2>", both("アンケートの回答", "Answers to the survey"))?;
        let rows: Vec<_> = record.answers.keys().map(|item| survey_row(item, record, fitting)).collect();
        facts(&rows, to)?;
    }
    Ok(())
}

/// One question with what was chosen. Where the version that was answered is known no more, by its name and number.
fn survey_row(item: &str, record: &SurveyRecord, definition: Option<&SurveyDefinition>) -> (String, String) {
    let asked = definition.and_then(|known| known.items.iter().find(|known| known.id == item));
    let name = asked.map_or_else(|| Escaped(item).to_string(), |asked| Both(&asked.text).to_string());
    let Some(chosen) = record.answers.get(item).copied().flatten() else {
        return (name, both("回答していません", "Not answered"));
    };
    let scale = asked.and_then(|asked| definition?.scales.get(&asked.scale));
    let step = scale.and_then(|scale| scale.get(usize::from(chosen)));
    (name, step.map_or_else(|| chosen.to_string(), |step| Both(step).to_string()))
}

fn family(contents: &Contents<'_>, to: &mut dyn Write) -> Written {
    let FamilyFacts { children, delivered, caregiver_since, moved_out } = &contents.held.settings.family;
    let mut rows = Vec::new();
    if !contents.hides_ages() {
        let born = children.iter().filter_map(|born| date(*born));
        rows.extend(born.map(|born| (both("お子さんの生年月日", "Birth date of a child"), born)));
        rows.extend(date(*delivered).map(|day| (both("出産した日", "Day of the delivery"), day)));
        let since = date(*caregiver_since);
        rows.extend(since.map(|day| (both("養育を始めた日", "Caring for a child since"), day)));
    }
    let moved = moved_out.as_ref().map(|moved| moved.day.japanese());
    rows.extend(moved.map(|day| (both("転出する日・した日", "Day of moving out"), day)));
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(to, "<h2>{}</h2>", both("ご家族について入力した内容", "What was told of the family"))?;
    facts(&rows, to)
}

fn consents(contents: &Contents<'_>, to: &mut dyn Write) -> Written {
    if contents.held.consents.is_empty() {
        return Ok(());
    }
    writeln!(to, "<h2>{}</h2>\n<table>\n<tr>", both("同意の記録", "Record of consent"))?;
    for (ja, en) in [("日時", "When"), ("目的", "What for"), ("お返事", "Decision"), ("文面", "Text")]
    {
        writeln!(to, "<th scope=\"col\">{}</th>", both(ja, en))?;
    }
    writeln!(to, "</tr>")?;
    for entry in &contents.held.consents {
        let (purpose, state) = (purpose(entry.purpose), decision(entry.state));
        write!(to, "<tr><td>{}</td><td>{}</td>", Minute(entry.at), Both(&purpose))?;
        writeln!(to, "<td>{}</td><td><bdi>{}</bdi></td></tr>", Both(&state), Escaped(&entry.text_id))?;
    }
    writeln!(to, "</table>")?;
    Ok(())
}

fn purpose(purpose: Purpose) -> Words {
    match purpose {
        Purpose::Service => Words::new("相談と回答", "Answering questions"),
        Purpose::Photo => Words::new("相談に添える写真", "Photos with a question"),
        Purpose::MunicipalHandoff => {
            Words::new("市区町村の支援への引き継ぎ", "Handing over to the municipality")
        }
        Purpose::Survey => Words::new("アンケート", "Survey"),
        Purpose::Statistics => Words::new("匿名の統計", "Anonymous statistics"),
    }
}

fn decision(state: ConsentState) -> Words {
    match state {
        ConsentState::Grant => Words::new("同意する", "Agreed"),
        ConsentState::Deny => Words::new("同意しない", "Not agreed"),
        ConsentState::Withdraw => Words::new("同意の取り消し", "Withdrawn"),
    }
}
