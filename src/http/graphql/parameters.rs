use axum::{extract::Query, http::Uri};
use serde_json::{Map, Value};

use crate::{domain::Text, http::Problem};

/// What a GraphQL request asks: the parameters of the specification. `extensions` is checked and not used.
pub(super) struct Parameters {
    pub(super) asked: Asked,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
}

/// The document that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// By its text.
    AdHoc(String),
    /// By the identifier of one that is written down.
    Trusted(String),
}

/// 400: the request is no GraphQL request.
pub(super) fn malformed(nl: &str, en: &str) -> Problem {
    Problem::bad_request(Text { nl: format!("Onjuist verzoek: {nl}."), en: format!("Malformed request: {en}.") })
}

fn no_object(name: &str) -> Problem {
    malformed(&format!("`{name}` moet een JSON-object zijn"), &format!("`{name}` must be a JSON object"))
}

fn no_text(name: &str) -> Problem {
    malformed(&format!("`{name}` moet een tekst zijn"), &format!("`{name}` must be a string"))
}

impl Parameters {
    /// From the body of a POST. A list of requests is refused: one request at a time.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Self::from_fields(fields),
            Ok(Value::Array(_)) => Err(malformed("stuur één vraag per verzoek", "send one operation per request")),
            Ok(_) => Err(malformed("de inhoud moet een JSON-object zijn", "the body must be a JSON object")),
            Err(_) => Err(malformed("de inhoud is geen JSON", "the body is not JSON")),
        }
    }

    /// From the query string of a GET, where `variables` and `extensions` are JSON in text.
    pub(super) fn from_query(query: &str) -> Result<Self, Problem> {
        let uri: Uri = format!("/?{query}")
            .parse()
            .map_err(|_| malformed("het adres is onleesbaar", "the address is unreadable"))?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri)
            .map_err(|_| malformed("het adres is onleesbaar", "the address is unreadable"))?;
        let mut fields = Map::new();
        for (name, text) in pairs {
            let value = match name.as_str() {
                "query" | "documentId" | "operationName" => Value::String(text),
                "variables" | "extensions" => serde_json::from_str(&text).map_err(|_| no_object(&name))?,
                _ => continue,
            };
            if fields.insert(name.clone(), value).is_some() {
                return Err(malformed(&format!("`{name}` staat er twee keer"), &format!("`{name}` is given twice")));
            }
        }
        Self::from_fields(fields)
    }

    fn from_fields(mut fields: Map<String, Value>) -> Result<Self, Problem> {
        let asked = match (text(&mut fields, "query")?, text(&mut fields, "documentId")?) {
            (Some(query), None) => Asked::AdHoc(query),
            (None, Some(id)) => Asked::Trusted(id),
            (None, None) => return Err(malformed("`query` ontbreekt", "`query` is missing")),
            (Some(_), Some(_)) => {
                let (nl, en) =
                    ("stuur `query` of `documentId`, niet allebei", "send `query` or `documentId`, not both");
                return Err(malformed(nl, en));
            }
        };
        // Many clients send an empty text for "none".
        let operation_name = text(&mut fields, "operationName")?.filter(|name| !name.is_empty());
        let variables = object(&mut fields, "variables")?;
        object(&mut fields, "extensions")?;
        Ok(Self { asked, operation_name, variables })
    }
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(no_text(name)),
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Problem> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(no_object(name)),
    }
}
