//! A file about several organisations, divided into a file for each: whoever looks at one of them finds no row of
//! another in it.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek},
};

use super::{
    coerce::read_agb,
    context::CheckContext,
    decode::{self, Survey, TextEncoding, TextReader, decode_cell},
    dialect::{self, Start},
    header::KnownNames,
    scan::{Record, Scanner},
    source::{self, HEAD},
};
use crate::{catalogue::Catalogue, domain::AgbCode};

/// A file by the organisations that its rows name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Divided {
    /// All rows that name one name the same: the file is as it came.
    Whole(AgbCode),
    /// A file for each organisation: the header and its rows, in the order of the file, in UTF-8.
    Shares(BTreeMap<AgbCode, Vec<u8>>),
}

/// Why a file cannot be given to whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undivided {
    /// It is no table of a known dataset with the organisations in it, or names none.
    Unknown,
    /// The row that starts on this line names nobody for whom may be delivered: a code of another, a code of nobody, or,
    /// beside rows of several, no code.
    Row {
        /// The line, from 1.
        line: u64,
    },
}

/// Divides `source`, a file of `context.dataset` or of what its header says, among the organisations for which
/// `may_deliver` says so. Gives the dataset with it.
///
/// A code of another and a code of nobody are alike. A row without a readable code is left to the check where all
/// others are of one organisation.
pub fn divide<R: Read + Seek>(
    source: R,
    catalogue: &Catalogue,
    context: &CheckContext<'_>,
    may_deliver: impl Fn(&str, AgbCode) -> bool,
) -> io::Result<Result<(String, Divided), Undivided>> {
    let Ok(mut source) = source::open(source, catalogue, context)? else { return Ok(Err(Undivided::Unknown)) };
    source.rewind()?;
    let mut head = Vec::new();
    (&mut source).take(HEAD).read_to_end(&mut head)?;
    let survey = decode::survey(&mut source, &head)?;
    if survey.encoding == TextEncoding::Unknown {
        return Ok(Err(Undivided::Unknown));
    }
    let mut head = Vec::new();
    TextReader::open(&mut source, survey)?.take(HEAD).read_to_end(&mut head)?;
    let known = KnownNames::new(catalogue, context.dataset);
    let Start::Header(dialect) = dialect::find(&head, (head.len() as u64) < HEAD, survey.encoding, &known) else {
        return Ok(Err(Undivided::Unknown));
    };
    let resolved = match context.dataset {
        Some(told) => known.resolve(&dialect.header.cells).into_iter().find(|(dataset, _)| dataset.code == told),
        None => known.best(&dialect.header.cells),
    };
    let place = resolved.and_then(|(dataset, resolution)| {
        let column = dataset.columns.iter().position(|column| column.name == dataset.organisation)?;
        Some((dataset, resolution.positions.get(column).copied().flatten()?))
    });
    let Some((dataset, position)) = place else { return Ok(Err(Undivided::Unknown)) };
    let reader = TextReader::open(&mut source, survey)?;
    let scanner = Scanner::new(reader, dialect.delimiter, context.limits.record_bytes);
    let may_deliver = |code| may_deliver(&dataset.code, code);
    let divided = share_out(scanner, survey, dialect.header.index, position, may_deliver)?;
    Ok(divided.map(|divided| (dataset.code.clone(), divided)))
}

fn share_out<R: Read>(
    mut scanner: Scanner<R>,
    survey: Survey,
    header_at: u64,
    position: usize,
    may_deliver: impl Fn(AgbCode) -> bool,
) -> io::Result<Result<Divided, Undivided>> {
    let (mut header, mut index) = (Vec::new(), 0);
    let mut shares: BTreeMap<AgbCode, Vec<u8>> = BTreeMap::new();
    let mut nameless = None;
    while scanner.advance()? {
        let record = scanner.record();
        if index == header_at {
            append(&mut header, &record, survey.encoding);
        } else if index > header_at && !record.is_blank() {
            match code_of(&record, position, survey.encoding) {
                Some(code) if may_deliver(code) => {
                    append(shares.entry(code).or_insert_with(|| header.clone()), &record, survey.encoding);
                }
                Some(_) => return Ok(Err(Undivided::Row { line: record.line })),
                None => nameless = nameless.or(Some(record.line)),
            }
        }
        index += 1;
    }
    Ok(match (shares.len(), nameless) {
        (0, _) => Err(Undivided::Unknown),
        (1, _) => shares.into_keys().next().map(Divided::Whole).ok_or(Undivided::Unknown),
        (_, Some(line)) => Err(Undivided::Row { line }),
        _ => Ok(Divided::Shares(shares)),
    })
}

/// The code in a row; nothing where it cannot be read, or the row not be divided.
fn code_of(record: &Record<'_>, position: usize, encoding: TextEncoding) -> Option<AgbCode> {
    if record.damage.is_some() {
        return None;
    }
    let (mut bytes, mut text) = (Vec::new(), String::new());
    read_agb(decode_cell(record.cell(position, &mut bytes), encoding, &mut text).trim())
}

