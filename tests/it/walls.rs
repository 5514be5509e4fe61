//! The second wall: what a statement forgot to ask for is not there (docs/adr/0011-row-level-security.md).

use std::{collections::BTreeMap, fs, path::Path};

use kraamzicht::{
    domain::{Call, Capacity, Digest, MandateRight, Person},
    store::Database,
};
use sqlx::{Connection as _, PgConnection, query, query_as, query_scalar};

use crate::{
    harness::{OWNER, TestDatabase, as_role, postgres, sqlite},
    scene::{PERIOD, Sector, World, kanarie},
};

/// Tables that say nothing of an organisation, and are there for whoever has a scope.
const NOBODYS: [&str; 4] = ["downtime", "intermediary", "run", "turn"];

/// Tables that are the operator's: no organisation sees a line of them. A mark is for whoever held the mandate.
const OPERATORS: [&str; 7] =
    ["audit", "mandate_mark", "session_end", "session_use", "sign_in", "token_revocation", "token_use"];

/// Tables of which no mandate opens a row.
const CLOSED: [&str; 12] = [
    "audit",
    "learning_observation",
    "mandate_withdrawal",
    "override_change",
    "recorded_override",
    "run_organisation",
    "session",
    "session_end",
    "session_use",
    "sign_in",
    "token_revocation",
    "token_use",
];

/// All of the program's tables.
async fn tables(connection: &mut PgConnection) -> Vec<String> {
    let all = "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname NOT LIKE '\\_sqlx%' ORDER BY relname";
    query_scalar(all).fetch_all(connection).await.unwrap()
}

/// Every row of every table, as text, as seen by who says `scope`, or says nothing.
async fn seen(url: &str, scope: Option<&str>) -> BTreeMap<String, Vec<String>> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut rows = BTreeMap::new();
    for table in tables(&mut connection).await {
        let mut tx = connection.begin().await.unwrap();
        if let Some(scope) = scope {
            query("SELECT set_config('kraamzicht.scope', $1, true)").bind(scope).execute(&mut *tx).await.unwrap();
        }
        let all = sqlx::AssertSqlSafe(format!("SELECT CAST(one AS TEXT) FROM {table} AS one"));
        rows.insert(table, query_scalar(all).fetch_all(&mut *tx).await.unwrap());
    }
    rows
}

/// What came of a statement by who says `scope`: how many rows it changed, or why none.
async fn tried(url: &str, scope: &str, statement: &str) -> Result<u64, String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    query("SELECT set_config('kraamzicht.scope', $1, true)").bind(scope).execute(&mut *tx).await.unwrap();
    let outcome = query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut *tx).await;
    outcome.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

