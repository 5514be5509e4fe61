//! A process killed in the midst of an approval: on restart all of it is there, or nothing.

use std::{fs, time::Instant};

use serde_json::Value;

use crate::{
    harness::{Line, Server, TestDatabase, both, fetch},
    scene::{Client, Organisation, Program, Submission, Tally, agb_code, last_year, make_in_real_time},
};

/// At how many moments of an approval the process is killed.
const MOMENTS: u64 = 20;

/// How far along a `length` the moment is: half of them over the whole, half over the last tenth, where the commit is.
const fn distance(length: u64, moment: u64) -> u64 {
    let half = MOMENTS / 2;
    if moment < half { length * moment / half } else { length - length * (MOMENTS - moment) / half / 10 }
}

/// How an approval that is under way is seen to get on.
enum Gauge {
    /// The bytes that the process has written to files; on SQLite nearly all of them at the commit.
    Files,
    /// The time it takes; on SQLite nearly all of it before the commit.
    Time,
    /// The bytes sent to PostgreSQL; the line breaks at the very byte.
    Line(Line),
}

/// All that an approval changes, as it is found on restart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    tally: Tally,
    /// What speaks for the organisation: how many rows of which submissions.
    in_force: (i64, i64),
    /// Receipts, the submissions on them, and corrections.
    proofs: (i64, i64, i64),
}

impl Standing {
    async fn of(database: &TestDatabase) -> Self {
        let in_force = "SELECT COUNT(*), COUNT(DISTINCT delivery.submission_id) FROM delivery JOIN observation
            ON observation.submission_id = delivery.submission_id AND observation.period = delivery.period
            WHERE delivery.version = (SELECT MAX(last.version) FROM delivery AS last
                WHERE last.organisation_id = delivery.organisation_id AND last.dataset = delivery.dataset
                AND last.period = delivery.period)";
        let proofs = "SELECT (SELECT COUNT(*) FROM receipt), (SELECT COUNT(*) FROM receipt_submission),
            (SELECT COUNT(*) FROM correction)";
        Self {
            tally: Tally::of(database).await,
            in_force: fetch(database, in_force).await,
            proofs: fetch(database, proofs).await,
        }
    }

    /// As it is when an approval of ten observations, superseding another, was made whole.
    fn after_approval(&self) -> Self {
        let Tally { events, deliveries, observations, runs, outcomes, audit, .. } = self.tally;
        let tally = Tally {
            events: events + 2,
            deliveries: deliveries + 1,
            observations: observations + 10,
            runs: runs + 1,
            outcomes: outcomes + 30,
            audit: audit + 1,
            ..self.tally
        };
        let (receipts, listed, corrections) = self.proofs;
        Self { tally, in_force: self.in_force, proofs: (receipts + 1, listed + 1, corrections + 1) }
    }
}

fn bytes_written(server: &Server) -> u64 {
    let counters = fs::read_to_string(format!("/proc/{}/io", server.id())).unwrap();
    counters.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().trim().parse().unwrap()
}

impl Gauge {
    fn reading(&self, server: &Server, begun: Instant) -> u64 {
        match self {
            Self::Files => bytes_written(server),
            Self::Time => u64::try_from(begun.elapsed().as_nanos()).unwrap(),
            Self::Line(line) => line.sent(),
        }
    }
}

/// Approves and waits for the answer: how far the gauge went.
async fn measure(gauge: &Gauge, program: &Program, client: &Client, submission: &Submission) -> u64 {
    let seen = client.approval_seen(&[submission]).await;
    let begun = Instant::now();
    let before = gauge.reading(program.server(), begun);
    let payload = client.ask(&Client::approval(), &seen).await["done"].take();
    assert_eq!(payload["userErrors"], Value::Array(Vec::new()));
    gauge.reading(program.server(), begun) - before
}

/// Approves, and kills the process when the gauge has gone `far` on or the answer came: whether it came.
async fn kill_under_way(gauge: &Gauge, far: u64, program: &mut Program, client: &Client, one: &Submission) -> bool {
    let seen = client.approval_seen(&[one]).await;
    let begun = Instant::now();
    let before = gauge.reading(program.server(), begun);
    if let Gauge::Line(line) = gauge {
        line.cut_after(far);
    }
    let request = client.graphql(&Client::approval(), &seen);
    let client = client.clone();
    let mut answer = tokio::spawn(async move { client.try_send(request).await });
    let reached = async {
        match gauge {
            Gauge::Line(line) => line.is_cut().await,
            _ => {
                while gauge.reading(program.server(), begun) - before < far {
                    tokio::task::yield_now().await;
                }
            }
        }
    };
    let early = tokio::select! {
        early = &mut answer => Some(early),
        () = reached => None,
    };
    program.kill();
    let answer = match early {
        Some(answer) => answer,
        None => answer.await,
    };
    answer
        .unwrap()
        .is_ok_and(|answer| answer.status.is_success() && answer.json()["data"]["done"]["submissions"].is_array())
}

async fn crash(database: &TestDatabase, url: &str, gauge: Gauge) {
    let period = last_year();
    make_in_real_time(database, &period).await;
    let mut program = Program::on(url);
    let code = agb_code(5);
    let token = program.token(&code);
    program.start();
    let client = program.client(&token);
    let officer = Organisation { agb_code: code, name: String::new(), id: String::new(), client };
    let file = officer.file(&period);
    let first = officer.client.submit(&file.clone().with("KZ06", 399, 400)).await;
    let length = measure(&gauge, &program, &officer.client, &first).await;
    assert!(length > 0);

    let (mut whole, mut none) = (0, 0);
    for moment in 0..=MOMENTS {
        let client = program.client(&token);
        let submission = client.submit(&file.clone().with("KZ06", u32::try_from(moment).unwrap(), 400)).await;
        let before = Standing::of(database).await;
        let answered = kill_under_way(&gauge, distance(length, moment), &mut program, &client, &submission).await;

        if let Gauge::Line(line) = &gauge {
            line.mend();
        }
        program.start();
        let client = program.client(&token);
        let state = client.look_at(&submission.id).await["state"].clone();
        let after = Standing::of(database).await;
        let expected = if state == "APPROVED" { before.after_approval() } else { before };
        assert_eq!(after, expected, "killed at {moment} of {MOMENTS}; {state}");
        assert!(state == "APPROVED" || (state == "CHECKED" && !answered), "an answer was given: {state}");
        program.run(&["verify-audit"]);
        if state == "APPROVED" {
            whole += 1;
        } else {
            none += 1;
            // What was lost can be done again.
            assert_eq!(client.approve(&[&submission]).await["userErrors"], Value::Array(Vec::new()));
        }
        assert_eq!(fs::read_dir(program.spool()).unwrap().count(), 0);
    }
    // By the clock alone it is chance whether one comes after the commit.
    assert!(none > 0 && (whole > 0 || matches!(gauge, Gauge::Time)), "{whole} whole, {none} not at all");
}

both! {
    async fn an_approval_is_there_or_not(database: TestDatabase) {
        if database.is_postgres() {
            let line = Line::to(&database).await;
            crash(&database, &line.url.clone(), Gauge::Line(line)).await;
        } else {
            crash(&database, &database.url, Gauge::Files).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_there_before_the_commit() {
    let database = crate::harness::sqlite();
    crash(&database, &database.url, Gauge::Time).await;
}
