//! How the software of different organisations writes the same table.

use encoding_rs::WINDOWS_1252;

use super::random::Stream;

/// Rows of cells under a header, decimal numbers with a comma.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The names of the columns.
    pub(super) header: &'static [&'static str],
    /// The rows, each as long as the header.
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// The cell of `row` under `column`, to be changed.
    pub(super) fn cell_mut(&mut self, row: usize, column: &str) -> Option<&mut String> {
        let place = self.header.iter().position(|name| *name == column)?;
        self.rows.get_mut(row)?.get_mut(place)
    }
}

/// The bytes behind the characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf8WithMark,
    Windows1252,
    Utf16LittleEndian,
}

/// The names over the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Headers {
    /// As in the template.
    Template,
    /// As people tidy them: `AGB-code`, `Indicator code`.
    Tidied,
}

/// How one organisation's software writes files. It stays the same over the years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileStyle {
    encoding: Encoding,
    headers: Headers,
    line_end: &'static str,
    /// Whether the code of the organisation leads the file's name.
    code_in_name: bool,
}

impl FileStyle {
    /// A style as often seen as in the field: mostly a Dutch Excel.
    pub(super) fn drawn(stream: &mut Stream) -> Self {
        let (encoding, line_end) = match stream.below(100) {
            0..40 => (Encoding::Windows1252, "\r\n"),
            40..72 => (Encoding::Utf8WithMark, "\r\n"),
            72..80 => (Encoding::Utf8, "\r\n"),
            80..92 => (Encoding::Utf8, "\n"),
            _ => (Encoding::Utf16LittleEndian, "\r\n"),
        };
        let headers = if stream.chance(0.15) { Headers::Tidied } else { Headers::Template };
        Self { encoding, headers, line_end, code_in_name: stream.chance(0.4) }
    }

    /// The name of a file.
    pub(super) fn file_name(self, agb_code: &str, dataset: &str, year: i16) -> String {
        let extension = if self.encoding == Encoding::Utf16LittleEndian { "txt" } else { "csv" };
        if self.code_in_name {
            format!("{agb_code}_{dataset}_{year}.{extension}")
        } else {
            format!("{dataset}-{year}.{extension}")
        }
    }

    /// The bytes of `table`.
    pub(super) fn write(self, table: &Table) -> Vec<u8> {
        let separator = if self.encoding == Encoding::Utf16LittleEndian { '\t' } else { ';' };
        let mut text = String::new();
        let header: Vec<String> = table.header.iter().map(|name| self.header(name)).collect();
        for row in std::iter::once(&header).chain(&table.rows) {
            for (place, cell) in row.iter().enumerate() {
                if place > 0 {
                    text.push(separator);
                }
                push_cell(&mut text, cell, separator);
            }
            text.push_str(self.line_end);
        }
        self.encode(&text)
    }

    fn header(self, name: &str) -> String {
        match (self.headers, name) {
            (Headers::Template, _) => name.to_owned(),
            (Headers::Tidied, "agb_code") => "AGB-code".to_owned(),
            (Headers::Tidied, _) => {
                let spaced = name.replace('_', " ");
                let mut letters = spaced.chars();
                letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
            }
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8WithMark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Encoding::Windows1252 => WINDOWS_1252.encode(text).0.into_owned(),
            Encoding::Utf16LittleEndian => {
                std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
        }
    }
}

/// Quotes a cell where it must be quoted, and nowhere else, as Excel does.
fn push_cell(text: &mut String, cell: &str, separator: char) {
    if cell.contains([separator, '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

/// `tenths` as a Dutch decimal number: 958 is `95,8`.
pub(super) fn with_one_decimal(tenths: u64) -> String {
    format!("{},{}", tenths / 10, tenths % 10)
}

/// `hundredths` as a Dutch decimal number: 614 is `6,14`.
pub(super) fn with_two_decimals(hundredths: u64) -> String {
    format!("{},{:02}", hundredths / 100, hundredths % 100)
}

/// `numerator / denominator`, rounded half up; `None` of nothing.
pub(super) fn rounded_ratio(numerator: u64, denominator: u64) -> Option<u64> {
    (2 * numerator + denominator).checked_div(2 * denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(encoding: Encoding, headers: Headers) -> FileStyle {
        FileStyle { encoding, headers, line_end: "\r\n", code_in_name: false }
    }

    #[test]
    fn bytes_of_each_encoding() {
        let table =
            Table { header: &["agb_code", "toelichting"], rows: vec![vec!["33".into(), "één; \"x\"".into()]] };
        let plain = style(Encoding::Utf8, Headers::Template).write(&table);
        assert_eq!(
            String::from_utf8(plain.clone()).as_deref(),
            Ok("agb_code;toelichting\r\n33;\"één; \"\"x\"\"\"\r\n")
        );
        let marked = style(Encoding::Utf8WithMark, Headers::Template).write(&table);
        assert_eq!(marked, [b"\xef\xbb\xbf".as_slice(), &plain].concat());
        let old = style(Encoding::Windows1252, Headers::Template).write(&table);
        assert_eq!(old.windows(3).filter(|bytes| *bytes == b"\xe9\xe9n").count(), 1);
        let wide = style(Encoding::Utf16LittleEndian, Headers::Tidied).write(&table);
        assert!(wide.starts_with(b"\xff\xfeA\0G\0B\0-\0c\0o\0d\0e\0\t\0T\0o\0"), "{wide:?}");
    }

    #[test]
    fn numbers_are_dutch_and_rounded_half_up() {
        assert_eq!(with_one_decimal(958), "95,8");
        assert_eq!(with_two_decimals(605), "6,05");
        assert_eq!(rounded_ratio(1, 2), Some(1));
        assert_eq!(rounded_ratio(412_000, 430), Some(958));
        assert_eq!(rounded_ratio(1, 0), None);
    }
}
