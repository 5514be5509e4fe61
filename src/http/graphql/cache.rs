//! Answers kept as bytes, bounded, in this process.
//!
//! An answer is kept when it follows from its key alone: every root field is answered as known at a moment
//! ([`Admitted::is_as_known_at`]), no clock was looked at ([`Snapshot::moves`]) and nothing went wrong. The key has who
//! may see what, the question, and the moment of the last change, as the database holds it at each request: after a
//! change, whichever process made it, no earlier answer is found. What is given again is noted for the audit log again,
//! before it leaves (docs/adr/0014).

use std::{
    any::TypeId,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderValue, Method,
        header::{CACHE_CONTROL, CONTENT_ENCODING, ETAG, VARY},
        request::Parts,
    },
};
use flate2::{Compression, write::GzEncoder};
use lru::LruCache;
use tokio::sync::OnceCell;

use super::{Examined, Parameters, Reply, reply::MediaType};
use crate::{
    domain::{Actor, Digest, Instant},
    graphql::{Snapshot, guard::Admitted},
    http::{negotiate, preferred_language},
    service::{NotedRead, ReadWatch, Service},
};

/// What an answer takes besides its bytes, about.
const OVERHEAD: usize = 512;

/// No answer takes more than this part of the whole.
const LARGEST_PART: usize = 4;

/// The answers that are kept, and what they are kept for.
#[derive(Debug)]
pub(super) struct Answers {
    service: Service,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// Each with what it counts for, in bytes.
    all: LruCache<Digest, (Arc<Answer>, usize)>,
    /// The moment that the newest of them was answered from.
    present: Instant,
    bytes: usize,
    most: usize,
}

/// An answer, and what was read for it.
#[derive(Debug)]
pub(super) struct Answer {
    body: Bytes,
    /// Made when it is first asked for; nothing when it could not be.
    gzip: OnceCell<Option<Bytes>>,
    reads: Vec<NotedRead>,
}

/// A question whose answer may be kept.
pub(super) struct Place {
    key: Digest,
    tag: HeaderValue,
    present: Instant,
    snapshot: Snapshot,
    actor: Actor,
    watch: ReadWatch,
}

impl Answers {
    /// Keeps at most `most` bytes.
    pub(super) fn new(service: Service, most: usize) -> Self {
        Self { service, kept: Mutex::new(Kept::up_to(most)) }
    }

    /// The place of the answer to this question; nothing for a question whose answer is never kept.
    pub(super) fn place(&self, examined: &Examined, parts: &Parts, form: MediaType) -> Option<Place> {
        let Examined { admitted, parameters, data, .. } = examined;
        let actor = *data.get(&TypeId::of::<Actor>())?.downcast_ref::<Actor>()?;
        if !admitted.is_as_known_at() {
            return None;
        }
        // Looked up with the token, by each request: what another process changed meanwhile is another moment.
        let present = actor.call.present?;
        let snapshot = data.get(&TypeId::of::<Snapshot>())?.downcast_ref::<Snapshot>()?.clone();
        let watch = self.service.watch_reads(&actor)?;
        let key = self.key(&actor, admitted, parameters, parts, form, present)?;
        // Weak: compressed or not, it is the same answer.
        let tag = format!("W/\"{:032x}\"", key.leading_bits()).parse().ok()?;
        Some(Place { key, tag, present, snapshot, actor, watch })
    }

    fn key(
        &self,
        actor: &Actor,
        admitted: &Admitted,
        parameters: &Parameters,
        parts: &Parts,
        form: MediaType,
        present: Instant,
    ) -> Option<Digest> {
        // Whole, so that what comes to belong to an actor has to be looked at here. By which token and by which request
        // they ask makes no difference to what they see.
        let Actor { entry: _, role, scope, call: _ } = *actor;
        let eyes = format!("{role:?} {scope:?} {:?} {form:?} {present:?}", preferred_language(&parts.headers));
        let variables = canonical(&parameters.variables)?;
        let texts = [
            env!("CARGO_PKG_VERSION").as_bytes(),
            self.service.catalogue().hash.as_bytes().as_slice(),
            eyes.as_bytes(),
            admitted.hash().as_bytes().as_slice(),
            admitted.operation_name().unwrap_or_default().as_bytes(),
            &variables,
        ]
        .map(Digest::of);
        Some(Digest::of_parts(texts.iter().map(|text| text.as_bytes().as_slice())))
    }

