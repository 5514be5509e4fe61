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
    if let Some((day, time)) = text.rsplit_once([' ', 'T'])
        && is_time(time)
    {
        let (date, remark) = read_date(day)?;
        return Some((date, remark.or(Some(Remark::Cleaned))));
    }
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

/// A time of the day without a zone: `00:00`, `10:15:30`, `00:00:00.000`.
fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let mut part =
        |limit| parts.next().is_some_and(|part| part.len() == 2 && number(part, 2).is_some_and(|part| part < limit));
    let has_minutes = part(24) && part(60);
    let has_seconds = clock.len() == 5 || part(60);
    has_minutes && has_seconds && parts.next().is_none() && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str, digits: usize) -> Option<i16> {
    let is_number = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Reads a period: `2024`, `2024-Q1`, `2024-K1`, `1e kwartaal 2024`, and with the row's report year a quarter alone.
pub(super) fn read_period(text: &str, year: Option<i16>) -> Option<(Period, Option<Remark>)> {
    if let Ok(period) = text.parse::<Period>() {
        let is_usual = text.len() == 4 || text.contains('Q');
        return Some((period, (!is_usual).then_some(Remark::Cleaned)));
    }
    let words: Vec<String> = words(text);
    let mut quarter = None;
    let mut written_year = None;
    let mut has_word = false;
    for word in &words {
        match word.as_str() {
            "q" | "k" | "kwartaal" | "kw" | "kwart" | "quarter" if !has_word => has_word = true,
            "e" | "ste" | "de" | "st" | "nd" | "rd" | "th" if quarter.is_some() && !has_word => {}
            "1" | "2" | "3" | "4" if quarter.is_none() => quarter = word.bytes().next().map(|digit| digit - b'0'),
            _ if written_year.is_none() => written_year = Some(number(word, 4).filter(|_| word.len() == 4)?),
            _ => return None,
        }
    }
    let part = PeriodPart::Quarter(quarter.filter(|_| has_word)?);
    Some((Period::new(written_year.or(year)?, part).ok()?, Some(Remark::Cleaned)))
}

/// The runs of letters and of digits, in lower case; signs between them only divide, `x` in any other place is a word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let sort = if c.is_ascii_digit() {
            Some(true)
        } else if matches!(c, ' ' | '-' | '/' | '_' | '.') {
            None
        } else {
            Some(false)
        };
        match (sort, words.last_mut()) {
            (None, _) => {}
            (Some(_), Some(word)) if sort == last => word.extend(c.to_lowercase()),
            (Some(_), _) => words.push(c.to_lowercase().collect()),
        }
        last = sort;
    }
    words
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
            ("15-03-2024 00:00", "2024-03-15", Some(Remark::Cleaned)),
            ("2024-03-15T09:30:00.000", "2024-03-15", Some(Remark::Cleaned)),
        ] {
            let read = read_date(text).map(|(date, remark)| (date.to_string(), remark));
            assert_eq!(read, Some((expected.to_owned(), remark)), "{text}");
        }
        for wrong in [
            "03/15/2024",
            "15-03-24",
            "45366",
            "31-02-2024",
            "",
            "15 foo 2024",
            "2024-3",
            "1-2-3-2024",
            "2024-03-15T23:30Z",
            "15-03-2024 25:00",
            "15-03-2024 1",
        ] {
            assert_eq!(read_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn periods_with_one_reading() {
        for (text, expected, is_remarked) in [
            ("2024", "2024", false),
            ("2024-Q3", "2024-Q3", false),
            ("2024-K3", "2024-Q3", true),
            ("1e kwartaal 2024", "2024-Q1", true),
            ("kwartaal 4", "2023-Q4", true),
            ("2024 kw. 2", "2024-Q2", true),
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
