//! The multipart form of a GraphQL request (graphql-multipart-request-spec): `operations`, then `map`, then the files.
//!
//! Strict: in that order, each part once, each file mapped to one place, and nothing else. multer takes the form apart;
//! what it may hold in memory is bounded by [`Gate`], since it would gather a head of any length, and as many pieces as
//! are ready.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use multer::{Field, Multipart};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::parameters::{Parameters, malformed};
use crate::{
    graphql::ReceivedFile,
    http::{
        Problem, Reference, SpoolSettings, UploadError,
        body::{BodyError, LimitedBody},
        upload::{NAMELESS, Spooling, clean},
    },
};

/// The most files of one request.
const FILES: usize = 3;
/// The most bytes of `operations`, and of `map`.
const TEXT: usize = 64 * 1024;
/// The most bytes of the heads and boundaries of all parts.
const HEADS: u64 = 64 * 1024;
/// How much multer may have at hand, besides one piece as it came over the line.
const WINDOW: usize = 64 * 1024;

/// A form of which the files have not been read.
pub(super) struct Form {
    multipart: Multipart<'static>,
    gate: Arc<Mutex<Gate>>,
    settings: SpoolSettings,
}

/// Where the files belong: the name of each part, and the handle that stands in the variables for it.
pub(super) type Slots = BTreeMap<String, String>;

impl Form {
    /// A form whose `Content-Type` is `content_type`. What announces more than all its parts may be is refused at once.
    pub(super) fn new(content_type: &str, body: Body, settings: &SpoolSettings) -> Result<Self, Problem> {
        let boundary = multer::parse_boundary(content_type)
            .map_err(|_| malformed("`boundary` ontbreekt in Content-Type", "`boundary` is missing in Content-Type"))?;
        let texts = HEADS + 2 * TEXT as u64;
        let limit = settings.limit.saturating_mul(FILES as u64).saturating_add(texts);
        let body = LimitedBody::new(body, limit, settings.patience).map_err(|_| Problem::too_large(settings.limit))?;
        let gate = Arc::new(Mutex::new(Gate::default()));
        let pieces = Gated { pieces: Box::pin(pieces(body)), gate: Arc::clone(&gate) };
        Ok(Self { multipart: Multipart::new(pieces, boundary), gate, settings: settings.clone() })
    }

    /// Reads what is asked, with a handle in the variables for each file that is to come.
    pub(super) async fn parameters(&mut self) -> Result<(Parameters, Slots), Problem> {
        let operations = self.text("operations").await?;
        let mut parameters = Parameters::from_json(&operations)?;
        let map = self.text("map").await?;
        let Pairs(pairs) = serde_json::from_slice(&map).map_err(|_| {
            malformed(
                "`map` moet bij elk deel een lijst van plaatsen noemen",
                "`map` must name a list of places for each part",
            )
        })?;
        if pairs.len() > FILES {
            return Err(malformed(
                &format!("`map` noemt {} bestanden, en er mogen er {FILES} zijn", pairs.len()),
                &format!("`map` names {} files, where {FILES} are allowed", pairs.len()),
            ));
        }
        let mut slots = Slots::new();
        for (part, places) in pairs {
            let [place] = places.as_slice() else {
                return Err(malformed(
                    "elk bestand hoort op precies één plaats",
                    "each file belongs in exactly one place",
                ));
            };
            // It names nothing outside this request, and nobody can guess it.
            let handle = Reference::new().to_string();
            put(&mut parameters.variables, place, &handle)?;
            if handle.is_empty() || part == "operations" || part == "map" || slots.insert(part, handle).is_some() {
                return Err(malformed("elk deel staat één keer in `map`", "each part is in `map` once"));
            }
        }
        Ok((parameters, slots))
    }

    /// Receives the files, by their handles. Dropped on the way, nothing of them is left.
    pub(super) async fn files(self, slots: Slots) -> Result<BTreeMap<String, ReceivedFile>, Problem> {
        let time_limit = self.settings.time_limit;
        tokio::time::timeout(time_limit, self.receive(slots)).await.unwrap_or_else(|_| Err(Problem::timed_out()))
    }

    async fn receive(mut self, mut slots: Slots) -> Result<BTreeMap<String, ReceivedFile>, Problem> {
        let mut files = BTreeMap::new();
        while let Some(mut field) = self.next().await? {
            let Some(handle) = field.name().and_then(|name| slots.remove(name)) else {
                return Err(malformed(
                    "er is een deel dat `map` niet noemt, of dat er twee keer is",
                    "there is a part that `map` does not name, or that is there twice",
                ));
            };
            let name = field.file_name().and_then(clean).unwrap_or_else(|| NAMELESS.to_owned());
            let mut spooling = Spooling::begin(&self.settings)?;
            while let Some(piece) = self.piece(&mut field).await? {
                spooling.write(&piece).await?;
            }
            let spooled = spooling.finish().await?;
            let digest = spooled.digest;
            files.insert(handle, ReceivedFile { name, digest, content: Box::new(spooled.into_bytes()?) });
        }
        match slots.keys().next() {
            None => Ok(files),
            Some(_) => {
                Err(malformed("een bestand dat `map` noemt is er niet bij", "a file that `map` names is not there"))
            }
        }
    }

