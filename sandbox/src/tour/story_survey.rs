//! Step 8: two questions, answered once, without network.

use std::collections::BTreeMap;

use super::device::command::Command;
use super::device::reply::{Survey, SurveyState};
use super::failure::{Failure, check, check_contains, present};
use super::stage::{Stage, japan};
use super::story_held::sync;

/// What the report says where a number would speak of a few.
pub(crate) const HIDDEN: &str = "hidden: fewer than 10";

/// Step 8.
pub(crate) async fn survey(stage: &mut Stage) -> Result<(), Failure> {
    stage.evidence.step(8, "From 2021-12-18 the survey is offered; she answers without network.");
    let chosen = || BTreeMap::from([("q1".to_owned(), Some(1)), ("q2".to_owned(), Some(0))]);
    let answer = || Command::AnswerSurvey { answers: chosen() };
    let before = stage.proxy.traffic();
    stage.set_clock(japan("2021-12-17", [23, 59, 59])?)?;
    check("the survey a second early", offered(stage).await?.state, SurveyState::NotOffered)?;
    stage.mother.on()?.refused("answering a second early", answer(), "survey_not_offered").await?;
    stage.evidence.line("phone", "survey_not_offered: nothing is shown");

    stage.set_clock(japan("2021-12-18", [0, 0, 0])?)?;
    let survey = offered(stage).await?;
    check("the survey a second later", survey.state, SurveyState::Offered)?;
    for (item, words) in &survey.questions {
        stage.evidence.line("phone", format_args!("{item} 「{}」 {}", words.ja, words.en));
    }
    stage.mother.on()?.get::<()>(answer()).await?;
    stage.evidence.line("parent", "answers both");
    let survey = offered(stage).await?;
    check(
        "the survey once it was answered",
        (survey.state, survey.answers),
        (SurveyState::Answered, Some(chosen())),
    )?;
    let refusal = stage.mother.on()?.refused("a second answer", answer(), "survey_answered").await?;
    stage.evidence.line("phone", format_args!("a second time: {}, 「{}」", refusal.code, refusal.ja));
    check("requests made for it", stage.wire_since(before).requests, 0)?;

    stage.set_clock(japan("2021-12-18", [9, 0, 0])?)?;
    stage.start_server().await?;
    check("operations the server now holds", sync(stage).await?.held, 1)?;
    let report = report(stage).await?;
    let row = report.lines().find(|line| line.contains("n:") && line.contains("産後の安心を感じましたか"));
    let row = present("the survey's row in the report", row)?;
    check_contains("the survey's row in the report", row, HIDDEN)?;
    stage.evidence.line("server", row);
    Ok(())
}

/// What the city sees, as text.
pub(crate) async fn report(stage: &Stage) -> Result<String, Failure> {
    let clock = stage.operator.clock_text();
    let words = ["report", "--programme", "fuchu-2021", "--clock", &clock];
    stage.operator.run(&words).await
}

async fn offered(stage: &mut Stage) -> Result<Survey, Failure> {
    let survey: Option<Survey> = stage.mother.on()?.get(Command::Survey).await?;
    present("the programme's survey", survey)
}
