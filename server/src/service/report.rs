//! What the municipality sees: a closed set of numbers about one programme.
//!
//! No cell says anything about a group of fewer than ten persons, nor about the rest of the group it was cut
//! from where that rest is as small. Zero may be shown: nobody is no person. Cards issued are no persons and always shown.
//! Nothing here claims a clinical effect.

use std::fmt::Write;

use serde::Serialize;
use yorisoi_protocol::question::Service as Asked;
use yorisoi_protocol::survey::{SurveyAnswers, SurveyDefinition, SurveyItem};
use yorisoi_protocol::{Programme, Timestamp, Words};

use super::setup::stored;
use super::{Service, SetupError};
use crate::storage::ProgrammeFigures;

/// The smallest group of persons that is shown.
const FLOOR: u64 = 10;
const HIDDEN: &str = "10人未満のため非表示 / hidden: fewer than 10";

/// One number of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell<T> {
    /// It may be shown.
    Shown(T),
    /// It would speak of fewer than ten persons.
    Hidden,
}

/// A programme's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The programme's id.
    pub programme: String,
    /// Its name.
    pub name: Words,
    /// When the report was made.
    pub made_at: Timestamp,
    /// Cards issued, those in the place of another among them.
    pub cards_issued: u64,
    /// Cards with which somebody joined.
    pub cards_redeemed: Cell<u64>,
    /// Households that joined with the phrase and not with a card; absent where the programme never had a phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase_households: Option<Cell<u64>>,
    /// Persons who asked at least once.
    pub consulted: Cell<u64>,
    /// Consultations by service.
    pub services: Vec<ServiceRow>,
    /// How long answers took.
    pub answers: Cell<AnswerTimes>,
    /// The items of the survey; none where the programme has no survey.
    pub survey: Vec<SurveyRow>,
}

/// Consultations of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceRow {
    /// The service.
    pub service: Asked,
    /// Consultations opened.
    pub consultations: Cell<u64>,
}

/// How long answers took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AnswerTimes {
    /// Messages answered.
    pub n: u64,
    /// The median time from arrival to answer, in whole minutes; absent where nothing was answered.
    pub median_minutes: Option<i64>,
}

/// One item of the survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SurveyRow {
    /// The item's id.
    pub item: String,
    /// The survey's version, which fixes its wording and scale.
    pub version: u32,
    /// The item's text.
    pub text: Words,
    /// Persons who answered it.
    pub answered: Cell<u64>,
    /// Of those, how many per cent chose one of the two highest steps; absent where nobody answered.
    pub top_two_percent: Cell<Option<u64>>,
}

impl Service {
    /// The report of a programme.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn report(&self, programme: &str) -> Result<Report, SetupError> {
        let tx = self.storage.begin()?;
        let programme = stored(tx.programme(programme)?)?;
        let figures = tx.figures(&programme.id)?;
        Ok(Report::new(&programme, &figures, self.now()))
    }
}

/// `value` if neither `persons` nor those of `whole` who are not among them are a small group.
fn cell<T>(value: T, persons: u64, whole: u64) -> Cell<T> {
    let small = |group: u64| (1..FLOOR).contains(&group);
    match small(persons) || small(whole.saturating_sub(persons)) {
        true => Cell::Hidden,
        false => Cell::Shown(value),
    }
}

impl Report {
    fn new(programme: &Programme, figures: &ProgrammeFigures, now: Timestamp) -> Self {
        let service = |asked: &Asked| {
            let found = figures.services.iter().find(|row| row.service == *asked);
            let (consultations, members) = found.map_or((0, 0), |row| (row.consultations, row.members));
            ServiceRow { service: *asked, consultations: cell(consultations, members, figures.consulted) }
        };
        let times = AnswerTimes {
            n: figures.waits.len() as u64,
            median_minutes: median(&figures.waits).map(|millis| millis / 60_000),
        };
        Self {
            programme: programme.id.clone(),
            name: programme.name.clone(),
            made_at: now,
            cards_issued: figures.cards_issued,
            cards_redeemed: cell(figures.cards_redeemed, figures.cards_redeemed, figures.cards_issued),
            phrase_households: figures.phrase_members.map(|members| cell(members, members, figures.members)),
            consulted: cell(figures.consulted, figures.consulted, figures.members),
            services: programme.services.iter().map(service).collect(),
            answers: cell(times, figures.answered_members, figures.consulted),
            survey: programme.survey.as_ref().map_or_else(Vec::new, |survey| survey_rows(survey, figures)),
        }
    }

