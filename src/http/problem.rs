//! What went wrong with a request, as RFC 9457 problem details, in Dutch and English.
//!
//! A handler returns a [`Problem`] as its error. It becomes a response in Dutch; the layer of [`super::protect`]
//! puts it in the language that the request prefers, so that no handler needs to know it.

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCEPT_LANGUAGE, CACHE_CONTROL, CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY,
            WWW_AUTHENTICATE,
        },
    },
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{Rate, Rated};
use crate::domain::{Language, Text};

/// A refusal or failure that the client is told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code, for example `NOT_FOUND`; the same as in GraphQL errors.
    pub code: &'static str,
    /// What sort of problem it is; the same for every occurrence.
    pub title: Box<Text>,
    /// What happened here and what to do about it.
    pub detail: Box<Text>,
    /// After how many seconds it is worth trying again.
    pub retry_after: Option<u64>,
    /// By which the operator finds the line in the log.
    pub reference: Option<String>,
    /// The limit on requests that was reached.
    pub rate: Option<Rate>,
    /// The rest of the request was not read, so the connection cannot be used again.
    pub closes_connection: bool,
}

fn text(nl: impl Into<String>, en: impl Into<String>) -> Text {
    Text { nl: nl.into(), en: en.into() }
}

impl Problem {
    /// A problem with the given status and texts.
    pub fn new(status: StatusCode, code: &'static str, title: Text, detail: Text) -> Self {
        let (title, detail) = (Box::new(title), Box::new(detail));
        Self { status, code, title, detail, retry_after: None, reference: None, rate: None, closes_connection: false }
    }

