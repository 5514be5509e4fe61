//! The server around the routes: connections, time limits, what every response has, and an orderly end.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Version,
        header::{CONNECTION, TRANSFER_ENCODING},
        request::Parts,
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use hyper::{body::Incoming, service::Service as _, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tower_http::compression::CompressionLayer;
use tracing::Instrument as _;

use super::{
    LiveSettings, Metrics, Problem, RateSettings, Reference, body::WatchedBody, openapi::API_VERSION,
    preferred_language, problem::translate, workers::Workers,
};
use crate::{domain::Digest, identity::Provider};

/// How patient the server is.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Connections at the same time; further ones wait in the backlog of the system.
    pub connections: usize,
    /// How long a client may take over the head of a request, and how long a connection may lie idle.
    pub head_time_limit: Duration,
    /// How long an answer may take; a route with a shorter limit of its own keeps that.
    pub answer_time_limit: Duration,
    /// How long requests that have begun may go on after the server was told to stop.
    pub grace: Duration,
    /// How often a client may ask.
    pub rates: RateSettings,
    /// How many bytes of answers are kept for who asks the same again; 0 for none.
    pub answers_kept: usize,
    /// What connections that stay open may do.
    pub live: LiveSettings,
    /// SHA-256 of the token with which the metrics are read; without one, they are for this machine alone.
    pub metrics_token: Option<Digest>,
    /// Where people sign in; without it, they do not.
    pub sign_in: Option<Provider>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            connections: 2_048,
            head_time_limit: Duration::from_secs(30),
            // As long as the slowest upload may take.
            answer_time_limit: Duration::from_mins(11),
            grace: Duration::from_secs(20),
            rates: RateSettings::default(),
            answers_kept: 64 << 20,
            live: LiveSettings::default(),
            metrics_token: None,
            sign_in: None,
        }
    }
}

/// Puts around `router` what every response has: a reference and a line in the log, the security headers, the
/// language of problems, compression, a time limit; a panic becomes that request's internal error.
///
/// `metrics` counts each answer by its route.
pub fn protect(router: Router, settings: &ServerSettings, metrics: &Metrics) -> Router {
    router
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state((settings.answer_time_limit, metrics.clone()), surround))
        .layer(CompressionLayer::new())
}

/// Neither bodies nor headers nor query strings are logged: tokens and data may be in them.
async fn surround(
    State((time_limit, metrics)): State<(Duration, Metrics)>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = Metrics::asked(&request);
    let reference = Reference::new();
    let language = preferred_language(request.headers());
    let span = tracing::info_span!("request", %reference, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(reference.clone());
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let begun = Instant::now();
    let answer = AssertUnwindSafe(tokio::time::timeout(time_limit, next.run(request))).catch_unwind();
    let response = match answer.instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::took_too_long().into_response(),
        // The panic hook has logged it, inside the span.
        Err(_) => Problem::internal(reference.as_str()).into_response(),
    };
    let mut response = translate(response, language);
    add_headers(response.headers_mut(), &reference);
    if is_chunked {
        // It may have had a length as well, which hyper passes over in silence: where it ends a proxy in front may have
        // seen otherwise. What comes behind it is not taken for a request (RFC 9112, 6.1).
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let elapsed = begun.elapsed();
    metrics.answered(asked, response.status(), elapsed);
    let milliseconds = elapsed.as_secs_f64() * 1_000.0;
    tracing::info!(parent: &span, status = response.status().as_u16(), milliseconds, "answered");
    response
}

fn add_headers(headers: &mut HeaderMap, reference: &Reference) {
    const ALWAYS: [(&str, &str); 6] = [
        ("api-version", API_VERSION),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
        .entry("content-security-policy")
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    if let Ok(value) = HeaderValue::from_str(reference.as_str()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

/// Comes with each request: knows when the server was told to stop. Whoever holds one is waited for.
#[derive(Clone, Debug)]
pub(super) struct Stopping(Option<watch::Receiver<bool>>);

impl Stopping {
    /// Of a request; of one that comes by no server, never.
    pub(super) fn of(parts: &Parts) -> Self {
        parts.extensions.get().cloned().unwrap_or(Self(None))
    }

    /// Waits until the server was told to stop.
    pub(super) async fn wait(&mut self) {
        match &mut self.0 {
            Some(told) => drop(told.wait_for(|told| *told).await),
            None => std::future::pending().await,
        }
    }
}

/// Serves `router` on `listener` until `shutdown` comes true; then takes no more connections, ends what stays open, lets
/// requests that have begun end within the grace time, and returns.
///
/// Besides HTTP/1 it speaks HTTP/2 with prior knowledge. TLS is the business of the proxy in front.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
    settings: ServerSettings,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let stopping = Stopping(Some(stopping));
    let settings = Arc::new(settings);
    let (workers, mut connections) = (Workers::start()?, JoinSet::new());
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < settings.connections => match accepted {
                Ok((stream, peer)) => {
                    let connection =
                        serve_connection(stream, peer, router.clone(), stopping.clone(), Arc::clone(&settings));
                    workers.serve(connection, &mut connections);
                }
                Err(error) => {
                    // Out of descriptors, mostly: it passes when connections end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop((listener, stopping));
    tracing::info!(connections = connections.len(), "stopping");
    stop.send_replace(true);
    let all_ended = async {
        while connections.join_next().await.is_some() {}
        // Sockets are no connections of HTTP any more.
        stop.closed().await;
    };
    if tokio::time::timeout(settings.grace, all_ended).await.is_err() {
        tracing::warn!("requests were cut off after the grace time");
    }
    Ok(())
}

/// Runs where `stream` was not accepted: from here on it is this runtime that hears of it.
async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stopping: Stopping,
    settings: Arc<ServerSettings>,
) {
    let stream = match stream.into_std().and_then(TcpStream::from_std) {
        Ok(stream) => stream,
        Err(error) => return tracing::warn!(%error, "a connection could not be taken over"),
    };
    // Small answers wait for nothing.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let (begin, mut begun) = watch::channel(false);
    let router = TowerToHyperService::new(router);
    let told = stopping.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        begin.send_replace(true);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(told.clone());
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(&router, request).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(settings.head_time_limit);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(settings.head_time_limit)
        .keep_alive_timeout(settings.head_time_limit)
        .max_concurrent_streams(100);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    // hyper's own limit begins only when it knows the version of HTTP; until the first request this one holds.
    let too_slow = async {
        if tokio::time::timeout(settings.head_time_limit, begun.wait_for(|begun| *begun)).await.is_ok() {
            std::future::pending::<()>().await;
        }
    };
    tokio::pin!(connection, too_slow);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(error, "a connection broke");
                }
                return;
            }
            () = &mut too_slow => return tracing::debug!("a connection brought no request in time"),
            () = stopping.wait(), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

async fn answer(router: &TowerToHyperService<Router>, request: hyper::Request<Incoming>) -> Response {
    // HTTP/2 ends a stream, not the connection.
    let closes = request.version() < Version::HTTP_2;
    let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let request = request.map(|body| Body::new(WatchedBody::new(body, Arc::clone(&is_read))));
    let mut response = router.call(request).await.unwrap_or_else(|never| match never {});
    if closes && !is_read.load(Ordering::Relaxed) {
        // hyper closes where a body was left, without a word; whoever asks again on this connection would go unheard.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Comes true when the process is asked to stop: Ctrl+C, or SIGTERM.
pub async fn stop_signal() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl+C cannot be heard");
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

#[cfg(test)]
mod tests;
