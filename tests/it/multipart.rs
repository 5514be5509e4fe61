//! Files as parts of a GraphQL request: by the specification, strictly, and nothing of a refused one is left.

use kraamzicht::domain::{Digest, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::{both, sqlite},
    scene::{Answer, Client, Organisation, PERIOD, Wire, World, until},
};

const CREATE: &str =
    "mutation($file: Upload, $dataset: String) { createSubmission(input: { file: $file, dataset: $dataset }) {
    submission { id state fileName upload { id sha256 } } userErrors { code path } } }";

/// Boundaries are told apart by case.
const BOUNDARY: &str = "xYz-Kraamzicht";

/// A form, put together part by part.
#[derive(Clone, Debug, Default)]
struct Form(Vec<u8>);

impl Form {
    fn of(operations: &Value, map: &Value) -> Self {
        Self::default().text("operations", &operations.to_string()).text("map", &map.to_string())
    }

    fn text(self, name: &str, content: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), content.as_bytes())
    }

    fn file(self, name: &str, content: &[u8]) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"cijfers.csv\"\r\nContent-Type: text/csv"
        );
        self.part(&head, content)
    }

    fn part(mut self, head: &str, content: &[u8]) -> Self {
        self.0.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.0.extend(content);
        self.0.extend(b"\r\n");
        self
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0
    }
}

/// What is asked, with room for a file.
fn create() -> Value {
    json!({ "query": CREATE, "variables": { "file": null, "dataset": "indicatoren" } })
}

fn map() -> Value {
    json!({ "a": ["variables.file"] })
}

async fn send(client: &Client, body: Vec<u8>) -> Answer {
    let request = client
        .request(Method::POST, "/graphql")
        .header("accept", "application/graphql-response+json")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("graphql-require-preflight", "1");
    client.send(request.body(body)).await
}

async fn officer_of(world: &World) -> Organisation {
    world.organisation("33991001", "Kraamzorg De Wieg").await
}

