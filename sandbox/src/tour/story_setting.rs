//! Steps 1 and 2: the programme is set up, and begins to the second.

use yorisoi_protocol::eligibility::Rule;
use yorisoi_protocol::{CivilDate, EnrollmentCode, Programme};
use yorisoi_sandbox::programmes;

use super::device::command::Command;
use super::device::reply::Card;
use super::failure::{Failure, check};
use super::stage::{LOGIN, Stage, japan};

const CARDS: &str = "5";

/// Step 1: programme, cards, clinician, server.
pub(crate) async fn set_up(stage: &mut Stage) -> Result<(), Failure> {
    stage.evidence.step(1, "The operator sets up the programme of Fuchu and starts the server.");
    stage.set_clock(japan("2021-08-01", [23, 50, 0])?)?;
    let file = stage.root().join("fuchu-2021.json");
    std::fs::write(&file, programmes::FUCHU_2021).map_err(Failure::system("writing the programme file"))?;
    let programme = Programme::parse(programmes::FUCHU_2021).map_err(Failure::broken)?;
    check("the municipality", programme.municipality.as_str(), "132063")?;
    let [first, last] = window(&programme)?;
    let window = (first.to_string(), last.to_string());
    check("the window", window, ("2021-08-02".to_owned(), "2021-12-31".to_owned()))?;
    let name = &programme.name;
    stage
        .evidence
        .line("operator", format_args!("{} {}, municipality 132063, {first} to {last}", name.ja, name.en));

    let (operator, clock) = (stage.operator.clone(), stage.operator.clock_text());
    operator.run(&["init"]).await?;
    let added = operator.run(&["programme", "add", &file.to_string_lossy()]).await?;
    check("the programme that was added", added.trim_end(), "fuchu-2021")?;
    stage.evidence.line(
        "operator",
        format_args!(
            "yorisoi-server init; programme add sandbox/programmes/fuchu-2021.json → {}",
            added.trim_end()
        ),
    );
    let issue = ["cards", "issue", "--programme", "fuchu-2021", "--count", CARDS, "--clock", &clock];
    stage.cards = operator.run(&issue).await?.lines().map(str::to_owned).collect();
    check("how many cards were issued", stage.cards.len().to_string(), CARDS)?;
    for card in &stage.cards {
        let code = EnrollmentCode::parse(card).map_err(Failure::broken)?;
        check("the programme on a card", code.programme_index(), programme.index)?;
    }
    stage.evidence.line("operator", format_args!("cards issue → {}", stage.cards.join("  ")));
    let add = ["clinician", "add", "--login", LOGIN, "--role", "pediatrician"];
    operator.run(&add).await?.trim_end().clone_into(&mut stage.password);
    stage.evidence.line("operator", format_args!("clinician add → {LOGIN}, with a password of their own"));
    stage.start_server().await
}

fn window(programme: &Programme) -> Result<[CivilDate; 2], Failure> {
    let windows = |rule: &Rule| match rule {
        Rule::Window(window) => Some(*window),
        _ => None,
    };
    let window = match &programme.rules.use_rule {
        Rule::All(rules) => rules.iter().find_map(windows),
        other => windows(other),
    };
    window.ok_or_else(|| Failure::broken("the programme's rule has no window"))
}

/// Step 2: a second too early, and then not.
pub(crate) async fn begin(stage: &mut Stage) -> Result<(), Failure> {
    stage.evidence.step(2, "The programme begins on 2021-08-02, to the second.");
    let (before, address) = (stage.proxy.traffic(), stage.phone_address());
    let pid = stage.mother.start(&address).await?;
    stage.evidence.line("process", format_args!("the mother's phone is process {pid}"));
    let typed = stage.cards.first().cloned().unwrap_or_default();

    stage.set_clock(japan("2021-08-01", [23, 59, 59])?)?;
    let card: Card = stage.mother.on()?.get(Command::CheckCard { typed: typed.clone() }).await?;
    stage.evidence.shows(&card.redeem.words);
    check("whether the card may be redeemed a second early", card.redeem.allowed, false)?;
    check("from when, in words", card.redeem.words.ja.as_str(), "2021年8月2日からご利用いただけます。")?;
    let enroll = Command::Enroll { typed: typed.clone() };
    let refusal = stage.mother.on()?.refused("enrolling a second early", enroll, "window_not_yet").await?;
    stage.evidence.line("phone", format_args!("enrolling all the same: {}", refusal.code));

    stage.set_clock(japan("2021-08-02", [0, 0, 0])?)?;
    let card: Card = stage.mother.on()?.get(Command::CheckCard { typed }).await?;
    stage.evidence.shows(&card.redeem.words);
    check("whether the card may be redeemed a second later", card.redeem.allowed, true)?;
    check("the programme of the card", card.programme.as_str(), "fuchu-2021")?;
    check(
        "the rule that decided",
        card.redeem.path.last().map(String::as_str),
        Some("window 2021-08-02..2021-12-31"),
    )?;
    check("requests made for all this", stage.wire_since(before).requests, 0)
}
