//! Whether a page of this service sent a request. A browser adds the cookie of a session to what any page sends.

use axum::http::{Method, request::Parts};

use super::{Problem, problems};

/// Refuses a request that changes something unless the browser says that it comes from a page of `own`: by
/// `Sec-Fetch-Site`, by `Origin`, and by none of the two otherwise.
pub(super) fn check(request: &Parts, own: &str) -> Result<(), Problem> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(&request.method) {
        return Ok(());
    }
    let says = |name: &str, expected: &str| {
        let mut values = request.headers.get_all(name).iter().peekable();
        values.peek()?;
        Some(values.all(|value| value.as_bytes() == expected.as_bytes()))
    };
    match (says("sec-fetch-site", "same-origin"), says("origin", own)) {
        (Some(true), None | Some(true)) | (None, Some(true)) => Ok(()),
        _ => Err(problems::cross_origin()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn passes(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap().into_parts().0, "https://kraamzicht.example").is_ok()
    }

    #[test]
    fn only_pages_of_its_own_change_anything() {
        let own = ("origin", "https://kraamzicht.example");
        let same = ("sec-fetch-site", "same-origin");
        assert!(passes("POST", &[own]) && passes("POST", &[same]) && passes("POST", &[own, same]));
        for other in [
            "https://kraamzicht.example.evil.example",
            "http://kraamzicht.example",
            "https://kraamzicht.example:8443",
            "null",
            "",
        ] {
            assert!(!passes("POST", &[("origin", other)]), "{other}");
            assert!(!passes("POST", &[("origin", other), same]), "{other}");
            assert!(!passes("POST", &[own, ("origin", other)]), "{other}");
        }
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!passes("POST", &[("sec-fetch-site", site), own]), "{site}");
            assert!(!passes("DELETE", &[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!passes("POST", &[]), "who says nothing is no browser of today");
        assert!(passes("GET", &[("origin", "https://evil.example")]), "what reads is not read by others");
    }
}