    /// What was answered before, noted as read once more. Nothing when it is not kept any longer, and when it could not be
    /// noted: then the question is asked anew, and says what is wrong.
    pub(super) async fn again(&self, place: &Place, parts: &Parts, form: MediaType) -> Option<Reply> {
        let found = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&kept.all.get(&place.key)?.0)
        };
        self.service.note_reads_again(&place.actor, &found.reads).await.ok()?;
        Some(self.reply(place, &found, parts, form).await)
    }

    /// Keeps what was answered, and gives it as it leaves. `is_whole`: nothing went wrong with it.
    pub(super) async fn keep(
        &self,
        place: Place,
        reply: Reply,
        is_whole: bool,
        parts: &Parts,
        form: MediaType,
    ) -> Reply {
        if !is_whole || place.snapshot.moves() {
            return reply;
        }
        let answer = Answer { body: reply.body(), gzip: OnceCell::new(), reads: place.watch.seen() };
        let answer = Arc::new(answer);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(place.key, place.present, &answer);
        self.reply(&place, &answer, parts, form).await
    }

    async fn reply(&self, place: &Place, answer: &Arc<Answer>, parts: &Parts, form: MediaType) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers
            .insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding, Accept-Language, Authorization, Cookie"));
        headers.insert(ETAG, place.tag.clone());
        // Of another method, a condition that fails is an error (RFC 9110, section 13.1.2): what is posted is answered.
        let is_get = parts.method == Method::GET || parts.method == Method::HEAD;
        if is_get && place.tag.to_str().is_ok_and(|tag| negotiate::is_known(&parts.headers, tag)) {
            return Reply::not_modified(form, headers);
        }
        if negotiate::takes_gzip(&parts.headers)
            && let Some(gzip) = self.gzip(place, answer).await
        {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return Reply::again(form, headers, gzip);
        }
        Reply::again(form, headers, answer.body.clone())
    }

    async fn gzip(&self, place: &Place, answer: &Arc<Answer>) -> Option<Bytes> {
        let compressed = answer.gzip.get_or_init(async || {
            let body = answer.body.clone();
            let made = tokio::task::spawn_blocking(move || compress(&body)).await.ok()??;
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).grow(place.key, answer, made.len());
            Some(made)
        });
        compressed.await.clone()
    }
}

impl Kept {
    fn up_to(most: usize) -> Self {
        Self { all: LruCache::unbounded(), present: Instant::from_microseconds(0), bytes: 0, most }
    }

    fn put(&mut self, key: Digest, present: Instant, answer: &Arc<Answer>) {
        if present > self.present {
            // Nobody asks for what was before.
            self.all.clear();
            self.bytes = 0;
            self.present = present;
        }
        let weight = OVERHEAD + answer.body.len();
        if present < self.present || weight > self.most / LARGEST_PART {
            return;
        }
        self.bytes += weight;
        if let Some((_, former)) = self.all.put(key, (Arc::clone(answer), weight)) {
            self.bytes -= former;
        }
        self.shrink();
    }

    /// Counts another form of an answer, if it is there still.
    fn grow(&mut self, key: Digest, answer: &Arc<Answer>, bytes: usize) {
        if let Some((known, weight)) = self.all.peek_mut(&key)
            && Arc::ptr_eq(known, answer)
        {
            *weight += bytes;
            self.bytes += bytes;
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        while self.bytes > self.most
            && let Some((_, (_, oldest))) = self.all.pop_lru()
        {
            self.bytes -= oldest;
        }
    }
}

fn compress(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    encoder.write_all(body).ok()?;
    Some(encoder.finish().ok()?.into())
}

/// One text for the same variables, in whichever order they come.
fn canonical(variables: &serde_json::Map<String, serde_json::Value>) -> Option<Vec<u8>> {
    let mut variables = serde_json::Value::Object(variables.clone());
    variables.sort_all_objects();
    serde_json::to_vec(&variables).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(length: usize) -> Arc<Answer> {
        Arc::new(Answer { body: vec![b'x'; length].into(), gzip: OnceCell::new(), reads: Vec::new() })
    }

    fn key(number: usize) -> Digest {
        Digest::of(&number.to_be_bytes())
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let mut kept = Kept::up_to(100_000);
        let now = Instant::from_microseconds(1);
        for number in 0..1_000 {
            kept.put(key(number), now, &answer(9_488));
            assert!(kept.bytes <= 100_000);
            assert_eq!(kept.bytes, kept.all.iter().map(|(_, (_, weight))| weight).sum::<usize>());
            assert!(kept.all.contains(&key(number)), "the newest stays");
        }
        assert_eq!(kept.all.len(), 10);
        kept.put(key(1_000), now, &answer(30_000));
        assert!(!kept.all.contains(&key(1_000)), "one large answer does not push out all others");
        // The same question twice, as when two asked at once.
        kept.put(key(999), now, &answer(9_488));
        assert_eq!((kept.all.len(), kept.bytes), (10, 100_000));
        // The compressed form counts; of an answer that was pushed out it does not.
        let last = Arc::clone(&kept.all.peek(&key(999)).unwrap().0);
        kept.grow(key(999), &last, 5_000);
        assert_eq!((kept.all.len(), kept.bytes), (9, 95_000));
        kept.grow(key(999), &answer(1), 5_000);
        kept.grow(key(5), &last, 5_000);
        assert_eq!(kept.bytes, 95_000);
    }

    #[test]
    fn what_was_before_a_change_is_let_go_of() {
        let mut kept = Kept::up_to(100_000);
        kept.put(key(1), Instant::from_microseconds(1), &answer(10));
        kept.put(key(2), Instant::from_microseconds(2), &answer(10));
        assert!(!kept.all.contains(&key(1)) && kept.all.contains(&key(2)));
        // One that took long, and was overtaken.
        kept.put(key(3), Instant::from_microseconds(1), &answer(10));
        assert_eq!((kept.all.len(), kept.bytes), (1, OVERHEAD + 10));
    }

    #[test]
    fn variables_have_one_text() {
        let text = |variables: &str| {
            canonical(serde_json::from_str::<serde_json::Value>(variables).unwrap().as_object().unwrap())
        };
        assert_eq!(text(r#"{"b":{"y":1,"x":[2,1]},"a":null}"#), text(r#"{ "a": null, "b": { "x": [2, 1], "y": 1 } }"#));
        assert_ne!(text(r#"{"a":[1,2]}"#), text(r#"{"a":[2,1]}"#));
        assert_ne!(text(r#"{"a":null}"#), text("{}"));
    }
}
