//! `GET /metrics`: what the process does, in numbers, in the text format of Prometheus. No name and no code of anybody is
//! in it, and no address: labels are of closed lists.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, prometheus_text},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::ConstGauge,
        histogram::Histogram,
    },
    registry::Registry,
};

use super::{Problem, Reference, rates::Rates};
use crate::{domain::Digest, service::Service};

/// The ends of the histogram of durations, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 120.0];

/// Headers that say that somebody else stands behind the connection.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// What is counted, for as long as the process lives. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    registry: Registry,
    answers: Family<Answer, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

impl Default for Metrics {
    /// Counts answers.
    fn default() -> Self {
        Self::telling(None)
    }
}

impl Metrics {
    /// Counts answers, and tells what `service` and `rates` count themselves.
    pub(super) fn of(service: &Service, rates: &Arc<Rates>) -> Self {
        Self::telling(Some(Told { service: service.clone(), rates: Arc::clone(rates) }))
    }

    fn telling(told: Option<Told>) -> Self {
        let answers = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(SECONDS)) as fn() -> Histogram);
        let mut registry = Registry::with_prefix("kraamzicht");
        registry.register("http_requests", "Requests answered, by route and status", answers.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until an answer began, by route, in seconds",
            durations.clone(),
        );
        if let Some(told) = told {
            registry.register_collector(Box::new(told));
        }
        Self(Arc::new(Counted { registry, answers, durations }))
    }

    /// By what a request is counted. Of what no route is for, the path is nobody's business.
    pub(super) fn asked(request: &Request) -> (&'static str, String) {
        let known = ["GET", "HEAD", "POST", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == request.method().as_str()).unwrap_or("other");
        let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
        (method, route.to_owned())
    }

    /// Counts an answer.
    pub(super) fn answered(&self, (method, route): (&'static str, String), status: StatusCode, elapsed: Duration) {
        let status = status.as_u16();
        self.0.answers.get_or_create(&Answer { method, route: route.clone(), status }).inc();
        self.0.durations.get_or_create(&Route { method, route }).observe(elapsed.as_secs_f64());
    }
}

/// What is counted elsewhere and read when it is asked for.
struct Told {
    service: Service,
    rates: Arc<Rates>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}

impl Collector for Told {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let tally = self.service.tally();
        let mut counts = |name: &str, help: &str, label: &'static str, values: &[(&str, u64)]| -> fmt::Result {
            let family = ConstCounter::new(0_u64);
            let mut metric = encoder.encode_descriptor(name, help, None, family.metric_type())?;
            for (value, count) in values {
                ConstCounter::new(*count).encode(metric.encode_family(&[(label, *value)])?)?;
            }
            Ok(())
        };
        let checks = [("accepted", tally.accepted), ("rejected", tally.rejected)];
        counts("checks", "Files checked, by outcome", "outcome", &checks)?;
        let refusals = self.rates.refusals().map(|(of, count)| (of.as_str(), count));
        counts("rate_limited", "Requests refused for a limit on how often, by limit", "limit", &refusals)?;
        for (name, help, count) in [
            ("approvals", "Submissions approved", tally.approvals),
            ("withdrawals", "Submissions withdrawn", tally.withdrawals),
            ("runs", "Scoring runs made", tally.runs),
            ("answers_again", "Answers given again from memory", tally.again),
        ] {
            let counter = ConstCounter::new(count);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let connections = tally.connections;
        for (name, help, number) in [
            ("audit_journal_bytes", "Bytes of reads that wait for the audit log", tally.journal_bytes),
            ("database_connections", "Connections to the database", connections.open.into()),
            ("database_connections_idle", "Connections to the database that nobody uses", connections.idle.into()),
            ("database_connections_limit", "The most connections to the database", connections.most.into()),
        ] {
            let gauge = ConstGauge::new(i64::try_from(number).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// `GET /metrics`, for who may read them.
pub(super) async fn scrape(
    State((metrics, token)): State<(Metrics, Option<Digest>)>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    may_read(&parts, token)?;
    let mut text = String::new();
    if prometheus_text::encode(&mut text, &metrics.0.registry).is_err() {
        let reference = parts.extensions.get::<Reference>().map_or("", Reference::as_str);
        return Err(Problem::internal(reference));
    }
    Ok(([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE), (CACHE_CONTROL, "no-store")], text).into_response())
}

/// With a token of its own: who has it. Without: whoever is at this machine and not behind a proxy that runs on it; for
/// others there is nothing here.
fn may_read(request: &Parts, token: Option<Digest>) -> Result<(), Problem> {
    let Some(token) = token else {
        let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_local = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
        let is_forwarded = FORWARDED.iter().any(|name| request.headers.contains_key(*name));
        return if is_local && !is_forwarded { Ok(()) } else { Err(Problem::not_found()) };
    };
    // Digests are compared, so that time tells nothing of the token.
    let is_same = bearer(&request.headers).is_some_and(|found| Digest::of(found.as_bytes()) == token);
    if is_same { Ok(()) } else { Err(Problem::unauthenticated()) }
}

/// The secret of a request that has one.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok())?;
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use super::*;

    fn refused(peer: &str, header: Option<(&str, &str)>, token: Option<&str>) -> Option<StatusCode> {
        let mut request = Request::builder();
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let (mut parts, _) = request.body(Body::empty()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
        may_read(&parts, token.map(|token| Digest::of(token.as_bytes()))).err().map(|problem| problem.status)
    }

    #[test]
    fn who_may_read() {
        for local in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(refused(local, None, None), None);
        }
        assert_eq!(refused("192.0.2.1", None, None), Some(StatusCode::NOT_FOUND));
        for header in FORWARDED {
            assert_eq!(refused("127.0.0.1", Some((header, "192.0.2.1")), None), Some(StatusCode::NOT_FOUND));
        }
        let token = Some("a token of the operator");
        assert_eq!(refused("192.0.2.1", Some(("authorization", "Bearer a token of the operator")), token), None);
        for wrong in ["Bearer a token of another", "Bearer ", "Basic a token of the operator"] {
            assert_eq!(refused("127.0.0.1", Some(("authorization", wrong)), token), Some(StatusCode::UNAUTHORIZED));
        }
        assert_eq!(refused("127.0.0.1", None, token), Some(StatusCode::UNAUTHORIZED));
    }
}