async fn sector(database: TestDatabase) -> Sector {
    Sector::in_world(World::new(database).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_without_a_filter_sees_its_scope_alone() {
    let sector = sector(postgres().await).await;
    let (owner, trail) = kanarie(&sector).await;
    let other = sector.member(9).await;
    other.client.submit(&other.file(PERIOD)).await;
    let person =
        Person { subject: Digest::of(b"x"), capacity: Capacity::Organisation(owner.agb_code.parse().unwrap()) };
    sector.world.service.begin_session(&person, Call::LOCAL, None, [7; 32]).await.unwrap();
    let database = &sector.world.database;
    let all = seen(&database.behind, None).await;
    let told = |rows: &[String]| rows.iter().flat_map(|row| trail.seen_in_text(row)).collect::<Vec<_>>().join(" ");
    let with_traces = all.iter().filter(|(_, rows)| !told(rows).is_empty()).count();
    assert!(all.len() > 25 && with_traces > 15, "{with_traces} of {}", all.len());

    // Both the server's role and the owner of the tables.
    for url in [&database.url, &as_role(&database.behind, OWNER)] {
        for scope in [None, Some(""), Some("everything"), Some("org_00000000-0000-7000-8000-000000000000")] {
            for (table, rows) in seen(url, scope).await {
                let open = scope.is_some_and(|scope| !scope.is_empty()) && NOBODYS.contains(&table.as_str());
                assert!(open || rows.is_empty(), "{scope:?} sees {table}: {rows:?}");
            }
        }
        let (its, own) = (seen(url, Some(&other.id)).await, seen(url, Some(&owner.id)).await);
        for (table, rows) in &all {
            let (its, own) = (&its[table], &own[table]);
            assert_eq!(told(its), "", "another sees {table}");
            let operators = OPERATORS.contains(&table.as_str());
            assert!(!operators || (its.is_empty() && own.is_empty()), "{table}");
            // The organisation itself sees all that bears its name.
            let left = if operators { String::new() } else { told(rows) };
            assert_eq!(told(own), left, "its own {table}");
        }
        assert!(its["session"].is_empty() && own["session"].len() == 1);
        assert!(its["observation"].len() == 10 && its["upload"].len() == 2 && its["organisation"].len() == 1);
        for (table, rows) in seen(url, Some("sector")).await {
            assert_eq!(rows.len(), all[&table].len(), "the sector's {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_opens_its_rows_and_nothing_else() {
    let sector = sector(postgres().await).await;
    let (owner, trail) = kanarie(&sector).await;
    let database = &sector.world.database;
    let told = |rows: &[String]| rows.iter().flat_map(|row| trail.seen_in_text(row)).collect::<Vec<_>>().join(" ");
    let (holder, no_more) = (trail.left_as("intermediary"), trail.stranger.clone().unwrap().0);
    // Of the owner's figures, but not of this dataset.
    let (elsewhere, _) = sector.world.intermediary("Adviesbureau Elders").await;
    let days = ["2026-03-02", "2026-12-31"];
    sector.world.mandate(&owner.id, &elsewhere, MandateRight::Deliver, &["uren"], days).await;
    // Both the server's role and the owner of the tables.
    for url in [&database.url, &as_role(&database.behind, OWNER)] {
        let own = seen(url, Some(&owner.id)).await;
        for act in ["read", "deliver"] {
            let its = seen(url, Some(&format!("{holder} {act} 2026-03-02"))).await;
            for (table, rows) in &its {
                let is_theirs = rows.iter().all(|row| own[table].contains(row));
                let is_its_own = matches!(table.as_str(), "token" | "upload" | "idempotency" | "intermediary");
                assert!(is_theirs || is_its_own || NOBODYS.contains(&table.as_str()), "{act} {table}: {rows:?}");
                assert!(!CLOSED.contains(&table.as_str()) || rows.is_empty(), "{act} {table}: {rows:?}");
            }
            for table in [
                "organisation",
                "registration",
                "exemption",
                "submission",
                "submission_event",
                "observation",
                "explanation",
                "correction",
                "delivery",
                "extension",
                "extension_decision",
                "receipt",
                "receipt_submission",
                "submission_period",
                "draft",
            ] {
                assert_eq!(told(&its[table]), told(&own[table]), "{act} {table}");
                assert!(!its[table].is_empty(), "{table}");
            }
            assert_eq!((its["mandate"].len(), its["mandate_line"].len()), (1, 2), "{act}");

            let its = seen(url, Some(&format!("{elsewhere} {act} 2026-03-02"))).await;
            for table in
                ["submission", "observation", "delivery", "explanation", "extension", "receipt", "content", "draft"]
            {
                assert!(its[table].is_empty(), "{act} {table}: {:?}", its[table]);
            }
            assert_eq!(its["organisation"].len(), 1);
            // Ended, withdrawn, yet to begin: nothing at all. Nor on a day before the mandate, or after it.
            for scope in [
                format!("{no_more} {act} 2026-03-02"),
                format!("{holder} {act} 2026-03-01"),
                format!("{holder} {act} 2027-01-01"),
                format!("{holder} everything 2026-03-02"),
                format!("{holder} {act}"),
                holder.clone(),
                "int_%".to_owned(),
            ] {
                for (table, rows) in seen(url, Some(&scope)).await {
                    // The mark names the mandate that is no more, and nobody else.
                    if table == "mandate_mark" {
                        continue;
                    }
                    assert_eq!(told(&rows), "", "{scope} sees {table}");
                    let open = NOBODYS.contains(&table.as_str()) || table == "token";
                    assert!(open || rows.is_empty(), "{scope} sees {table}: {rows:?}");
                }
            }
        }
        // Whose mandate begins or ends is told by the day of the scope.
        assert_eq!(seen(url, Some(&format!("{no_more} read 2026-03-20"))).await["organisation"].len(), 1);

        let delivers = format!(
            "INSERT INTO submission_period SELECT organisation_id, dataset, '2019', submission_id
            FROM submission_period WHERE organisation_id = '{}' LIMIT 1",
            owner.id
        );
        let other = delivers.replace("SELECT organisation_id, dataset", "SELECT organisation_id, 'uren'");
        let gives = format!(
            "INSERT INTO mandate_line SELECT '{holder} read', organisation_id, 'uren', mandate_id,
            intermediary_id, from_day, until_day FROM mandate_line LIMIT 1"
        );
        let withdraws = format!(
            "INSERT INTO mandate_withdrawal SELECT '{}', id, 'x', NULL, given_at FROM mandate
            WHERE intermediary_id = '{holder}'",
            sector.member(9).await.id
        );
        let change = async |scope: String, statement: &str| tried(url, &scope, statement).await;
        assert_eq!(change(format!("{holder} deliver 2026-03-02"), &delivers).await, Ok(1));
        for (scope, statement) in [
            (format!("{holder} read 2026-03-02"), &delivers),
            (format!("{holder} deliver 2026-03-02"), &other),
            (format!("{holder} deliver 2026-03-02"), &gives),
            (format!("{holder} deliver 2026-03-02"), &withdraws),
            (owner.id.clone(), &withdraws),
        ] {
            let refused = change(scope.clone(), statement).await.unwrap_err();
            assert!(refused.contains("row-level security"), "{scope}: {statement}: {refused}");
        }
        for statement in ["UPDATE mandate_line SET until_day = '2999-01-01'", "DELETE FROM mandate_mark"] {
            for scope in [owner.id.clone(), format!("{no_more} deliver 2026-03-02"), "sector".to_owned()] {
                assert_eq!(change(scope, statement).await, Ok(0), "{statement}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_learning_is_in_no_sector() {
    let world = World::new(postgres().await).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let file = "agb_code;verslagjaar;periode;zorgtrajecten;meldingen;geanalyseerd_binnen_termijn;maatregelen;getoetst\r\n\
                33991001;2025;2025;430;21;19;8;6\r\n";
    let submission = officer.client.create_named("leren.csv", file, Some("leren")).await;
    let submission = crate::scene::Submission::of(&submission);
    officer.client.approve(&[&submission]).await;
    let count = async |scope| seen(&world.database.url, Some(scope)).await["learning_observation"].len();
    assert!(count(&officer.id).await > 0);
    assert_eq!((count("sector").await, count("everything").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_added_for_another_and_nothing_changed() {
    let sector = sector(postgres().await).await;
    let (owner, other) = (sector.member(8).await, sector.member(9).await);
    let database = &sector.world.database;
    let before = seen(&database.behind, None).await;
    let owns = as_role(&database.behind, OWNER);
    let add = format!(
        "INSERT INTO exemption (organisation_id, year, sequence, ground, decided_by, decided_at)
            VALUES ('{}', 2025, 0, 'x', 'x', TIMESTAMPTZ 'epoch')",
        owner.id
    );
    for url in [&database.url, &owns] {
        let refused = tried(url, &other.id, &add).await.unwrap_err();
        assert!(refused.contains("row-level security policy"), "{refused}");
        assert_eq!(tried(url, &owner.id, &add).await, Ok(1));
        assert_eq!(tried(url, "sector", &add).await, Ok(1));
        for table in before.keys() {
            let delete = format!("DELETE FROM {table} WHERE CAST({table} AS TEXT) LIKE '%{}%'", owner.id);
            assert_eq!(tried(url, &other.id, &delete).await, Ok(0), "{table}");
        }
        // Rows are only added, by whomever: the log of all acts above all.
        for table in
            ["audit", "submission", "submission_event", "delivery", "observation", "receipt", "run_organisation"]
        {
            assert_eq!(tried(url, "sector", &format!("DELETE FROM {table}")).await, Ok(0), "{table}");
        }
        for change in ["audit SET actor = 'x'", "observation SET numerator = 1", "run SET output_hash = ''"] {
            assert_eq!(tried(url, "sector", &format!("UPDATE {change}")).await, Ok(0), "{change}");
        }
    }
    for forbidden in ["TRUNCATE audit", "ALTER TABLE audit DISABLE ROW LEVEL SECURITY", "DROP POLICY seen ON audit"] {
        let refused = tried(&database.url, "sector", forbidden).await.unwrap_err();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{refused}");
    }
    assert_eq!(tried(&database.url, "sector", "DELETE FROM _sqlx_migrations").await, Ok(0));
    assert_eq!(seen(&database.behind, None).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_its_wall() {
    let database = postgres().await;
    let mut connection = PgConnection::connect(&database.behind).await.unwrap();
    let without =
        "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname";
    let without: Vec<String> = query_scalar(without).fetch_all(&mut connection).await.unwrap();
    assert_eq!(without, ["_sqlx_migrations"], "a table without row-level security, forced on its owner");
    let (superuser, bypasses): (bool, bool) =
        query_as("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'kraamzicht_server'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert!(!superuser && !bypasses);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_knows_whether_it_stands_behind_it() {
    let database = postgres().await;
    let walled = async |url: &str| Database::open(url).await.unwrap().has_walls().await.unwrap();
    assert!(walled(&database.url).await && walled(&as_role(&database.behind, OWNER)).await);
    assert!(!walled(&database.behind).await && !walled(&sqlite().url).await);
}

/// One role may own the tables and serve: the policies hold for it too.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_serves_behind_its_own_wall() {
    let database = postgres().await;
    let owner = as_role(&database.behind, OWNER);
    let world = World::by_way_of(&owner, database, |_| ()).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let submission = officer.deliver(&officer.file(PERIOD)).await;
    assert_eq!(submission.state, "APPROVED");
}

/// Who looks across the sector in the service, by file and number of places. Someone else's data may be seen there, so a
/// new place is for whoever reviews it: what leaves it must name nobody, or be for those who may see the sector.
const ACROSS: [(&str, usize); 17] = [
    // Making and taking back tokens, for the operator.
    ("access.rs", 3),
    // Counts over all.
    ("account.rs", 1),
    // Runs.
    ("assessment.rs", 3),
    // What the sector did, taken out of one organisation's sums.
    ("chart.rs", 1),
    // Who holds a token or a session, before anybody is known.
    ("holders.rs", 1),
    // A new intermediary, for the operator.
    ("mandates.rs", 1),
    // Mergers, which name a successor.
    ("numbers.rs", 1),
    // The heartbeat and downtime.
    ("obligations.rs", 2),
    // The sector's past, against which a new file is held.
    ("plausibility.rs", 2),
    // The moment of the last change, the periods of which something is there; quantiles over all.
    ("reading.rs", 3),
    // The log and the use of tokens.
    ("records.rs", 2),
    // The register, and the successor of an organisation.
    ("register.rs", 2),
    // Who signs in and out, before anybody is known.
    ("sessions.rs", 5),
    // Bytes that should not have been sent, whoever sent them.
    ("submissions.rs", 1),
    // What expired.
    ("uploads.rs", 1),
    // Computing a run again, for the operator.
    ("verification.rs", 4),
    // The audit log, for the operator.
    ("wiring.rs", 1),
];

#[test]
fn who_looks_across_the_sector_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let doors = [
            "read(Scope::Sector)",
            "glance(Scope::Sector)",
            "write(Scope::Sector)",
            "enter(Scope::Sector)",
            "&mut tx, Scope::Sector, run",
        ];
        let count: usize = doors.iter().map(|door| text.matches(door).count()).sum();
        if count > 0 {
            found.push((path.file_name().unwrap().to_str().unwrap().to_owned(), count));
        }
    }
    found.sort();
    let listed: Vec<(String, usize)> = ACROSS.iter().map(|(file, count)| ((*file).to_owned(), *count)).collect();
    assert_eq!(found, listed);
}