    /// 400: something in the request cannot be understood.
    pub fn bad_request(detail: Text) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", text("Onjuist verzoek", "Bad request"), detail)
    }

    /// 401: nobody was recognised.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            text("Niet aangemeld", "Not signed in"),
            text(
                "Stuur een geldig token mee in de kop Authorization, als Bearer, of meld u opnieuw aan. Het token of de aanmelding ontbreekt, is verlopen of is ingetrokken.",
                "Send a valid token in the Authorization header, as Bearer, or sign in again. The token or the session is missing, has expired or was withdrawn.",
            ),
        )
    }

    /// 404: it does not exist, or not for this client; the two are not told apart.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            text("Niet gevonden", "Not found"),
            text(
                "Dit bestaat niet, of u hebt er geen toegang toe.",
                "This does not exist, or you have no access to it.",
            ),
        )
    }

    /// 405: the path exists, the method does not. The caller adds the `Allow` header.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            text("Methode niet toegestaan", "Method not allowed"),
            text(
                "Dit adres kent deze HTTP-methode niet; de kop Allow noemt welke wel.",
                "This address does not know this HTTP method; the Allow header names those that it does.",
            ),
        )
    }

    /// 406: no form of the answer is acceptable.
    pub fn not_acceptable(offered: &str) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            text("Geen passende vorm", "Not acceptable"),
            text(
                format!("Het antwoord kan alleen worden gegeven als {offered}."),
                format!("The answer can only be given as {offered}."),
            ),
        )
    }

    /// 408: the client stopped sending.
    pub fn timed_out() -> Self {
        let problem = Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "REQUEST_TIMEOUT",
            text("Verzending gestokt", "Sending stalled"),
            text(
                "Er kwam te lang niets meer binnen. Er is niets bewaard; verstuur het opnieuw.",
                "Nothing arrived for too long. Nothing was kept; send it again.",
            ),
        );
        Self { closes_connection: true, ..problem }
    }

    /// 413: more than `limit` bytes.
    pub fn too_large(limit: u64) -> Self {
        let problem = Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TOO_LARGE",
            text("Te groot", "Too large"),
            text(
                format!("Er mogen hier hoogstens {limit} bytes worden gestuurd. Er is niets bewaard."),
                format!("At most {limit} bytes may be sent here. Nothing was kept."),
            ),
        );
        Self { closes_connection: true, ..problem }
    }

    /// 415: the body is compressed, or coded in another way; nothing here unpacks what strangers packed.
    pub fn unsupported_encoding() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            text("Gecodeerde inhoud niet ondersteund", "Content coding not supported"),
            text(
                "Stuur de inhoud zoals zij is, zonder de kop Content-Encoding.",
                "Send the content as it is, without the Content-Encoding header.",
            ),
        )
    }

    /// 415: the body is of a type that is not read here; `expected` names the right one.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            text("Soort inhoud niet ondersteund", "Unsupported media type"),
            text(
                format!("Stuur de inhoud als {expected}, en noem dat in de kop Content-Type."),
                format!("Send the content as {expected}, and say so in the Content-Type header."),
            ),
        )
    }

    /// 429: too many requests; try again after `retry_after` seconds.
    pub fn rate_limited(retry_after: u64) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "RATE_LIMITED",
            text("Te veel verzoeken", "Too many requests"),
            text(
                format!("Probeer het over {retry_after} seconden opnieuw."),
                format!("Try again in {retry_after} seconds."),
            ),
        );
        Self { retry_after: Some(retry_after), ..problem }
    }

    /// 429: a limit on requests was reached.
    pub fn over_rate(rate: Rate) -> Self {
        let (nl, en) = match rate.of {
            Rated::Attempts => (
                "pogingen zonder geldig token of om aan te melden per minuut",
                "attempts without a valid token or to sign in a minute",
            ),
            Rated::Requests => {
                ("verzoeken per minuut met één token of sessie", "requests a minute with one token or session")
            }
            Rated::Uploads => ("bestanden per uur met één token of sessie", "files an hour with one token or session"),
            Rated::Points => ("punten per minuut met één token of sessie", "points a minute with one token or session"),
        };
        let Rate { limit, retry_after, .. } = rate;
        let detail = text(
            format!("Er mogen hoogstens {limit} {nl} zijn. Probeer het over {retry_after} seconden opnieuw."),
            format!("There may be at most {limit} {en}. Try again in {retry_after} seconds."),
        );
        Self { detail: Box::new(detail), rate: Some(rate), ..Self::rate_limited(retry_after) }
    }

    /// 415: a form could have come from any page in a browser.
    pub fn preflight_missing(header: &str) -> Self {
        let problem = Self::unsupported_media_type("application/json");
        let detail = text(
            format!("Stuur de inhoud als application/json; een formulier met bestanden alleen met de kop {header}."),
            format!("Send the content as application/json; a form with files only with the header {header}."),
        );
        Self { detail: Box::new(detail), ..problem }
    }

    /// The numbers of the limit that was reached, by the names they have in errors.
    pub(super) fn numbers(&self) -> Vec<(&'static str, u64)> {
        self.rate.map_or_else(Vec::new, |rate| {
            vec![
                ("limit", rate.limit.into()),
                ("windowSeconds", rate.of.seconds()),
                ("asked", rate.asked.into()),
                ("retryAfter", rate.retry_after),
            ]
        })
    }

    /// 503: not possible now; nothing was changed, and trying again after `retry_after` seconds is safe.
    pub fn unavailable(retry_after: u64) -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            text("Tijdelijk niet beschikbaar", "Temporarily unavailable"),
            text(
                format!("Er is niets gewijzigd. U kunt dit verzoek over {retry_after} seconden veilig herhalen."),
                format!("Nothing was changed. It is safe to repeat this request in {retry_after} seconds."),
            ),
        );
        Self { retry_after: Some(retry_after), ..problem }
    }

    /// 503: the database cannot be reached or is busy.
    pub fn database_away() -> Self {
        Self::unavailable(5)
    }

    /// 503: the answer took too long and was given up.
    pub fn took_too_long() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "TIMEOUT",
            text("Duurde te lang", "Took too long"),
            text(
                "Het antwoord liet te lang op zich wachten en is afgebroken. Vraag minder tegelijk. Ging het om een \
                 wijziging, kijk dan eerst of die is doorgevoerd.",
                "The answer took too long and was given up. Ask for less at a time. If this was a change, look first \
                 whether it was made.",
            ),
        )
    }

    /// 507: there is no room to receive the content.
    pub fn no_room() -> Self {
        let problem = Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "NO_ROOM",
            text("Geen ruimte", "No room"),
            text(
                "De server kan het bestand nu niet bewaren. Het ligt niet aan uw bestand; probeer het later opnieuw.",
                "The server cannot keep the file now. Your file is not the cause; try again later.",
            ),
        );
        Self { retry_after: Some(300), closes_connection: true, ..problem }
    }

    /// 500: our mistake. The log holds what happened, under `reference`.
    pub fn internal(reference: impl Into<String>) -> Self {
        let reference = reference.into();
        let problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            text("Interne fout", "Internal error"),
            text(
                format!("Er ging bij ons iets mis. Noem bij een melding dit kenmerk: {reference}."),
                format!("Something went wrong on our side. Mention this reference when you report it: {reference}."),
            ),
        );
        Self { reference: Some(reference), ..problem }
    }

    /// The headers that belong to this problem whatever form its body takes.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(rate) = &self.rate {
            headers.extend(rate.headers());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.closes_connection {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers
    }

    /// The problem as `application/problem+json` in `language`.
    pub fn into_response_in(self, language: Language) -> Response {
        let mut body = json!({
            "type": format!("urn:kraamzicht:problem:{}", self.code.to_ascii_lowercase().replace('_', "-")),
            "title": self.title.get(language),
            "status": self.status.as_u16(),
            "detail": self.detail.get(language),
            "code": self.code,
        });
        if let (Some(reference), Some(fields)) = (&self.reference, body.as_object_mut()) {
            fields.insert("reference".to_owned(), json!(reference));
        }
        if let Some(fields) = body.as_object_mut() {
            fields.extend(self.numbers().into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.extend(self.headers());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language_tag(language)));
        response.extensions_mut().insert(Box::new(self));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_response_in(Language::default())
    }
}