    /// The whole of the next part, which must be called `wanted`.
    async fn text(&mut self, wanted: &str) -> Result<Vec<u8>, Problem> {
        let mut field = self.next().await?.filter(|field| field.name() == Some(wanted)).ok_or_else(|| {
            malformed(
                &format!("`{wanted}` ontbreekt; de volgorde is operations, map, bestanden"),
                &format!("`{wanted}` is missing; the order is operations, map, files"),
            )
        })?;
        let mut text = Vec::new();
        while let Some(piece) = self.piece(&mut field).await? {
            text.extend_from_slice(&piece);
            if text.len() > TEXT {
                return Err(Problem::too_large(TEXT as u64));
            }
        }
        Ok(text)
    }

    async fn next(&mut self) -> Result<Option<Field<'static>>, Problem> {
        let next = self.multipart.next_field().await.map_err(|error| self.problem(&error));
        self.gate().used(usize::MAX);
        next
    }

    async fn piece(&self, field: &mut Field<'static>) -> Result<Option<Bytes>, Problem> {
        let piece = field.chunk().await.map_err(|error| self.problem(&error))?;
        self.gate().used(piece.as_ref().map_or(0, Bytes::len));
        Ok(piece)
    }

    fn gate(&self) -> std::sync::MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn problem(&self, error: &multer::Error) -> Problem {
        let multer::Error::StreamReadFailed(source) = error else {
            return match error {
                multer::Error::IncompleteStream
                | multer::Error::IncompleteHeaders
                | multer::Error::IncompleteFieldData { .. } => UploadError::CutOff.into(),
                _ => malformed("het formulier is onleesbaar", "the form is unreadable"),
            };
        };
        match source.downcast_ref::<BodyError>() {
            Some(BodyError::TooLarge) => Problem::too_large(self.settings.limit),
            Some(BodyError::Stalled) => Problem::timed_out(),
            Some(BodyError::CutOff) => UploadError::CutOff.into(),
            None => malformed("de kop van een deel is te lang", "the head of a part is too long"),
        }
    }
}

/// Puts `handle` where `place` says, for example `variables.input.file`: a place that is there and is null.
fn put(variables: &mut Map<String, Value>, place: &str, handle: &str) -> Result<(), Problem> {
    let mut steps = place.split('.');
    let first = steps.next() == Some("variables");
    let mut found = steps.next().filter(|_| first).and_then(|name| variables.get_mut(name));
    for step in steps {
        found = match found {
            Some(Value::Object(fields)) => fields.get_mut(step),
            Some(Value::Array(items)) => step.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        };
    }
    match found {
        Some(value @ Value::Null) => {
            *value = Value::String(handle.to_owned());
            Ok(())
        }
        _ => Err(malformed(
            "elke plaats in `map` moet een variabele zijn die null is, en één keer voorkomen",
            "each place in `map` must be a variable that is null, and be named once",
        )),
    }
}

/// A JSON object in which a name that comes twice is there twice.
struct Pairs(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of lists")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

fn pieces(body: LimitedBody) -> impl Stream<Item = Result<Bytes, BodyError>> + Send {
    stream::unfold(Some(body), |body| async {
        let mut body = body?;
        match body.next().await {
            Ok(piece) => Some((Ok(piece?), Some(body))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

/// How much was handed to multer that it has not handed on.
#[derive(Debug, Default)]
struct Gate {
    at_hand: usize,
    /// It was just given a piece, and is to look at that first.
    rests: bool,
    /// It was told to look at what it has.
    told: bool,
}

impl Gate {
    fn used(&mut self, bytes: usize) {
        self.at_hand = self.at_hand.saturating_sub(bytes);
        self.told = false;
    }
}

/// The head of a part has no end.
#[derive(Debug, thiserror::Error)]
#[error("the head of a part is too long")]
struct EndlessHead;

struct Gated<S> {
    pieces: Pin<Box<S>>,
    gate: Arc<Mutex<Gate>>,
}

impl<S: Stream<Item = Result<Bytes, BodyError>>> Stream for Gated<S> {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let gate = Arc::clone(&self.gate);
        let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = gate.at_hand >= WINDOW;
        if is_full && gate.told {
            // It looked at all it has and wants more.
            return Poll::Ready(Some(Err(EndlessHead.into())));
        }
        if gate.rests || is_full {
            gate.rests = false;
            gate.told = is_full;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = self.pieces.as_mut().poll_next(context);
        if let Poll::Ready(Some(Ok(piece))) = &next {
            gate.at_hand += piece.len();
            gate.rests = true;
        }
        next.map(|piece| piece.map(|piece| piece.map_err(Into::into)))
    }
}

#[cfg(test)]
mod tests;
