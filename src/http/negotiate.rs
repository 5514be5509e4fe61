//! `Accept` and `Content-Type`.

use axum::http::{
    HeaderMap,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, IF_NONE_MATCH},
};

/// The quality in the parameters of a range, in thousandths; 1000 when none is given, 0 when it is not a number.
pub(super) fn quality<'a>(parameters: impl Iterator<Item = &'a str>) -> u16 {
    for parameter in parameters {
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("q")
        {
            return thousandths(value.trim()).unwrap_or(0);
        }
    }
    1_000
}

fn thousandths(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some((whole * 1_000 + decimals).min(1_000))
}

/// The media type among `offered` that the request prefers; the first of them where it does not care. `None` when
/// it accepts none of them.
pub(super) fn preferred<'a>(headers: &HeaderMap, offered: &[&'a str]) -> Option<&'a str> {
    let accept: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<Range<'_>> = accept.iter().flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
    if accept.iter().all(|value| value.trim().is_empty()) {
        return offered.first().copied();
    }
    let mut best: Option<(u16, u8, &'a str)> = None;
    for media_type in offered {
        let Some(range) = ranges.iter().filter(|range| range.includes(media_type)).max_by_key(|range| range.precision)
        else {
            continue;
        };
        // Equal wishes: a type that was named goes before one that a wildcard lets in.
        if range.quality > 0
            && best.is_none_or(|(quality, precision, _)| (range.quality, range.precision) > (quality, precision))
        {
            best = Some((range.quality, range.precision, media_type));
        }
    }
    best.map(|(_, _, media_type)| media_type)
}

struct Range<'a> {
    media_type: &'a str,
    quality: u16,
    /// 0 for `*/*`, 1 for `type/*`, 2 for a whole name.
    precision: u8,
}

impl<'a> Range<'a> {
    /// `None` for a range that wants another character set than UTF-8, and for one that is no range.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().filter(|media_type| media_type.contains('/'))?;
        let parameters: Vec<&str> = parts.collect();
        if !is_utf8(&parameters) {
            return None;
        }
        let precision = match media_type.split_once('/') {
            Some(("*", _)) => 0,
            Some((_, "*")) => 1,
            _ => 2,
        };
        Some(Self { media_type, quality: quality(parameters.into_iter()), precision })
    }

    fn includes(&self, media_type: &str) -> bool {
        match self.precision {
            0 => true,
            1 => media_type.split('/').next() == self.media_type.split('/').next(),
            _ => self.media_type.eq_ignore_ascii_case(media_type),
        }
    }
}

fn is_utf8(parameters: &[&str]) -> bool {
    parameters.iter().filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

/// Whether the client has the answer with this tag already (RFC 9110, section 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',')).any(|one| one.trim() == "*" || opaque(one) == opaque(tag))
}

/// Whether the client takes gzip, and does not like the plain form better (RFC 9110, section 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut plain) = (None, None, None);
    let given = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for one in given.flat_map(|value| value.split(',')) {
        let mut parts = one.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default().to_ascii_lowercase();
        match coding.as_str() {
            "gzip" | "x-gzip" => gzip = Some(quality(parts)),
            "*" => any = Some(quality(parts)),
            "identity" => plain = Some(quality(parts)),
            _ => {}
        }
    }
    gzip.or(any).is_some_and(|liked| liked > 0 && plain.is_none_or(|plain| plain <= liked))
}

/// Whether the request says that its body is `expected`, in UTF-8.
pub(super) fn has_content_type(headers: &HeaderMap, expected: &str) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case(expected))
        && is_utf8(&parts.collect::<Vec<_>>())
}

/// Whether the request says that its body is compressed, or coded in another way.
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERED: [&str; 2] = ["application/json", "application/graphql-response+json"];

    fn choose(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        preferred(&headers, &OFFERED)
    }

    #[test]
    fn chooses_what_is_wanted_most() {
        let [json, graphql] = OFFERED;
        assert_eq!(preferred(&HeaderMap::new(), &OFFERED), Some(json));
        for (accept, expected) in [
            ("*/*", Some(json)),
            ("application/*", Some(json)),
            ("application/graphql-response+json", Some(graphql)),
            ("application/graphql-response+json, application/json;q=0.9", Some(graphql)),
            ("application/json;q=0.5, application/graphql-response+json;q=0.7", Some(graphql)),
            ("application/graphql-response+json, */*", Some(graphql)),
            ("application/json; charset=UTF-8", Some(json)),
            ("Application/JSON", Some(json)),
            ("application/json;q=0, */*", Some(graphql)),
            ("application/json; charset=latin1", None),
            ("text/html", None),
            ("application/json;q=nonsense", None),
        ] {
            assert_eq!(choose(accept), expected, "{accept}");
        }
    }

    #[test]
    fn gzip_is_for_who_asks_for_it() {
        let takes = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
            takes_gzip(&headers)
        };
        assert!(!takes_gzip(&HeaderMap::new()) && !takes("br") && !takes("gzip;q=0") && !takes("gzip;q=0, *"));
        assert!(!takes("identity, gzip;q=0.5"));
        assert!(takes("gzip") && takes("br, GZIP;q=0.1") && takes("*") && takes("identity;q=0.2, gzip"));
    }

    #[test]
    fn content_type_must_be_named_and_in_utf8() {
        let is_json = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            has_content_type(&headers, "application/json")
        };
        assert!(is_json("application/json") && is_json("application/JSON; charset=\"utf-8\""));
        assert!(!is_json("text/plain") && !is_json("application/json; charset=utf-16"));
        assert!(!has_content_type(&HeaderMap::new(), "application/json"));
    }

    #[test]
    fn what_is_packed_is_known_by_its_header() {
        let coded = |value: &str| is_coded(&HeaderMap::from_iter([(CONTENT_ENCODING, value.parse().unwrap())]));
        assert!(coded("gzip") && coded("identity, gzip") && coded(""));
        assert!(!coded("identity") && !is_coded(&HeaderMap::new()));
    }
}
