//! A refusal as a page, for who came here with a browser.

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONTENT_LANGUAGE, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse as _, Response},
};

use super::Problem;
use crate::{
    domain::Language,
    http::{language_tag, negotiate, preferred_language},
};

/// Its style is that of the console, from this server.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `problem` in the form that the request prefers: a page for browsers, else problem details.
pub(super) fn refusal(problem: Problem, asked: &HeaderMap) -> Response {
    let forms = ["application/problem+json", "text/html"];
    if negotiate::preferred(asked, &forms) != Some(forms[1]) {
        return problem.into_response();
    }
    let language = preferred_language(asked);
    let mut response = (problem.status, write(&problem, language)).into_response();
    let headers = response.headers_mut();
    headers.extend(problem.headers());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language_tag(language)));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language"));
    headers.insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    response
}

fn write(problem: &Problem, language: Language) -> String {
    let (again, home) = match language {
        Language::Nl => ("Opnieuw aanmelden", "Naar de console"),
        Language::En => ("Sign in again", "To the console"),
    };
    let (title, detail) = (escaped(problem.title.get(language)), escaped(problem.detail.get(language)));
    let (tag, code) = (language_tag(language), problem.code);
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Kraamzicht: {title}</title>\n<link rel=\"stylesheet\" href=\"/console.css\">\n</head>\n<body>\n\
         <main class=\"refusal panel\">\n<h1>{title}</h1>\n<p>{detail}</p>\n<p class=\"hint\">{code}</p>\n\
         <p><a href=\"/sign-in\">{again}</a> · <a href=\"/console\">{home}</a></p>\n</main>\n</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