    /// The report for people: Japanese with English beside it.
    pub fn text(&self) -> String {
        let mut lines =
            format!("{} / {}\n{}  {}\n\n", self.name.ja, self.name.en, self.programme, self.made_at);
        let mut row = |ja: &str, en: &str, value: String| {
            // Writing to a text cannot fail.
            let _ = writeln!(lines, "{ja} / {en}: {value}");
        };
        row("配布カード", "cards issued", self.cards_issued.to_string());
        row("登録に使われたカード", "cards redeemed", shown(&self.cards_redeemed, u64::to_string));
        if let Some(households) = &self.phrase_households {
            row(
                "合言葉で登録した世帯",
                "households that joined with the phrase",
                shown(households, u64::to_string),
            );
        }
        row("相談した人", "people who consulted", shown(&self.consulted, u64::to_string));
        for service in &self.services {
            let name = service.service.words();
            row(
                &format!("相談件数（{}）", name.ja),
                &format!("consultations, {}", name.en),
                shown(&service.consultations, u64::to_string),
            );
        }
        row("回答までの時間（中央値）", "median time to answer", shown(&self.answers, times));
        for item in &self.survey {
            row(
                &format!("アンケート「{}」回答者", item.text.ja),
                &format!("survey, {} (version {}), n", item.text.en, item.version),
                shown(&item.answered, u64::to_string),
            );
            row(
                "　上位2段階の割合",
                "of those, in the top two steps",
                shown(&item.top_two_percent, |percent| {
                    percent.map_or_else(|| "—".to_owned(), |percent| format!("{percent}%"))
                }),
            );
        }
        lines
    }
}

fn shown<T>(cell: &Cell<T>, text: impl Fn(&T) -> String) -> String {
    match cell {
        Cell::Shown(value) => text(value),
        Cell::Hidden => HIDDEN.to_owned(),
    }
}

fn times(times: &AnswerTimes) -> String {
    match times.median_minutes {
        Some(minutes) => format!(
            "{}時間{}分 / {} h {} min (n = {})",
            minutes / 60,
            minutes % 60,
            minutes / 60,
            minutes % 60,
            times.n
        ),
        None => "— (n = 0)".to_owned(),
    }
}

/// The middle one; of two, the mean.
fn median(values: &[i64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let upper = sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        1 => Some(*upper),
        _ => sorted.get(sorted.len() / 2 - 1).map(|lower| (lower + upper) / 2),
    }
}

fn survey_rows(survey: &SurveyDefinition, figures: &ProgrammeFigures) -> Vec<SurveyRow> {
    let own =
        figures.surveys.iter().filter(|(id, version, _)| *id == survey.id && *version == survey.version);
    let answers: Vec<SurveyAnswers> =
        own.filter_map(|(_, _, answers)| serde_json::from_str(answers).ok()).collect();
    let row = |item: &SurveyItem| {
        let chosen: Vec<u8> =
            answers.iter().filter_map(|answers| answers.get(&item.id).copied().flatten()).collect();
        let answered = chosen.len() as u64;
        let top = chosen.iter().filter(|step| **step < 2).count() as u64;
        let percent = (200 * top + answered).checked_div(2 * answered);
        let answered_cell = cell(answered, answered, answers.len() as u64);
        let share = match answered_cell {
            Cell::Shown(_) => cell(percent, top, answered),
            Cell::Hidden => Cell::Hidden,
        };
        SurveyRow {
            item: item.id.clone(),
            version: survey.version,
            text: item.text.clone(),
            answered: answered_cell,
            top_two_percent: share,
        }
    };
    survey.items.iter().map(row).collect()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
