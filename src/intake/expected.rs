//! What is expected of a value: its form, from the column's type, range and words.

use super::{coerce::range, coerce_text::IDENTIFIER_LENGTH, fill::fill, words::Words};
use crate::{
    catalogue::{Catalogue, Column, ColumnType, Dataset},
    domain::{Occurrence, Text},
};

/// The form of the cells of `column`.
pub(super) fn form(column: &Column, dataset: &Dataset, catalogue: &Catalogue) -> Text {
    let code = match column.kind {
        ColumnType::AgbCode => "EXPECTED_AGB_CODE",
        ColumnType::Year => "EXPECTED_YEAR",
        ColumnType::Period => "EXPECTED_PERIOD",
        ColumnType::Indicator | ColumnType::Code => "EXPECTED_WORD",
        ColumnType::Integer => "EXPECTED_INTEGER",
        ColumnType::Decimal => "EXPECTED_DECIMAL",
        ColumnType::Date => "EXPECTED_DATE",
        ColumnType::Boolean => "EXPECTED_BOOLEAN",
        ColumnType::Identifier => "EXPECTED_IDENTIFIER",
        ColumnType::Text => "EXPECTED_TEXT",
    };
    let maximum = match column.kind {
        ColumnType::Identifier => Some(column.maximum_length.unwrap_or(IDENTIFIER_LENGTH)),
        ColumnType::Text => column.maximum_length,
        _ => None,
    };
    let (range_nl, range_en) = range(column);
    let mut parameters = vec![
        ("range_nl", range_nl),
        ("range_en", range_en),
        ("example", column.example.clone()),
        ("words", Words::of(column, dataset, catalogue).listed()),
    ];
    parameters.extend(maximum.map(|maximum| ("maximum", maximum.to_string())));
    if !column.value_required {
        parameters.extend([("empty_nl", "leeg".to_owned()), ("empty_en", "empty".to_owned())]);
    }
    let parameters = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value)).collect();
    let as_found = Occurrence { parameters, ..Occurrence::default() };
    fill(&catalogue.message(code, &[]), None, &as_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_says_what_it_expects_in_both_languages() {
        let catalogue = Catalogue::embedded().expect("the catalogue");
        let form_of = |dataset: &str, column: &str| {
            let dataset = catalogue.datasets.get(dataset).expect("a dataset");
            form(dataset.column(column).expect("a column"), dataset, &catalogue)
        };
        for dataset in catalogue.datasets.values() {
            for column in &dataset.columns {
                let Text { nl, en } = form(column, dataset, &catalogue);
                assert!(nl != en && !nl.contains(['[', '{', '}']) && !nl.contains("EXPECTED"), "{nl}");
                assert!(!en.contains(['[', '{', '}']) && !nl.contains("  ") && !nl.ends_with([' ', ',']), "{en}");
            }
        }
        let teller = form_of("indicatoren", "teller");
        assert_eq!(teller.nl, "een geheel getal, 0 tot en met 10000000, zoals 412, of leeg");
        assert_eq!(teller.en, "a whole number, 0 to 10000000, such as 412, or empty");
        assert_eq!(form_of("indicatoren", "agb_code").nl, "acht cijfers, met de nullen vooraan, zoals 33001234");
        let contract = form_of("personeel", "contractvorm").en;
        assert!(contract.starts_with("one of: ") && contract.contains("zzp"), "{contract}");
    }
}
