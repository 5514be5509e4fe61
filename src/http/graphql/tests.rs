use async_graphql::{EmptySubscription, Object, Schema, SimpleObject};
use axum::{
    body::to_bytes,
    http::{Request, header::ACCEPT, header::AUTHORIZATION, header::CONTENT_TYPE},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::graphql::{Operation, guard::Limits};

const GRAPHQL: &str = "application/graphql-response+json";

struct Query;
struct Mutation;

#[derive(SimpleObject)]
struct Thing {
    name: String,
}

#[derive(Clone)]
struct Visitor(String);

#[Object]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
impl Query {
    async fn visitor(&self, context: &async_graphql::Context<'_>) -> async_graphql::Result<String> {
        Ok(context.data::<Visitor>()?.0.clone())
    }

    async fn thing(&self, name: String) -> Thing {
        Thing { name }
    }

    async fn broken(&self) -> Option<async_graphql::Result<String>> {
        Some(Err(std::io::Error::other("the database password is hunter2").into()))
    }

    async fn refused(&self) -> Option<async_graphql::Result<String>> {
        let mut error = async_graphql::Error::new("not for you");
        error.extensions.get_or_insert_default().set("code", "NOT_FOUND");
        Some(Err(error))
    }

    async fn stall(&self) -> Option<String> {
        std::future::pending().await
    }

    async fn explode(&self) -> Option<String> {
        assert!(std::hint::black_box(false), "a resolver panics");
        None
    }
}

#[Object]
impl Mutation {
    async fn rename(&self, name: String) -> String {
        name
    }
}

struct Tokens;

impl Authenticate for Tokens {
    type Caller = Visitor;

    async fn authenticate(&self, request: &Parts) -> Result<Visitor, Problem> {
        let visitor = match request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
            None => "anonymous",
            Some("Bearer good") => "known",
            Some("Bearer session") => "signed in",
            Some(_) => return Err(Problem::unauthenticated()),
        };
        Ok(Visitor(visitor.to_owned()))
    }

    fn admit_ad_hoc(&self, caller: &Visitor) -> Result<(), Problem> {
        if caller.0 == "signed in" { Err(crate::http::session::trusted_documents_only()) } else { Ok(()) }
    }

    fn admit(&self, caller: Visitor, _: &Admitted, _: usize) -> Result<(Data, HeaderMap), Problem> {
        let mut data = Data::default();
        data.insert(caller);
        Ok((data, HeaderMap::new()))
    }

    async fn still(&self, _: &Parts, _: &Visitor) -> Result<(), Problem> {
        Ok(())
    }

    fn name(&self, caller: &Visitor) -> String {
        caller.0.clone()
    }
}

fn routes() -> Router {
    let schema = Schema::new(Query, Mutation, EmptySubscription);
    let guard = Guard::new(&schema.sdl(), Limits::default()).unwrap();
    let documents = TrustedDocuments::new(&guard, vec![thing(), renaming()]).unwrap();
    GraphqlEndpoint::new(schema, Arc::new(guard), Tokens).with_documents(Arc::new(documents)).routes()
}

fn thing() -> Operation {
    let text = "# nl: Ding\n# en: Thing\nquery Thing($name: String!) { thing(name: $name) { name } visitor }\n";
    Operation::read("thing", text.to_owned()).unwrap()
}

fn renaming() -> Operation {
    let text = "# nl: Naam\n# en: Name\nmutation Rename($name: String!) { rename(name: $name) }\n";
    Operation::read("rename", text.to_owned()).unwrap()
}

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
    let response = routes().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap_or_default())
}

fn post() -> axum::http::request::Builder {
    Request::post("/graphql").header(CONTENT_TYPE, "application/json")
}

async fn ask(accept: &str, body: Value) -> (StatusCode, Value) {
    let request = post().header(ACCEPT, accept).body(Body::from(body.to_string())).unwrap();
    let (status, _, body) = send(request).await;
    (status, body)
}

