//! A dataset described for machines: a Data Package with a Table Schema, after the Frictionless standards.
//!
//! It describes files as the template asks for them. Intake takes more than that: other names of columns, other ways to
//! write a number. A file that follows the description is read without a word.

use serde_json::{Map, Value, json};

use super::{
    dataset::{Column, ColumnType},
    template::{Template, TemplateColumn},
};
use crate::domain::Text;

/// What stands in a cell without a value: nothing, or a reason why there is none.
const MISSING: [&str; 6] = ["", "-", "n.v.t.", "nvt", "niet van toepassing", "onbekend"];

/// The form of an identifier.
const IDENTIFIER: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

impl Template<'_> {
    /// A Data Package with one tabular resource: the file that [`Template::file_name`] names, its dialect and its Table
    /// Schema. Titles and descriptions are in Dutch, and in English under `title@en` and `description@en`.
    pub fn data_package(&self) -> Value {
        let mut resource = json!({
            "profile": "tabular-data-resource",
            "name": self.file_name(),
            "path": format!("{}.csv", self.file_name()),
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": {
                "delimiter": ";",
                "lineTerminator": "\r\n",
                "quoteChar": "\"",
                "doubleQuote": true,
                "skipInitialSpace": false,
                "header": true,
            },
            "schema": self.table_schema(),
        });
        let mut package =
            json!({ "profile": "tabular-data-package", "name": self.file_name(), "languages": ["nl", "en"] });
        for described in [&mut resource, &mut package] {
            describe(described, &self.dataset.name, &self.dataset.description);
        }
        if let Some(fields) = package.as_object_mut() {
            fields.insert("resources".to_owned(), json!([resource]));
        }
        package
    }

    fn table_schema(&self) -> Value {
        let fields: Vec<Value> = self.columns.iter().map(|column| self.field(column)).collect();
        let mut schema = json!({ "fields": fields, "missingValues": MISSING });
        let exists = |name: &&String| self.columns.iter().any(|one| one.column.name == **name);
        let key: Vec<&String> = self.dataset.key.iter().filter(exists).collect();
        if let (Some(fields), false) = (schema.as_object_mut(), key.is_empty()) {
            fields.insert("primaryKey".to_owned(), json!(key));
        }
        schema
    }

    fn field(&self, one: &TemplateColumn<'_>) -> Value {
        let TemplateColumn { column, choices } = one;
        let mut field = json!({ "name": column.name });
        describe(&mut field, &column.title, &column.description);
        let mut constraints = Map::new();
        if column.value_required {
            constraints.insert("required".to_owned(), json!(true));
        }
        let mut properties = form(column);
        properties.insert("example".to_owned(), example(one.example(), column.kind));
        if let Some(unit) = &column.unit {
            properties.insert("unit".to_owned(), json!(unit));
        }
        match column.kind {
            // A boolean says what it takes itself, and a year is written in one way.
            ColumnType::Boolean => {}
            ColumnType::Year => {
                constraints.insert("enum".to_owned(), json!([self.year]));
            }
            _ if !choices.is_empty() => {
                let words = choices.iter().flat_map(|choice| [Some(&choice.word), choice.other.as_ref()]).flatten();
                constraints.insert("enum".to_owned(), json!(words.collect::<Vec<_>>()));
            }
            _ => {}
        }
        let pattern = match column.kind {
            ColumnType::AgbCode => Some("^[0-9]{8}$"),
            ColumnType::Identifier => Some(IDENTIFIER),
            _ => None,
        };
        if let Some(pattern) = pattern {
            constraints.insert("pattern".to_owned(), json!(pattern));
        }
        if let Some(most) = column.maximum_length {
            constraints.insert("maxLength".to_owned(), json!(most));
        }
        for (name, limit) in [("minimum", column.minimum), ("maximum", column.maximum)] {
            if let Some(limit) = limit {
                constraints.insert(name.to_owned(), number(limit, column.kind));
            }
        }
        if let Some(fields) = field.as_object_mut() {
            fields.extend(properties);
            fields.insert("constraints".to_owned(), Value::Object(constraints));
        }
        field
    }
}

/// The type and how it is written.
fn form(column: &Column) -> Map<String, Value> {
    let form = match column.kind {
        ColumnType::AgbCode
        | ColumnType::Period
        | ColumnType::Indicator
        | ColumnType::Code
        | ColumnType::Identifier
        | ColumnType::Text => json!({ "type": "string", "format": "default" }),
        ColumnType::Year => json!({ "type": "year", "format": "default" }),
        ColumnType::Integer => json!({ "type": "integer", "format": "default", "bareNumber": true }),
        ColumnType::Decimal => {
            json!({ "type": "number", "format": "default", "decimalChar": ",", "bareNumber": true })
        }
        ColumnType::Date => json!({ "type": "date", "format": "default" }),
        ColumnType::Boolean => {
            json!({ "type": "boolean", "format": "default", "trueValues": ["ja"], "falseValues": ["nee"] })
        }
    };
    match form {
        Value::Object(form) => form,
        _ => Map::new(),
    }
}

