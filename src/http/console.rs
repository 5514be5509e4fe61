//! The console: a page on which people try the API. It needs no internet and runs no inline script.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header::CACHE_CONTROL, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use bytes::Bytes;
use serde::Serialize;

use crate::{
    domain::Text,
    graphql::{Operation, TrustedDocuments},
};

const PAGE: &str = include_str!("console/console.html");
const SCRIPT: &str = include_str!("console/console.js");
const STYLE: &str = include_str!("console/console.css");

/// Only files of this server; no inline script or style, no frames, no forms elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A request to begin with: a trusted document.
#[derive(Serialize)]
struct Example<'a> {
    #[serde(rename = "documentId")]
    id: String,
    title: &'a Text,
    query: &'a str,
    variables: &'a serde_json::Map<String, serde_json::Value>,
}

impl<'a> Example<'a> {
    fn of(operation: &'a Operation) -> Self {
        let Operation { title, document, variables, .. } = operation;
        Self { id: TrustedDocuments::id(operation), title, query: document, variables }
    }
}

/// The page at `/console`, its files, the trusted documents at `/console/examples.json`, and `sdl` at `/schema.graphql`.
pub fn console_routes(sdl: impl Into<Bytes>, documents: &[&Operation]) -> Result<Router, serde_json::Error> {
    let examples: Vec<Example<'_>> = documents.iter().copied().map(Example::of).collect();
    let examples = serde_json::to_vec(&examples)?;
    Ok(Router::new()
        .route("/console", file(PAGE, "text/html; charset=utf-8"))
        .route("/console.js", file(SCRIPT, "text/javascript; charset=utf-8"))
        .route("/console.css", file(STYLE, "text/css; charset=utf-8"))
        .route("/console/examples.json", file(examples, "application/json; charset=utf-8"))
        .route("/schema.graphql", file(sdl, "application/graphql; charset=utf-8")))
}

fn file<S: Clone + Send + Sync + 'static>(
    content: impl Into<Bytes>,
    content_type: &'static str,
) -> axum::routing::MethodRouter<S> {
    let content = content.into();
    get(async move || answer(content.clone(), content_type))
}

fn answer(content: Bytes, content_type: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY)),
    ];
    (headers, content)
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{HeaderMap, Request},
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn load(path: &str) -> (HeaderMap, String) {
        let document = "# nl: Organisaties\n# en: Organisations\nquery A { a }".to_owned();
        let example = Operation::read("a", document).unwrap();
        let routes = console_routes("type Query { a: Int }", &[&example]).unwrap();
        let response = routes.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        (parts.headers, String::from_utf8(body).unwrap())
    }

    #[tokio::test]
    async fn everything_the_page_names_is_served_here() {
        let (headers, page) = load("/console").await;
        assert!(!headers["content-security-policy"].to_str().unwrap().contains("unsafe"));
        let attributes = page.split(['"']).zip(page.split(['"']).skip(1));
        let mut files = 0;
        for (before, path) in attributes {
            if (before.ends_with("src=") || before.ends_with("href=")) && !path.starts_with('#') {
                load(path).await;
                files += 1;
            }
        }
        assert!(files >= 3, "{files}");
        assert_eq!(load("/schema.graphql").await.1, "type Query { a: Int }");
        assert!(load("/console/examples.json").await.1.contains("Organisaties"));
    }

    #[test]
    fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
        for forbidden in ["style=", "<style", "onclick", "javascript:", "http://", "https://", "<script>"] {
            assert!(!PAGE.contains(forbidden), "{forbidden}");
        }
        for text in [SCRIPT, STYLE] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("localStorage") && !SCRIPT.contains("eval("));
    }

    #[test]
    fn every_text_of_the_page_is_there_in_both_languages() {
        let (dutch, english) = SCRIPT.split_once("  en: {").unwrap();
        let keys = PAGE.split("data-text=\"").chain(PAGE.split("data-label=\"")).skip(1);
        for key in keys.filter_map(|rest| rest.split('"').next()).filter(|key| key.chars().all(char::is_alphanumeric)) {
            let entry = format!("{key}: ");
            assert!(dutch.contains(&entry) && english.contains(&entry), "{key}");
        }
        for field in PAGE.split("<input ").chain(PAGE.split("<textarea ")).skip(1) {
            let Some(id) = field.strip_prefix("id=\"").and_then(|rest| rest.split('"').next()) else { continue };
            assert!(PAGE.contains(&format!("<label for=\"{id}\"")), "{id} has no label");
        }
    }
}