both! {
    async fn a_file_comes_with_the_mutation(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let bytes = officer.file(PERIOD).bytes();
        let answer = send(&officer.client, Form::of(&create(), &map()).file("a", &bytes).end()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let payload = &answer.json()["data"]["createSubmission"];
        let submission = &payload["submission"];
        assert_eq!((&submission["state"], &submission["fileName"]), (&json!("CHECKED"), &json!("cijfers.csv")), "{payload}");
        assert_eq!(submission["upload"]["sha256"], Digest::of(&bytes).to_string());
        assert_eq!((world.spooled(), world.tally().await.uploads), (0, 1));

        // Deeper in the variables, without a name, with the other client's header.
        let query = "mutation($inputs: CreateSubmissionInput!) { createSubmission(input: $inputs) { submission { fileName } userErrors { code } } }";
        let operations = json!({ "query": query, "variables": { "inputs": { "file": null } } });
        let form = Form::of(&operations, &json!({ "0": ["variables.inputs.file"] }))
            .part("Content-Disposition: form-data; name=\"0\"", &bytes);
        let request = officer
            .client
            .request(Method::POST, "/graphql")
            .header("content-type", format!("multipart/form-data; boundary=\"{BOUNDARY}\""))
            .header("apollo-require-preflight", "true");
        let answer = officer.client.send(request.body(form.end())).await.json();
        assert_eq!(answer["data"]["createSubmission"], json!({ "submission": { "fileName": "upload.csv" }, "userErrors": [] }));
        // And with an upload's identifier, as ever.
        assert_eq!(officer.client.submit(&officer.file(PERIOD)).await.state, "CHECKED");
        assert_eq!(world.spooled(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_as_it_should_be_is_refused_whole() {
    let world = World::with(sqlite(), |settings| settings.upload_limit = 50_000).await;
    let officer = officer_of(&world).await;
    let before = world.tally().await;
    let bytes = officer.file(PERIOD).bytes();
    let operations = create().to_string();
    let two = json!({ "query": "mutation($f: Upload, $g: Upload) { a: createSubmission(input: { file: $f }) { userErrors { code } } b: createSubmission(input: { file: $g }) { userErrors { code } } }", "variables": { "f": null, "g": null } });
    let form = || Form::of(&create(), &map());
    let many: Value = (0..4).map(|n| (n.to_string(), json!([format!("variables.files.{n}")]))).collect();
    let files = json!({ "query": CREATE, "variables": { "files": [null, null, null, null] } });
    let query = json!({ "query": "query($file: ID!) { node(id: $file) { id } }", "variables": { "file": null } });
    for (name, body, status, said) in [
        (
            "map first",
            Form::default().text("map", "{}").text("operations", &operations).end(),
            400,
            "`operations` is missing",
        ),
        ("no map", Form::default().text("operations", &operations).end(), 400, "`map` is missing"),
        (
            "a file before the map",
            Form::default().text("operations", &operations).file("a", &bytes).text("map", &map().to_string()).end(),
            400,
            "`map` is missing",
        ),
        ("nothing", Form::default().end(), 400, "`operations` is missing"),
        ("a part without a place", form().file("a", &bytes).file("b", &bytes).end(), 400, "does not name"),
        ("a part twice", form().file("a", &bytes).file("a", &bytes).end(), 400, "there twice"),
        ("a part that does not come", form().end(), 400, "is not there"),
        (
            "two places",
            Form::of(&two, &json!({ "a": ["variables.f", "variables.g"] })).file("a", &bytes).end(),
            400,
            "exactly one place",
        ),
        ("no place", Form::of(&two, &json!({ "a": [] })).file("a", &bytes).end(), 400, "exactly one place"),
        (
            "a place twice",
            Form::of(&two, &json!({ "a": ["variables.f"], "b": ["variables.f"] })).file("a", &bytes).end(),
            400,
            "named once",
        ),
        (
            "a name twice",
            Form::default()
                .text("operations", &two.to_string())
                .text("map", r#"{"a":["variables.f"],"a":["variables.g"]}"#)
                .file("a", &bytes)
                .end(),
            400,
            "in `map` once",
        ),
        (
            "a place that is not null",
            Form::of(&create(), &json!({ "a": ["variables.dataset"] })).file("a", &bytes).end(),
            400,
            "is null",
        ),
        (
            "a place that is not there",
            Form::of(&create(), &json!({ "a": ["variables.file.0"] })).file("a", &bytes).end(),
            400,
            "is null",
        ),
        (
            "a place outside the variables",
            Form::of(&create(), &json!({ "a": ["query"] })).file("a", &bytes).end(),
            400,
            "is null",
        ),
        ("too many", Form::of(&files, &many).end(), 400, "names 4 files, where 3 are allowed"),
        (
            "a batch",
            Form::of(&json!([create()]), &json!({ "a": ["0.variables.file"] })).file("a", &bytes).end(),
            400,
            "one operation per request",
        ),
        (
            "no map but text",
            Form::default().text("operations", &operations).text("map", "[]").end(),
            400,
            "`map` must name",
        ),
        ("large operations", Form::default().text("operations", &" ".repeat(70_000)).end(), 413, "65536 bytes"),
        (
            "a large map",
            Form::default().text("operations", &operations).text("map", &" ".repeat(70_000)).end(),
            413,
            "65536 bytes",
        ),
        ("a large file", form().file("a", &vec![b'a'; 50_001]).end(), 413, "50000 bytes"),
        ("a form that is announced too large", form().file("a", &vec![b'a'; 400_000]).end(), 413, "50000 bytes"),
        (
            "an endless head",
            Form::default().part(&format!("X: {}", "x".repeat(200_000)), b"").end(),
            400,
            "head of a part",
        ),
        ("a query", Form::of(&query, &map()).file("a", &bytes).end(), 400, "only a mutation"),
        (
            "a document that is refused",
            Form::of(&json!({ "query": "mutation { nothing }", "variables": { "file": null } }), &map())
                .file("a", &bytes)
                .end(),
            400,
            "nothing",
        ),
        ("no end", form().0, 400, "did not arrive whole"),
    ] {
        let request = officer
            .client
            .request(Method::POST, "/graphql")
            .header("accept", "application/graphql-response+json")
            .header("accept-language", "en")
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("graphql-require-preflight", "1");
        let answer = officer.client.send(request.body(body)).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {answer:?}");
        assert!(answer.text.contains(said), "{name}: {answer:?}");
        let body = answer.json();
        assert!(body.get("data").is_none() && body["errors"][0]["extensions"]["code"].is_string(), "{name}: {body}");
        assert_eq!(world.spooled(), 0, "{name}");
    }
    assert_eq!(world.tally().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_any_page_could_send_is_refused() {
    let world = World::new(sqlite()).await;
    let officer = officer_of(&world).await;
    let body = Form::of(&create(), &map()).file("a", &officer.file(PERIOD).bytes()).end();
    for (header, value) in [("x-other", "1"), ("graphql-require-preflight", ""), ("apollo-require-preflight", "")] {
        let request = officer
            .client
            .request(Method::POST, "/graphql")
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .header(header, value);
        let answer = officer.client.send(request.body(body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{header}: {answer:?}");
        assert!(answer.text.contains("graphql-require-preflight"), "{answer:?}");
    }
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=a"] {
        let request = officer
            .client
            .request(Method::POST, "/graphql")
            .header("content-type", content_type)
            .header("graphql-require-preflight", "1");
        let answer = officer.client.send(request.body(body.clone())).await;
        assert!(answer.status.is_client_error(), "{content_type}: {answer:?}");
    }
    // Another case is another boundary.
    let request = officer
        .client
        .request(Method::POST, "/graphql")
        .header("content-type", format!("multipart/form-data; boundary={}", BOUNDARY.to_lowercase()))
        .header("graphql-require-preflight", "1");
    assert_eq!(officer.client.send(request.body(body)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!((world.tally().await.uploads, world.spooled()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_named_in_one_way_and_comes_as_a_part() {
    let world = World::new(sqlite()).await;
    let officer = officer_of(&world).await;
    let before = world.tally().await;
    let named = "mutation($i: CreateSubmissionInput!) { createSubmission(input: $i) { submission { id } userErrors { code path } } }";
    for input in [json!({}), json!({ "uploadId": "upl_x", "file": "x" }), json!({ "dataset": "indicatoren" })] {
        let payload = officer.client.ask(named, &json!({ "i": input })).await["createSubmission"].take();
        assert_eq!(
            payload,
            json!({ "submission": null, "userErrors": [{ "code": "UPLOAD_CHOICE", "path": ["input"] }] })
        );
    }
    let answer = officer.client.try_ask(CREATE, &json!({ "file": "0" })).await.json();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    // One part, used twice by the document.
    let twice = "mutation($file: Upload) { a: createSubmission(input: { file: $file }) { submission { id } }
        b: createSubmission(input: { file: $file }) { submission { id } } }";
    let operations = json!({ "query": twice, "variables": { "file": null } });
    let form = Form::of(&operations, &map()).file("a", &officer.file(PERIOD).bytes());
    let answer = send(&officer.client, form.end()).await.json();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    assert_eq!((world.tally().await.uploads, world.spooled()), (before.uploads + 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_refused_before_its_files_come_and_one_that_breaks_off_leaves_nothing() {
    let world = World::new(sqlite()).await;
    let officer = officer_of(&world).await;
    let before = world.tally().await;
    let begin = async |token: &str, form: Form| {
        let mut wire = Wire::to(&world.base).await;
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nGraphQL-Require-Preflight: 1\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 1000000\r\n\r\n"
        );
        wire.say(head.as_bytes()).await.unwrap();
        wire.say(&form.0).await.unwrap();
        wire
    };
    let inspector = world.token(Role::Inspector, None).await;
    let form = || Form::of(&create(), &map());
    let started = || {
        Form(
            [form().0, format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nagb").into()]
                .concat(),
        )
    };
    assert!(begin(&inspector, started()).await.hear().await.starts_with("HTTP/1.1 403 "));
    assert!(begin("kz_nobody", started()).await.hear().await.starts_with("HTTP/1.1 401 "));
    assert_eq!(world.spooled(), 0);
    let token = world.token(Role::Organisation, Some(&officer.agb_code)).await;
    let wire = begin(&token, started()).await;
    until(|| world.spooled() == 1).await;
    drop(wire);
    until(|| world.spooled() == 0).await;
    let after = world.tally().await;
    assert_eq!((after.uploads, after.submissions), (before.uploads, before.submissions));
}
