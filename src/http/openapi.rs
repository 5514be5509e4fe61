//! `GET /openapi.json`: the HTTP side described for machines. What is fixed is in `openapi.json`; the rows of the exports
//! follow from their columns. A test holds it to the routes there are and to what they answer.

use serde_json::{Map, Value, json};

use super::exports::Export;
use crate::service::{ExportColumn, Service};

/// The full version of the HTTP side, in the header `API-Version` of every answer (the API design rules of the Dutch government). Its first
/// number is the one in paths.
pub(super) const API_VERSION: &str = "1.0.0";

const FIXED: &str = include_str!("openapi.json");

/// The description of the API that `service` answers.
pub(super) fn document(service: &Service) -> Result<Value, serde_json::Error> {
    let mut document: Value = serde_json::from_str(FIXED)?;
    document["info"]["version"] = json!(API_VERSION);
    for export in Export::ALL {
        document["components"]["schemas"][export.row_name()] = row(export.columns(service));
    }
    Ok(document)
}

fn row(columns: &[ExportColumn]) -> Value {
    let property = |column: &ExportColumn| {
        let kind = column.kind.as_str();
        let kind = if column.optional { json!([kind, "null"]) } else { json!(kind) };
        let said = format!("{} / {}", column.description.nl, column.description.en);
        (column.name.clone(), json!({ "type": kind, "description": said }))
    };
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let properties: Map<String, Value> = columns.iter().map(property).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}
