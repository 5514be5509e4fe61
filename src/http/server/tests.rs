use axum::{
    body::to_bytes,
    http::StatusCode,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{Notify, oneshot},
};
use tower::ServiceExt as _;

use super::*;

fn routes() -> Router {
    Router::new()
        .route("/fine", get(async || "fine"))
        .route("/panics", get(async || if std::hint::black_box(true) { panic!("on purpose") } else { "never" }))
        .route("/slow", get(async || std::future::pending::<&str>().await))
}

async fn ask(path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).header("accept-language", "en").body(Body::empty()).unwrap();
    let response = protect(routes(), &ServerSettings::default(), &Metrics::default()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 16).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn every_response_has_its_reference_and_security_headers() {
    for path in ["/fine", "/panics", "/nowhere"] {
        let (_, headers, _) = ask(path).await;
        assert_eq!(headers["x-request-id"].len(), 16);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    }
}

#[tokio::test]
async fn a_panic_is_the_internal_error_of_its_request() {
    let (status, headers, body) = ask("/panics").await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &"INTERNAL".into()));
    assert_eq!(body["reference"], headers["x-request-id"].to_str().unwrap());
    assert_eq!(body["title"], "Internal error");
    let (status, _, body) = ask("/nowhere").await;
    assert!(status == StatusCode::NOT_FOUND && body.contains("NOT_FOUND"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_given_up() {
    let (status, _, body) = ask("/slow").await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && body.contains("TIMEOUT"), "{body}");
}

/// A server on a free port; the sender stops it.
async fn start(
    router: Router,
    settings: ServerSettings,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(serve(listener, router, async move { stopped.await.unwrap_or_default() }, settings));
    (address, stop, running)
}

#[tokio::test]
async fn a_client_that_never_finishes_its_headers_is_dropped() {
    let settings = ServerSettings { head_time_limit: Duration::from_millis(50), ..ServerSettings::default() };
    let (address, _stop, _running) = start(routes(), settings).await;
    for beginning in ["", "P", "PRI * HT", "GET /fine HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // It ends: the server closes the connection, with or without a word.
        let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        assert!(end.is_ok(), "the connection stays open after {beginning:?}");
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"), "{beginning}");
    }
}

#[tokio::test]
async fn a_body_that_is_left_closes_the_connection_with_a_word() {
    let routes = Router::new()
        .route("/left", post(async || StatusCode::BAD_REQUEST))
        .route("/read", post(async |body: axum::body::Bytes| body.len().to_string()));
    let (address, _stop, _running) = start(routes, ServerSettings::default()).await;
    for (path, body, closes) in
        [("left", "", false), ("left", "x", true), ("read", "", false), ("read", "x", false), ("read", "xyz", false)]
    {
        let answer = reqwest::Client::new().post(format!("http://{address}/{path}")).body(body).send().await.unwrap();
        assert_eq!(answer.headers().get("connection").is_some(), closes, "{path} {body:?}: {answer:?}");
    }
}

#[tokio::test]
async fn stopping_lets_a_request_that_has_begun_end() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begun_inside, go_on_inside) = (Arc::clone(&begun), Arc::clone(&go_on));
    let router = Router::new().route(
        "/",
        get(async move || {
            begun_inside.notify_one();
            go_on_inside.notified().await;
            "whole"
        }),
    );
    let (address, stop, running) = start(router, ServerSettings::default()).await;
    let answer = tokio::spawn(async move { reqwest::get(format!("http://{address}/")).await?.text().await });
    begun.notified().await;
    stop.send(()).unwrap();
    // No new connection is taken once the old listener is gone.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    assert_eq!(answer.await.unwrap().unwrap(), "whole");
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let settings = ServerSettings { grace: Duration::from_millis(20), ..ServerSettings::default() };
    let begun = Arc::new(Notify::new());
    let begun_inside = Arc::clone(&begun);
    let router = Router::new().route(
        "/",
        get(async move || {
            begun_inside.notify_one();
            std::future::pending::<&str>().await
        }),
    );
    let (address, stop, running) = start(router, settings).await;
    let answer = tokio::spawn(reqwest::get(format!("http://{address}/")));
    begun.notified().await;
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert!(answer.await.unwrap().is_err());
}
