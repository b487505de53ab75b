//! What `--keep` leaves behind, and how to go on by hand.

use std::path::PathBuf;

use super::device_process::PhonePlaces;
use super::evidence::print;
use super::failure::{Failure, check};
use super::server_process::Operator;
use super::stage::{LOGIN, Stage, japan};

/// What still runs or stands after the tour.
struct Kept {
    root: PathBuf,
    operator: Operator,
    server: String,
    server_pid: u32,
    cards: Vec<String>,
    password: String,
    tour: PathBuf,
    mother: PhonePlaces,
    unenrolled: PhonePlaces,
}

/// Leaves the server, three unused cards and the mother's folder, and says how to go on.
pub(crate) async fn leave(mut stage: Stage) -> Result<(), Failure> {
    stage.set_clock(japan("2021-08-02", [10, 30, 0])?)?;
    stage.mother.take()?.stop().await?;
    stage.partner.take()?.stop().await?;
    let tour = std::env::current_exe().map_err(Failure::system("finding the tour's own program"))?;
    let cards: Vec<String> = stage.cards.iter().skip(1).take(3).cloned().collect();
    check("unused cards", cards.len(), 3)?;
    let server = stage.take_server()?;
    // From here on nothing can fail, so nothing is left behind without a word about it.
    let kept = Kept {
        operator: stage.operator.clone(),
        server: format!("http://{}", server.address),
        server_pid: server.release(),
        cards,
        password: stage.password.clone(),
        tour,
        mother: stage.mother.places.clone(),
        unenrolled: stage.third.places.clone(),
        root: stage.keep(),
    };
    kept.explain_phones();
    kept.explain_desk();
    kept.explain_rest();
    Ok(())
}

impl Kept {
    fn explain_phones(&self) {
        let card = self.cards.first().map_or("", String::as_str);
        print(&format!("\nKept in {}", self.root.display()));
        print(&format!("  server  process {}, {}", self.server_pid, self.server));
        print(&format!("  cards   {}", self.cards.join("  ")));
        print("\nThe mother's phone, enrolled. Commands on standard input, one JSON object a line:");
        print(&format!("  {}", self.device(&self.mother)));
        print(
            r#"  {"do":"ask","service":"pediatrics","subject":{"child":{}},"text":"夜中に咳きこみます。"}"#,
        );
        print(r#"  {"do":"sync"}   {"do":"consultations"}   {"do":"live_start"}   {"do":"stop"}"#);
        print("\nAnother phone, not enrolled; consent comes before the first question:");
        print(&format!("  {}", self.device(&self.unenrolled)));
        print(&format!(r#"  {{"do":"enroll","typed":"{card}"}}"#));
        print(concat!(
            r#"  {"do":"decide_consent","purpose":"service","state":"grant","#,
            r#""text_id":"service-ja-1","language":"ja","text":"同意文"}"#
        ));
    }

    fn explain_desk(&self) {
        let Self { server, password, .. } = self;
        let token = r#"-H "authorization: Bearer $TOKEN""#;
        let one = format!("{server}/v1/desk/consultations/$ID");
        let log_in = format!(r#"{{"login":"{LOGIN}","password":"{password}"}}"#);
        let answer = r#"{"id":"AAAAAAAAAAAAAAAAAAAAAA","text":"受診をお願いします。"}"#;
        print("\nThe desk. TOKEN is in the first reply, ID in the queue; every answer has an id of its own:");
        print(&format!("  curl -s {server}/v1/desk/sessions -d '{log_in}'"));
        print(&format!("  curl -s {server}/v1/desk/queue {token}"));
        print(&format!("  curl -s -X POST {one}/take {token}"));
        print(&format!("  curl -s {one} {token}"));
        print(&format!("  curl -s {one}/answers {token} -d '{answer}'"));
    }

    fn explain_rest(&self) {
        let Operator { program, data, clock, .. } = &self.operator;
        let (program, data, clock) = (program.display(), data.display(), clock.display());
        print("\nThe time, for server and phones alike; it stands still until it is set again:");
        print(&format!("  date -d '2021-12-18 09:00 +0900' +%s000 > '{clock}'"));
        print("\nThe city's report:");
        print(&format!("  '{program}' report --programme fuchu-2021 --data '{data}' --clock '{clock}'"));
        print("\nTo end it all:");
        print(&format!("  kill {}; rm -r '{}'", self.server_pid, self.root.display()));
    }

    /// The command line of a phone.
    fn device(&self, places: &PhonePlaces) -> String {
        let words = places.arguments(&self.server).into_iter();
        let quoted = words.map(|word| match word.starts_with('/') {
            true => format!("'{word}'"),
            false => word,
        });
        format!("'{}' {}", self.tour.display(), quoted.collect::<Vec<_>>().join(" "))
    }
}