/// An example as a value of the column's type.
fn example(example: &str, kind: ColumnType) -> Value {
    match (kind, example.parse::<i64>(), example.replace(',', ".").parse::<f64>()) {
        (ColumnType::Integer | ColumnType::Year, Ok(whole), _) => json!(whole),
        (ColumnType::Decimal, _, Ok(number)) => json!(number),
        _ => json!(example),
    }
}

/// A limit: without decimals for a whole number.
fn number(limit: f64, kind: ColumnType) -> Value {
    match (kind, format!("{limit:.0}").parse::<i64>()) {
        (ColumnType::Integer, Ok(whole)) => json!(whole),
        _ => json!(limit),
    }
}

fn describe(what: &mut Value, title: &Text, description: &Text) {
    let Some(fields) = what.as_object_mut() else { return };
    for (name, text) in [("title", title), ("description", description)] {
        fields.insert(name.to_owned(), json!(text.nl));
        fields.insert(format!("{name}@en"), json!(text.en));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    /// What the standard asks of a description, by hand.
    #[test]
    fn every_dataset_is_described_as_the_standard_asks() {
        let catalogue = Catalogue::embedded().expect("ours");
        for (code, dataset) in &catalogue.datasets {
            let template = catalogue.template(code, dataset.valid_years.from).expect("a template");
            let package = template.data_package();
            let resource = &package["resources"][0];
            assert_eq!(package["resources"].as_array().map(Vec::len), Some(1));
            for described in [&package, resource] {
                let name = described["name"].as_str().expect("a name");
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
                assert!(name.chars().all(allowed), "{name}");
                assert!(described["title"].is_string() && described["description@en"].is_string());
            }
            assert_eq!(resource["profile"], "tabular-data-resource");
            assert_eq!(
                (&resource["dialect"]["delimiter"], &resource["dialect"]["header"]),
                (&json!(";"), &json!(true))
            );
            let schema = &resource["schema"];
            assert_eq!(schema["missingValues"][0], "");
            let fields = schema["fields"].as_array().expect("fields");
            let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().expect("a name")).collect();
            let key = schema["primaryKey"].as_array().expect("a key");
            assert!(key.iter().all(|name| names.contains(&name.as_str().expect("a name"))), "{key:?}");
            for field in fields {
                let (name, kind) = (&field["name"], field["type"].as_str().expect("a type"));
                assert!(["string", "year", "integer", "number", "date", "boolean"].contains(&kind), "{name}: {kind}");
                assert_eq!(field["format"], "default");
                assert!(field["title"].is_string() && field["description"].is_string(), "{name}");
                let constraints = field["constraints"].as_object().expect("constraints");
                for (constraint, value) in constraints {
                    let is_right = match constraint.as_str() {
                        "required" => value.is_boolean(),
                        "enum" => value.as_array().is_some_and(|all| !all.is_empty()),
                        "minimum" | "maximum" => value.is_number() && matches!(kind, "integer" | "number"),
                        "pattern" => value.is_string() && kind == "string",
                        "maxLength" => value.is_u64() && kind == "string",
                        _ => false,
                    };
                    assert!(is_right, "{name}: {constraint} {value}");
                }
                if kind == "integer" {
                    assert!(constraints.get("maximum").is_none_or(Value::is_i64), "{name}");
                }
                let example = &field["example"];
                let choices = constraints.get("enum").and_then(Value::as_array);
                assert!(choices.is_none_or(|all| all.contains(example)), "{name}: {example}");
                assert_eq!(example.is_number(), ["year", "integer", "number"].contains(&kind), "{name}: {example}");
            }
        }
    }

    #[test]
    fn what_is_asked_follows_the_year() {
        let mut files = crate::catalogue::embedded::files();
        let ended = files["indicators/KZ19.toml"].replace("{ from = 2019 }", "{ from = 2019, to = 2021 }");
        files.insert("indicators/KZ19.toml".to_owned(), ended);
        let catalogue = Catalogue::load(&files).expect("a catalogue");
        let is_asked = |year| {
            let package = catalogue.template("indicatoren", year).expect("a template").data_package();
            let fields = package["resources"][0]["schema"]["fields"].clone();
            let codes = fields.as_array().expect("fields").iter().find(|field| field["name"] == "indicator_code");
            let codes = codes.expect("the column")["constraints"]["enum"].as_array().expect("codes");
            assert!(codes.contains(&json!("KZ06")) && codes.contains(&json!("INID000769")), "{codes:?}");
            codes.contains(&json!("KZ19"))
        };
        assert_eq!([2019, 2021, 2022].map(is_asked), [true, true, false]);
        assert!(catalogue.template("indicatoren", 2018).is_none() && catalogue.template("niets", 2024).is_none());
    }
}