/// Adds a row as it stands, in UTF-8 and with an end.
fn append(share: &mut Vec<u8>, record: &Record<'_>, encoding: TextEncoding) {
    let mut text = String::new();
    share.extend_from_slice(decode_cell(record.bytes(), encoding, &mut text).as_bytes());
    if !share.ends_with(b"\n") && !share.ends_with(b"\r") {
        share.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, io::Cursor};

    use jiff::civil::date;

    use super::*;
    use crate::intake::AnyOrganisation;

    fn divided(bytes: &[u8], dataset: Option<&str>, codes: &[&str]) -> Result<(String, Divided), Undivided> {
        let catalogue = Catalogue::embedded().expect("the catalogue");
        let context = CheckContext::new(date(2026, 3, 2), dataset, &AnyOrganisation);
        let codes: BTreeSet<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        let may = |dataset: &str, code: AgbCode| dataset == "indicatoren" && codes.contains(&code.to_string());
        divide(Cursor::new(bytes), &catalogue, &context, may).expect("bytes can be read")
    }

    const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;toelichting\r\n";

    fn file(rows: &[&str]) -> String {
        format!("{HEADER}{}", rows.concat())
    }

    #[test]
    fn each_gets_its_own_rows_in_their_order() {
        let rows = ["33001234;2025;2025;KZ01;1;2;a\r\n", "33005678;2025;2025;KZ01;3;4;\"b\r\nc\"\r\n", "\r\n"];
        let last = "33001234;2025;2025;KZ02;5;6;d";
        let text = file(&[&rows[..], &[last]].concat());
        let (dataset, parts) = divided(text.as_bytes(), None, &["33001234", "33005678"]).expect("a division");
        let Divided::Shares(shares) = parts else { panic!("{parts:?}") };
        assert_eq!(dataset, "indicatoren");
        let texts: Vec<(String, String)> = shares
            .iter()
            .map(|(code, bytes)| (code.to_string(), String::from_utf8(bytes.clone()).expect("UTF-8")))
            .collect();
        let first = format!("{HEADER}{}{last}\r\n", rows[0]);
        let second = format!("{HEADER}{}", rows[1]);
        assert_eq!(texts, [("33001234".to_owned(), first), ("33005678".to_owned(), second)]);
    }

    #[test]
    fn a_code_of_another_and_a_code_of_nobody_are_alike() {
        for code in ["33005678", "99999999", "1"] {
            let text = file(&["33001234;2025;2025;KZ01;1;2;\r\n", &format!("{code};2025;2025;KZ01;3;4;\r\n")]);
            assert_eq!(divided(text.as_bytes(), None, &["33001234"]), Err(Undivided::Row { line: 3 }), "{code}");
        }
        let text = file(&["33001234;2025;2025;KZ01;1;2;\r\n"]);
        assert_eq!(divided(text.as_bytes(), Some("uren"), &["33001234"]), Err(Undivided::Row { line: 2 }));
    }

    #[test]
    fn a_file_of_one_is_as_it_came_and_its_check_says_what_is_wrong() {
        for row in ["", "3300x234;2025;2025;KZ01;3;4;\r\n", ";2025;2025;KZ01;3;4;\r\n", "\"33001234;2025\r\n"] {
            let text = file(&["33001234;2025;2025;KZ01;1;2;\r\n", row]);
            let whole = Divided::Whole("33001234".parse().expect("a code"));
            assert_eq!(divided(text.as_bytes(), None, &["33001234"]), Ok(("indicatoren".to_owned(), whole)), "{row}");
        }
        // Among rows of several nobody knows whose it is.
        let rows = ["33001234;2025;2025;KZ01;1;2;\r\n", "33005678;2025;2025;KZ01;1;2;\r\n", ";2025;2025;KZ01;3;4;\r\n"];
        let text = file(&rows);
        assert_eq!(divided(text.as_bytes(), None, &["33001234", "33005678"]), Err(Undivided::Row { line: 4 }));
    }

    #[test]
    fn another_encoding_becomes_utf_8() {
        let mut bytes = file(&["33001234;2025;2025;KZ01;1;2;een\r\n"]).into_bytes();
        bytes.extend(b"33005678;2025;2025;KZ01;3;4;caf\xe9\r\n");
        let (_, parts) = divided(&bytes, None, &["33001234", "33005678"]).expect("a division");
        let Divided::Shares(shares) = parts else { panic!("{parts:?}") };
        let second = shares.into_values().next_back().expect("a share");
        assert!(String::from_utf8(second).expect("UTF-8").contains("café"));
    }

    #[test]
    fn what_names_nobody_is_nobodys() {
        for text in
            [HEADER, "a;b\r\n1;2\r\n", "", "\r\n", "verslagjaar;indicator_code;teller;noemer\r\n2025;KZ01;1;2\r\n"]
        {
            assert_eq!(divided(text.as_bytes(), None, &["33001234"]), Err(Undivided::Unknown), "{text}");
        }
    }
}
