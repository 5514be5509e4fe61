//! Days and periods as people write them: one reading, or none.

use jiff::civil::Date;

use crate::domain::{Period, PeriodPart};

/// What was done to read a day or a period that is not written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// Day and month could be exchanged; the Dutch order was taken.
    DayFirstAssumed,
    /// Another way of writing with one reading.
    Cleaned,
}

const MONTHS: [(&str, i8); 26] = [
    ("jan", 1),
    ("januari", 1),
    ("feb", 2),
    ("februari", 2),
    ("mrt", 3),
    ("maart", 3),
    ("mar", 3),
    ("apr", 4),
    ("april", 4),
    ("mei", 5),
    ("may", 5),
    ("jun", 6),
    ("juni", 6),
    ("jul", 7),
    ("juli", 7),
    ("aug", 8),
    ("augustus", 8),
    ("sep", 9),
    ("sept", 9),
    ("september", 9),
    ("okt", 10),
    ("oktober", 10),
    ("oct", 10),
    ("nov", 11),
    ("november", 11),
    ("dec", 12),
];

/// Reads a day: `15-03-2024`, `15/03/2024`, `15.03.2024`, `2024-03-15`, `15 mrt 2024`.
pub(super) fn read_date(text: &str) -> Option<(Date, Option<Remark>)> {
    let separator = text.chars().find(|c| !c.is_alphanumeric())?;
    let parts: Vec<&str> = if separator == ' ' || text.chars().any(char::is_alphabetic) {
        text.split([' ', '-', '.']).filter(|part| !part.is_empty()).collect()
    } else {
        text.split(separator).collect()
    };
    let [first, second, third] = *parts.as_slice() else { return None };
    if first.len() == 4 {
        let date =
            Date::new(number(first, 4)?, i8::try_from(number(second, 2)?).ok()?, i8::try_from(number(third, 2)?).ok()?);
        let remark = (separator != '-').then_some(Remark::Cleaned);
        return Some((date.ok()?, remark));
    }
    if third.len() != 4 {
        return None;
    }
    let (day, year) = (i8::try_from(number(first, 2)?).ok()?, number(third, 4)?);
    if let Some(&(_, month)) =
        MONTHS.iter().chain(&[("december", 12)]).find(|(name, _)| name.eq_ignore_ascii_case(second))
    {
        return Some((Date::new(year, month, day).ok()?, Some(Remark::Cleaned)));
    }
    let month = i8::try_from(number(second, 2)?).ok()?;
    let date = Date::new(year, month, day).ok()?;
    // A dash is the Dutch order; a slash is written in both.
    let is_exchangeable = separator == '/' && day <= 12 && day != month;
    Some((date, is_exchangeable.then_some(Remark::DayFirstAssumed)))
}

fn number(text: &str, digits: usize) -> Option<i16> {
    let is_number = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Reads a period: `2024`, `2024-Q1`, `2024-K1`, and with the row's report year a quarter alone, `Q1`.
pub(super) fn read_period(text: &str, year: Option<i16>) -> Option<(Period, Option<Remark>)> {
    if let Ok(period) = text.parse() {
        return Some((period, None));
    }
    let folded: String =
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '/' | '_')).map(|c| c.to_ascii_uppercase()).collect();
    let (quarter, year) = match folded.split_at_checked(2)? {
        (quarter, "") => (quarter, year?),
        (quarter, year) if quarter.contains(['Q', 'K']) => (quarter, number(year, 4)?),
        _ => folded.split_at_checked(4).map(|(year, quarter)| Some((quarter, number(year, 4)?)))??,
    };
    let part = match quarter.as_bytes() {
        [b'Q' | b'K', quarter @ b'1'..=b'4'] | [quarter @ b'1'..=b'4', b'Q' | b'K'] => {
            PeriodPart::Quarter(quarter - b'0')
        }
        _ => return None,
    };
    Some((Period::new(year, part).ok()?, Some(Remark::Cleaned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_with_one_reading() {
        for (text, expected, remark) in [
            ("15-03-2024", "2024-03-15", None),
            ("15/03/2024", "2024-03-15", None),
            ("2024-04-02", "2024-04-02", None),
            ("03-04-2024", "2024-04-03", None),
            ("03/04/2024", "2024-04-03", Some(Remark::DayFirstAssumed)),
            ("03/03/2024", "2024-03-03", None),
            ("15 mrt 2024", "2024-03-15", Some(Remark::Cleaned)),
            ("15-december-2024", "2024-12-15", Some(Remark::Cleaned)),
            ("2024/03/15", "2024-03-15", Some(Remark::Cleaned)),
        ] {
            let read = read_date(text).map(|(date, remark)| (date.to_string(), remark));
            assert_eq!(read, Some((expected.to_owned(), remark)), "{text}");
        }
        for wrong in ["03/15/2024", "15-03-24", "45366", "31-02-2024", "", "15 foo 2024", "2024-3", "1-2-3-2024"] {
            assert_eq!(read_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn periods_with_one_reading() {
        for (text, expected, is_remarked) in [
            ("2024", "2024", false),
            ("2024-K3", "2024-Q3", false),
            ("Q1", "2023-Q1", true),
            ("k2", "2023-Q2", true),
            ("2024 Q4", "2024-Q4", true),
            ("Q4-2024", "2024-Q4", true),
            ("2024Q1", "2024-Q1", true),
        ] {
            let read = read_period(text, Some(2023)).map(|(period, remark)| (period.to_string(), remark.is_some()));
            assert_eq!(read, Some((expected.to_owned(), is_remarked)), "{text}");
        }
        for wrong in ["jan-24", "1-24", "2024-01", "2024-Q5", "Q5", "", "1999", "24", "2024-1"] {
            assert_eq!(read_period(wrong, Some(2023)), None, "{wrong}");
        }
        assert_eq!(read_period("Q1", None), None);
    }
}