#[tokio::test]
async fn answers_what_was_asked_with_the_caller_recognised() {
    let body =
        json!({ "query": "query q($n: String!) { thing(name: $n) { name } visitor }", "variables": { "n": "x" } });
    let request = post().header(AUTHORIZATION, "Bearer good").body(Body::from(body.to_string())).unwrap();
    let (status, headers, body) = send(request).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "data": { "thing": { "name": "x" }, "visitor": "known" } })));
    assert_eq!(headers[CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers["vary"].to_str().unwrap().contains("Accept"));

    let request = post().header(AUTHORIZATION, "Bearer bad").body(Body::from("{}")).unwrap();
    let (status, headers, body) = send(request).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(headers["www-authenticate"], "Bearer");
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_trusted_document_is_asked_by_its_identifier() {
    let (id, rename) = (TrustedDocuments::id(&thing()), TrustedDocuments::id(&renaming()));
    let ask = async |who: &str, body: Value| {
        let request = post().header(ACCEPT, GRAPHQL).header(AUTHORIZATION, format!("Bearer {who}"));
        let (status, _, body) = send(request.body(Body::from(body.to_string())).unwrap()).await;
        (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned(), body)
    };
    let get = async |query: String| {
        let request = Request::get(format!("/graphql?{query}")).header(AUTHORIZATION, "Bearer session");
        send(request.body(Body::empty()).unwrap()).await
    };
    let variables = json!({ "name": "x" });
    for who in ["session", "good"] {
        let (status, _, body) = ask(who, json!({ "documentId": id, "variables": variables })).await;
        assert_eq!((status, &body["data"]["thing"]), (StatusCode::OK, &json!({ "name": "x" })), "{who}");
        let (_, _, body) = ask(who, json!({ "documentId": rename, "variables": variables })).await;
        assert_eq!(body["data"], json!({ "rename": "x" }));
        let named = json!({ "documentId": id, "operationName": "Other", "variables": variables });
        assert_eq!(ask(who, named).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(ask(who, json!({ "documentId": id })).await.0, StatusCode::BAD_REQUEST, "variables are held to it");
        for unknown in ["sha256:00", "x", ""] {
            let (status, code, _) = ask(who, json!({ "documentId": unknown })).await;
            assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "DOCUMENT_UNKNOWN"));
        }
        let both = json!({ "documentId": id, "query": "{ visitor }", "variables": variables });
        assert_eq!(ask(who, both).await.1, "BAD_REQUEST");
    }
    // The very text of a document is no document; and what is not even GraphQL is not looked at.
    for text in [thing().document.as_str(), "{ visitor }", "{"] {
        let (status, code, _) = ask("session", json!({ "query": text, "variables": variables })).await;
        assert_eq!((status, code.as_str()), (StatusCode::FORBIDDEN, "TRUSTED_DOCUMENTS_ONLY"), "{text}");
    }
    let (status, _, body) = get(format!("documentId={id}&variables=%7B%22name%22:%22y%22%7D")).await;
    assert_eq!((status, &body["data"]["thing"]["name"]), (StatusCode::OK, &json!("y")));
    let (status, headers, _) = get(format!("documentId={rename}&variables=%7B%22name%22:%22y%22%7D")).await;
    assert_eq!((status, &headers["allow"]), (StatusCode::METHOD_NOT_ALLOWED, &HeaderValue::from_static("POST")));
    assert_eq!(get("query=%7Bvisitor%7D".to_owned()).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn get_reads_and_never_changes() {
    let get = |query: &str| Request::get(format!("/graphql?{query}")).body(Body::empty()).unwrap();
    let (status, _, body) = send(get(
        "query=query%20a($n:String!)%7Bthing(name:$n)%7Bname%7D%7D&variables=%7B%22n%22:%22y%22%7D&operationName=a",
    ))
    .await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "data": { "thing": { "name": "y" } } })));
    let (status, headers, body) = send(get("query=mutation%7Brename(name:%22x%22)%7D")).await;
    assert_eq!((status, &headers["allow"]), (StatusCode::METHOD_NOT_ALLOWED, &HeaderValue::from_static("POST")));
    assert!(body.get("data").is_none());
    for malformed in
        ["", "query=%7Bvisitor%7D&variables=1", "query=%7Bvisitor%7D&variables=%7B", "query=%7Ba%7D&query=%7Ba%7D"]
    {
        assert_eq!(send(get(malformed)).await.0, StatusCode::BAD_REQUEST, "{malformed}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/graphql").body(Body::empty()).unwrap();
        let (status, headers, _) = send(request).await;
        assert_eq!(
            (status, &headers["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &HeaderValue::from_static("GET, POST"))
        );
    }
}

#[tokio::test]
async fn a_request_error_has_no_data_and_the_status_of_its_form() {
    for query in ["{", "{ missing }", "{ visitor } { visitor }", "query q($n: String!) { thing(name: $n) { name } }"] {
        let (status, body) = ask(GRAPHQL, json!({ "query": query })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(body.get("data").is_none() && body["errors"][0]["extensions"]["code"].is_string(), "{body}");
        let (status, body) = ask("application/json", json!({ "query": query })).await;
        assert_eq!(status, StatusCode::OK, "{query}");
        assert!(body.get("data").is_none());
    }
    for malformed in [
        json!({}),
        json!([]),
        json!({ "query": 1 }),
        json!({ "query": "{visitor}", "variables": [] }),
        json!({ "query": "{visitor}", "operationName": 1 }),
        json!({ "query": "{visitor}", "extensions": "x" }),
        json!(1),
    ] {
        assert_eq!(ask("application/json", malformed.clone()).await.0, StatusCode::BAD_REQUEST, "{malformed}");
        assert_eq!(ask(GRAPHQL, malformed.clone()).await.0, StatusCode::BAD_REQUEST, "{malformed}");
    }
    let (status, body) = ask("application/json", json!({ "query": "{".repeat(100) })).await;
    assert_eq!(
        (status, &body["errors"][0]["extensions"]),
        (StatusCode::BAD_REQUEST, &json!({ "code": "QUERY_TOO_DEEP", "limit": 48, "found": 49 }))
    );
    assert_eq!(ask("text/html", json!({ "query": "{visitor}" })).await.0, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn other_bodies_are_refused() {
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=utf-16"]
    {
        let request = Request::post("/graphql").header(CONTENT_TYPE, content_type).body(Body::from("{}")).unwrap();
        assert_eq!(send(request).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let request = Request::post("/graphql").body(Body::from("{\"query\":\"{visitor}\"}")).unwrap();
    assert_eq!(send(request).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_large_body_is_refused_without_reading_on() {
    let announced = post().body(Body::from(vec![b' '; 256 * 1024 + 1])).unwrap();
    let pulled = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&pulled);
    let endless = futures_util::stream::repeat_with(move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(vec![b' '; 64 * 1024])
    });
    for request in [announced, post().body(Body::from_stream(endless)).unwrap()] {
        let (status, headers, _) = send(request).await;
        assert_eq!(
            (status, &headers["connection"]),
            (StatusCode::PAYLOAD_TOO_LARGE, &HeaderValue::from_static("close"))
        );
    }
    assert_eq!(pulled.load(std::sync::atomic::Ordering::Relaxed), 5);
}

#[tokio::test]
async fn errors_of_resolvers_leave_with_a_code_and_without_secrets() {
    let (status, body) = ask(GRAPHQL, json!({ "query": "{ refused visitor }" })).await;
    assert_eq!((status, &body["data"]["visitor"]), (StatusCode::OK, &json!("anonymous")));
    assert_eq!(body["errors"][0]["message"], "not for you");
    let (status, body) = ask(GRAPHQL, json!({ "query": "{ broken }" })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
    assert!(
        body["errors"][0]["extensions"]["reference"].is_string() && !body.to_string().contains("hunter2"),
        "{body}"
    );
    let (status, body) = ask(GRAPHQL, json!({ "query": "{ explode }" })).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_takes_too_long_is_given_up() {
    let (status, body) = ask(GRAPHQL, json!({ "query": "{ stall }" })).await;
    assert_eq!(
        (status, &body["errors"][0]["extensions"]["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("TIMEOUT"))
    );
}

#[tokio::test]
async fn limits_are_told_in_the_language_asked_for() {
    let request =
        post().header("accept-language", "en").body(Body::from(json!({ "query": "{".repeat(100) }).to_string()));
    let (_, _, body) = send(request.unwrap()).await;
    assert!(
        body["errors"][0]["message"].as_str().unwrap().starts_with("This request is too large: 49 brackets"),
        "{body}"
    );
}