/// The problem that `response` was made from, put in `language`. What other layers added to it stays.
pub(super) fn translate(mut response: Response, language: Language) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Box<Problem>>() else { return response };
    let mut translated = problem.into_response_in(language);
    for (name, value) in response.headers() {
        if !translated.headers().contains_key(name) && name != axum::http::header::CONTENT_LENGTH {
            translated.headers_mut().append(name, value.clone());
        }
    }
    translated
}

/// The tag of `language` in HTTP and HTML.
pub const fn language_tag(language: Language) -> &'static str {
    match language {
        Language::Nl => "nl",
        Language::En => "en",
    }
}

/// The language that a request prefers: Dutch, unless English is wanted more.
pub fn preferred_language(headers: &HeaderMap) -> Language {
    let mut best = (0, Language::Nl);
    let ranges = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    for range in ranges.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let language = match parts.next().and_then(|tag| tag.split('-').next()).map(str::to_ascii_lowercase).as_deref()
        {
            Some("nl" | "*") => Language::Nl,
            Some("en") => Language::En,
            _ => continue,
        };
        let quality = super::negotiate::quality(parts);
        if quality > best.0 {
            best = (quality, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn prefer(value: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, value.parse().unwrap());
        preferred_language(&headers)
    }

    #[test]
    fn english_only_when_it_is_wanted_more() {
        assert_eq!(preferred_language(&HeaderMap::new()), Language::Nl);
        assert_eq!(prefer("en-GB,en;q=0.9"), Language::En);
        assert_eq!(prefer("nl-NL,nl;q=0.9,en;q=0.8"), Language::Nl);
        assert_eq!(prefer("nl;q=0.2, en;q=0.8"), Language::En);
        assert_eq!(prefer("de, *;q=0.5"), Language::Nl);
        assert_eq!(prefer("en;q=0"), Language::Nl);
    }

    #[tokio::test]
    async fn a_problem_is_told_in_the_language_asked_for_and_keeps_other_headers() {
        let mut response = Problem::rate_limited(7).into_response();
        response.headers_mut().insert("x-other", HeaderValue::from_static("kept"));
        let response = translate(response, Language::En);
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()["x-other"], "kept");
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        assert_eq!(response.headers()[CONTENT_LANGUAGE], "en");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let body: serde_json::Value =
            serde_json::from_slice(&to_bytes(response.into_body(), 9_999).await.unwrap()).unwrap();
        assert_eq!(
            body,
            json!({
                "type": "urn:kraamzicht:problem:rate-limited", "title": "Too many requests", "status": 429,
                "detail": "Try again in 7 seconds.", "code": "RATE_LIMITED",
            })
        );
    }

    #[test]
    fn headers_follow_from_the_problem() {
        assert_eq!(Problem::unauthenticated().headers()[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(Problem::too_large(1).headers()[CONNECTION], "close");
        assert_eq!(Problem::unavailable(5).headers()[RETRY_AFTER], "5");
        assert_eq!(Problem::internal("abc").reference.as_deref(), Some("abc"));
    }
}
