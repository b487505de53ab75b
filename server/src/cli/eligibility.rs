//! `eligibility explain`: what the phone would answer for a household at a moment, and by which rule.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use yorisoi_protocol::eligibility::{DateFact, Decision, Facts, Residence};
use yorisoi_protocol::municipality::Municipality;
use yorisoi_protocol::{CivilDate, Eligibility as Answer, Programme, Timestamp};

use super::{CliError, Places, print};

#[derive(Subcommand)]
pub(super) enum Eligibility {
    /// Explains whether a household may use a programme. Status 0 if it may, 1 if not or if that is unknown.
    Explain(Explain),
}

/// Times without an offset are meant in Japan.
#[derive(Args)]
pub(super) struct Explain {
    /// The programme's id.
    #[arg(long)]
    programme: String,
    /// When: RFC 3339, `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM[:SS]`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Timestamp,
    /// When the message was begun, if what is asked is whether it may be sent.
    #[arg(long, value_name = "TIME", value_parser = time)]
    begun: Option<Timestamp>,
    /// A child's birth date: `YYYY-MM-DD`, `YYYY-MM`, `unknown`, or `none` where there is no child. Once for each.
    #[arg(long, value_name = "DATE", value_parser = told)]
    birth: Vec<Told>,
    /// The day of the delivery: `YYYY-MM-DD`, `YYYY-MM` or `unknown`.
    #[arg(long, value_name = "DATE", value_parser = date)]
    delivered: Option<DateFact>,
    /// Since when a child is cared for in a parent's place: as `--birth`, `none` where that is not so.
    #[arg(long, value_name = "DATE", value_parser = told)]
    caregiver_since: Option<Told>,
    /// The code of the municipality they live in, or `unknown`; that of the programme if absent.
    #[arg(long, value_name = "CODE", value_parser = home)]
    resides: Option<Home>,
    /// The day of moving out of it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    moved_out: Option<CivilDate>,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
    /// The directory of the keys; `keys` in the data directory if absent.
    #[arg(long, requires = "data")]
    keys: Option<PathBuf>,
}

/// Where the programme is read.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// The directory of a server's database.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A programme file.
    #[arg(long)]
    file: Option<PathBuf>,
}

/// A date as far as it is told, or that there is none to tell.
#[derive(Clone, Copy)]
struct Told(Option<DateFact>);

/// A municipality, or that it is not told.
#[derive(Clone)]
struct Home(Option<Municipality>);

/// What `--json` prints.
#[derive(Serialize)]
struct Explained<'a> {
    programme: &'a str,
    rules: &'a str,
    at: Timestamp,
    words: yorisoi_protocol::Words,
    #[serde(flatten)]
    decision: &'a Decision,
}

impl Eligibility {
    /// Prints the answer; whether it is yes.
    pub(super) fn run(&self) -> Result<bool, CliError> {
        let Self::Explain(explain) = self;
        explain.run()
    }
}

impl Explain {
    fn run(&self) -> Result<bool, CliError> {
        let programme = self.read()?;
        let facts = self.facts(&programme);
        let decision = match self.begun {
            Some(begun) => programme.send_at(&facts, begun, self.at),
            None => programme.use_at(&facts, self.at),
        };
        let words = decision.eligibility.words();
        let text = if self.json {
            let (programme, rules) = (&programme.id, &programme.rules.id);
            let explained = Explained { programme, rules, at: self.at, words, decision: &decision };
            // An answer is made of numbers and texts; it always has a JSON text.
            serde_json::to_string_pretty(&explained).unwrap_or_default() + "\n"
        } else {
            format!(
                "{}{}\n{} {}\nat      {}\nanswer  {}\nrule    {}\nrules   {}\n",
                words.ja,
                decision.reason.ja,
                words.en,
                decision.reason.en,
                self.at,
                short(&decision.eligibility),
                decision.path.join(" > "),
                programme.rules.id,
            )
        };
        print(&text)?;
        Ok(decision.eligibility.allowed())
    }

    fn read(&self) -> Result<Programme, CliError> {
        let programme = match &self.source {
            Source { data: Some(data), .. } => {
                let places = Places { data: data.clone(), keys: self.keys.clone() };
                return Ok(places.config().open()?.programme(&self.programme)?);
            }
            Source { file, .. } => {
                let file = file.clone().unwrap_or_default();
                let text = std::fs::read_to_string(file).map_err(|error| CliError::File(error.kind()))?;
                Programme::parse(&text).map_err(yorisoi_server::SetupError::from)?
            }
        };
        if programme.id == self.programme {
            Ok(programme)
        } else {
            Err(yorisoi_server::SetupError::UnknownProgramme.into())
        }
    }

    /// What a card proves, and beside it what the arguments tell.
    fn facts(&self, programme: &Programme) -> Facts {
        let mut facts = programme.card_facts();
        if let Some(Home(home)) = &self.resides {
            facts.residence = home.clone().map_or(Residence::NotTold, |municipality| Residence::Known {
                municipality,
                moved_out: None,
            });
        }
        if let Residence::Known { moved_out, .. } = &mut facts.residence {
            *moved_out = self.moved_out;
        }
        if let Some(delivered) = self.delivered {
            facts.delivered = delivered;
        }
        if !self.birth.is_empty() {
            facts.children = self.birth.iter().filter_map(|Told(born)| *born).collect();
        }
        if let Some(Told(since)) = self.caregiver_since {
            facts.caregiver_since = since;
        }
        facts
    }
}

/// The answer in one line for a log or a ticket of the desk.
fn short(answer: &Answer) -> String {
    match answer {
        Answer::Eligible { until: Some(until) } => format!("eligible until {until}"),
        Answer::Eligible { until: None } => "eligible".to_owned(),
        Answer::NotYet { from } => format!("not yet; from {from}"),
        Answer::Ended { since } if *since == Timestamp::EARLIEST => "never".to_owned(),
        Answer::Ended { since } => format!("ended; since {since}"),
        Answer::Unknown { missing } => {
            let missing: Vec<_> = missing.iter().map(|fact| format!("{fact:?}")).collect();
            format!("unknown; missing {}", missing.join(", "))
        }
    }
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(text).ok_or("RFC 3339, YYYY-MM-DD, or YYYY-MM-DDTHH:MM[:SS] in Japan")
}

fn day(text: &str) -> Result<CivilDate, &'static str> {
    CivilDate::parse(text).ok_or("a day as YYYY-MM-DD")
}

fn date(text: &str) -> Result<DateFact, &'static str> {
    DateFact::parse(text).ok_or("YYYY-MM-DD, YYYY-MM or unknown")
}

fn told(text: &str) -> Result<Told, &'static str> {
    if text == "none" { Ok(Told(None)) } else { date(text).map(|date| Told(Some(date))) }
}

fn home(text: &str) -> Result<Home, yorisoi_protocol::municipality::MunicipalityError> {
    if text == "unknown" { Ok(Home(None)) } else { Municipality::parse(text).map(|code| Home(Some(code))) }
}
