//! What the server answers besides its business: pages, media types, methods, problems, and its end.

use reqwest::{Method, StatusCode, redirect::Policy};
use serde_json::{Value, json};

use crate::{
    harness::sqlite,
    scene::{Answer, Organisation, Program, Wire, World, agb_code, last_year, make_in_real_time, until},
};

const ASK: &str = "/graphql?query=%7Bviewer%7Brole%7D%7D";

async fn officer() -> (World, Organisation) {
    let world = World::new(sqlite()).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    (world, officer)
}

/// Fails unless `answer` is a problem of RFC 9457 in the language that was asked for.
fn assert_problem(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    assert_eq!((&body["status"], &body["code"]), (&json!(status.as_u16()), &json!(code)));
    for field in ["type", "title", "detail"] {
        assert!(body[field].as_str().is_some_and(|text| text.len() > 5), "{body}");
    }
    assert!(!answer.header("x-request-id").is_empty() && !answer.header("content-language").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_leads_to_the_console() {
    let (world, _) = officer().await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let front = http.get(&world.base).send().await.unwrap();
    assert_eq!((front.status(), front.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/console"));
    let health = world.client(None).get("/health").await;
    assert_eq!((health.status, health.json()), (StatusCode::OK, json!({ "status": "ok" })));
    let schema = world.client(None).get("/schema.graphql").await;
    assert_eq!(schema.text, kraamzicht::graphql::sdl());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_needs_nobody_else() {
    let (world, _) = officer().await;
    let nobody = world.client(None);
    let mut waiting = vec!["/console".to_owned()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(path) = waiting.pop() {
        let page = nobody.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let policy = page.header("content-security-policy");
        for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
        // A name by which a scalar is known, which nobody fetches.
        let text = page.text.replace("@specifiedBy(url: \"https://", "");
        for host in ["http://", "https://", "src=\"//", "href=\"//", "@import", "eval(", "new Function"] {
            assert!(!text.contains(host), "{path} names {host}");
        }
        if page.header("content-type").starts_with("text/html") {
            // What the policy would refuse.
            for inline in ["<style", "style=\"", "onclick", "onload", "<script>", "javascript:", "data:"] {
                assert!(!page.text.contains(inline), "{path}: {inline}");
            }
            let named = page.text.split("src=\"").chain(page.text.split("href=\"")).skip(1);
            let named = named.filter_map(|rest| rest.split('"').next()).filter(|name| name.starts_with('/'));
            waiting.extend(named.map(str::to_owned).filter(|name| !seen.contains(name)));
        }
        seen.push(path);
    }
    for file in ["/console.js", "/console.css"] {
        assert!(seen.iter().any(|path| path == file), "{seen:?}");
    }
}

/// What the console offers to try works as it is offered.
#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_console_is_answered() {
    let database = sqlite();
    make_in_real_time(&database, &last_year()).await;
    let mut program = Program::on(&database.url);
    let token = program.token(&agb_code(5));
    program.start();
    let client = program.client(&token);
    let examples = client.get("/console/examples.json").await.json();
    let examples = examples.as_array().unwrap();
    assert!(examples.len() >= 3);
    for example in examples {
        let data = client.ask(example["query"].as_str().unwrap(), &example["variables"]).await;
        assert!(data.as_object().is_some_and(|fields| !fields.is_empty()), "{example}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_in_the_readers_language() {
    let (world, officer) = officer().await;
    for path in ["/nothing", "/graphql/", "/uploads/x", "/console/../etc/passwd", "/%00", "/schema"] {
        let answer = world.client(None).get(path).await;
        assert_problem(&answer, StatusCode::NOT_FOUND, "NOT_FOUND");
        assert!(!answer.text.contains("etc"));
    }
    let request =
        |language: &str| world.client(None).request(Method::GET, "/nothing").header("accept-language", language);
    for (asked, given, words) in
        [("nl", "nl", "Niet gevonden"), ("en-GB", "en", "Not found"), ("fr", "nl", "Niet gevonden")]
    {
        let answer = officer.client.send(request(asked)).await;
        assert_eq!((answer.header("content-language"), &answer.json()["title"]), (given, &json!(words)));
    }
    for (method, path) in [(Method::GET, "/uploads"), (Method::POST, "/console"), (Method::DELETE, "/health")] {
        let answer = officer.client.send(officer.client.request(method.clone(), path)).await;
        assert_problem(&answer, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
        assert!(!answer.header("allow").is_empty(), "{method} {path}");
    }
    let odd =
        officer.client.request(Method::POST, "/uploads").header("content-type", "multipart/form-data; boundary=x");
    assert_problem(
        &officer.client.send(odd.body("x")).await,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_guarded() {
    let (_world, officer) = officer().await;
    let upload = officer.client.upload("a.csv", "x").await;
    assert_eq!(upload.status, StatusCode::CREATED);
    for answer in
        [upload, officer.client.get(ASK).await, officer.client.get("/console").await, officer.client.get("/x").await]
    {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!((answer.header("x-frame-options"), answer.header("referrer-policy")), ("DENY", "no-referrer"));
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        assert!(answer.header("access-control-allow-origin").is_empty());
    }
    // What is somebody's is kept by nobody on the way.
    assert!(officer.client.get(ASK).await.header("cache-control").starts_with("private"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_comes_in_the_form_that_was_asked_for() {
    let (_world, officer) = officer().await;
    let json_form = "application/json; charset=utf-8";
    let graphql_form = "application/graphql-response+json; charset=utf-8";
    for (accept, form) in [
        ("", json_form),
        ("*/*", json_form),
        ("application/json", json_form),
        ("application/graphql-response+json", graphql_form),
        ("application/graphql-response+json, application/json;q=0.9", graphql_form),
    ] {
        let mut request = officer.client.request(Method::GET, ASK);
        if !accept.is_empty() {
            request = request.header("accept", accept);
        }
        let answer = officer.client.send(request).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, form), "{accept}");
        assert_eq!(answer.json(), json!({ "data": { "viewer": { "role": "ORGANISATION" } } }));
    }
    let picture = officer.client.request(Method::GET, ASK).header("accept", "image/png");
    assert_eq!(officer.client.send(picture).await.status, StatusCode::NOT_ACCEPTABLE);
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = officer.client.request(Method::POST, "/graphql").header("content-type", content_type);
        let answer = officer.client.send(request.body(r#"{"query":"{viewer{role}}"}"#)).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}: a form of any site can send it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_never_changes_anything() {
    let (world, officer) = officer().await;
    let checked = officer.client.submit(&officer.file("2025")).await;
    let before = world.tally().await;
    let document =
        format!("mutation%7BapproveSubmissions(input:%7BsubmissionIds:[%22{}%22]%7D)%7BrunIds%7D%7D", checked.id);
    let both = format!("query%20A%7Bviewer%7Brole%7D%7D%20{}", document.replace("mutation", "mutation%20B"));
    for path in [format!("/graphql?query={document}"), format!("/graphql?query={both}&operationName=B")] {
        for method in [Method::GET, Method::HEAD] {
            let answer = officer.client.send(officer.client.request(method, &path)).await;
            assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"), "{answer:?}");
        }
    }
    let read = officer.client.get(&format!("/graphql?query={both}&operationName=A")).await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(world.tally().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_wait_for_the_file() {
    let (world, _) = officer().await;
    let inspector = world.token(kraamzicht::domain::Role::Inspector, None).await;
    for (token, status) in [(inspector.as_str(), "HTTP/1.1 403 "), ("kz_nobody", "HTTP/1.1 401 ")] {
        let mut wire = Wire::to(&world.base).await;
        wire.begin_upload(token, "Content-Length: 1000000").await;
        let answer = wire.hear().await;
        assert!(answer.starts_with(status), "{answer}");
    }
    assert_eq!(world.spooled(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_ends_before_the_server_does() {
    let database = sqlite();
    make_in_real_time(&database, &last_year()).await;
    let mut program = Program::on(&database.url);
    let token = program.token(&agb_code(5));
    program.start();
    let client = program.client(&token);
    assert_eq!(client.get(ASK).await.status, StatusCode::OK);
    let spool = program.spool();
    let spooled = || std::fs::read_dir(&spool).unwrap().count();
    let server = program.take_server();
    let base = server.url("");

    let mut wire = Wire::to(&base).await;
    wire.begin_upload(&token, "Content-Length: 10\r\nConnection: close").await;
    wire.say(b"agb_c").await.unwrap();
    until(|| spooled() == 1).await;
    server.ask_to_stop();
    // It takes nobody new any more.
    let address = server.address;
    until(|| std::net::TcpStream::connect(address).is_err()).await;
    wire.say(b"ode;j").await.unwrap();
    let answer = wire.hear_to_the_end().await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let body: Value = serde_json::from_str(answer.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    assert_eq!(body["size"], 10);
    assert_eq!((server.wait(), spooled()), (Some(0), 0));
}
