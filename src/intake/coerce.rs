//! One cell to a typed value, when it is not written plainly: exactly one reading and a word about it, or an error.

use jiff::civil::Date;

use super::{
    cell::{Cell, Number},
    collect::{Cause, Detail},
    context::AllowedOrganisations,
    date,
    layout::LayoutColumn,
    number::{self, Fault, Style},
    text,
    words::Match,
};
use crate::{
    catalogue::{Column, ColumnType, Indicator, Unit},
    domain::{AgbCode, MissingReason, Period},
};

/// What a cell is read with beside its own text.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub style: Style,
    pub organisations: &'a dyn AllowedOrganisations,
    /// The row's report year, for a period that is only a quarter.
    pub year: Option<i16>,
    /// The indicator the row is about, for a percent sign.
    pub measure: Option<&'a Indicator>,
    /// Whether rows of the dataset are about indicators at all.
    pub has_measure: bool,
}

/// Takes what there is to say of the cell; the detail is only made when it is kept.
pub(super) type Report<'r> = dyn FnMut(Cause, &dyn Fn() -> Detail) + 'r;

/// Reads a cell of any type but text and identifier. `None` when it cannot be read; that has then been reported.
pub(super) fn coerce<'a>(
    raw: &str,
    column: &LayoutColumn<'a>,
    around: &Surroundings<'_>,
    report: &mut Report<'_>,
) -> Option<Cell<'a>> {
    let found = || Detail::of(raw.as_bytes());
    if raw.chars().any(text::is_stray_control) {
        report(Cause::Kind("cell.control_char"), &|| found().with("character", control_name(raw)));
        return None;
    }
    let cleaned: String = raw.chars().filter(|c| !text::is_invisible(*c)).collect();
    let trimmed = cleaned.trim();
    // Codes are compared to the letter, so that even an ordinary space around one is told.
    let is_code = matches!(column.column.kind, ColumnType::AgbCode | ColumnType::Indicator | ColumnType::Code);
    let expected = if is_code { raw } else { raw.trim_matches(' ') };
    let is_odd = cleaned.len() != raw.len() || (trimmed.len() != expected.len() && !trimmed.is_empty());
    if is_odd && raw.chars().any(text::is_direction) {
        report(Cause::Kind("cell.bidi_control"), &found);
    }
    let unmarked = text_marker(trimmed);
    let value = unmarked.unwrap_or(trimmed);
    if let Some(reason) = missing(value) {
        return coerce_missing(reason, value, column.column, &found, report);
    }
    if text::is_spreadsheet_error(value) {
        report(Cause::Kind("cell.spreadsheet_error"), &found);
        return None;
    }
    if value.starts_with('=') {
        report(Cause::Kind("cell.formula"), &found);
        return None;
    }
    let mut has_remark = false;
    let mut remember = |cause: Cause, detail: &dyn Fn() -> Detail| {
        has_remark = true;
        report(cause, detail);
    };
    let cell = coerce_value(value, raw, column, around, &mut remember)?;
    if unmarked.is_some() {
        report(Cause::Kind("cell.text_marker"), &|| found().with("read", value));
    } else if is_odd && !has_remark {
        report(Cause::Kind("cell.cleaned"), &|| found().with("read", value));
    }
    Some(cell)
}

pub(super) fn coerce_missing<'a>(
    reason: MissingReason,
    value: &str,
    column: &Column,
    found: &dyn Fn() -> Detail,
    report: &mut Report<'_>,
) -> Option<Cell<'a>> {
    if column.value_required {
        report(Cause::Kind("cell.required"), &|| found().with("example", &column.example));
        return None;
    }
    if !value.is_empty() {
        report(Cause::Kind("cell.missing_marker"), &|| {
            let detail = found();
            match reason {
                MissingReason::NotApplicable => {
                    detail.with("read_nl", "niet van toepassing").with("read_en", "not applicable")
                }
                MissingReason::Unknown => detail.with("read_nl", "onbekend").with("read_en", "unknown"),
                _ => detail.with("read_nl", "niet opgegeven").with("read_en", "not given"),
            }
        });
    }
    Some(Cell::Missing(reason))
}

/// The reason a text gives for having no value.
fn missing(value: &str) -> Option<MissingReason> {
    let is = |word: &str| value.eq_ignore_ascii_case(word);
    match value {
        "" | "-" | "–" | "—" => Some(MissingReason::NotReported),
        _ if is("n.v.t.") || is("nvt") || is("n.v.t") || is("niet van toepassing") => {
            Some(MissingReason::NotApplicable)
        }
        _ if is("onbekend") => Some(MissingReason::Unknown),
        _ => None,
    }
}

/// What stands inside the tricks by which a spreadsheet is told that a number is text.
pub(super) fn text_marker(value: &str) -> Option<&str> {
    let inner = value.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.or_else(|| value.strip_prefix('\'')).map(str::trim).filter(|inner| !inner.contains('"'))
}

pub(super) fn control_name(raw: &str) -> String {
    raw.chars().find(|c| text::is_stray_control(*c)).map(code_point).unwrap_or_default()
}

pub(super) fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

fn coerce_value<'a>(
    value: &str,
    raw: &str,
    column: &LayoutColumn<'a>,
    around: &Surroundings<'_>,
    report: &mut Report<'_>,
) -> Option<Cell<'a>> {
    let found = || Detail::of(raw.as_bytes()).with("example", &column.column.example);
    match column.column.kind {
        ColumnType::AgbCode => coerce_agb(value, around, &found, report).map(Cell::Agb),
        ColumnType::Year => coerce_year(value, "cell.type.year", around.style, &found, report).map(Cell::Year),
        ColumnType::Period => match date::read_period(value, around.year) {
            Some((period, remark)) => {
                remark_on_day(remark, &period, &found, report);
                Some(Cell::Period(period))
            }
            // A spreadsheet shows a year as 2.024 too.
            None if number::read(value, around.style, true).is_ok_and(|(_, remark)| remark.is_some()) => {
                coerce_year(value, "cell.type.period", around.style, &found, report)
                    .and_then(|year| Period::year(year).ok())
                    .map(Cell::Period)
            }
            None => wrong("cell.type.period", &found, report),
        },
        ColumnType::Indicator | ColumnType::Code => coerce_word(value, column, &found, report),
        ColumnType::Integer => coerce_number(value, column.column, true, around, &found, report).map(Cell::Number),
        ColumnType::Decimal => coerce_number(value, column.column, false, around, &found, report).map(Cell::Number),
        ColumnType::Date => coerce_date(value, &found, report).map(Cell::Date),
        ColumnType::Boolean => coerce_boolean(value, &found, report).map(Cell::Boolean),
        ColumnType::Identifier | ColumnType::Text => None,
    }
}

fn wrong<T>(code: &'static str, found: &dyn Fn() -> Detail, report: &mut Report<'_>) -> Option<T> {
    report(Cause::Kind(code), found);
    None
}

fn remark_on_day(
    remark: Option<date::Remark>,
    read: &dyn std::fmt::Display,
    found: &dyn Fn() -> Detail,
    report: &mut Report<'_>,
) {
    let code = match remark {
        Some(date::Remark::DayFirstAssumed) => "cell.date_assumed_dmy",
        Some(date::Remark::Cleaned) => "cell.cleaned",
        None => return,
    };
    report(Cause::Kind(code), &|| found().with("read", read));
}

/// What stands in `value` without what is put between digits.
fn agb_digits(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '\u{a0}')).collect()
}

/// The AGB code that `value` is, zeros before it restored.
pub(super) fn read_agb(value: &str) -> Option<AgbCode> {
    agb_of(&agb_digits(value))
}

fn agb_of(digits: &str) -> Option<AgbCode> {
    let is_number = !digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { format!("{digits:0>8}").parse().ok() } else { None }
}

fn coerce_agb(
    value: &str,
    around: &Surroundings<'_>,
    found: &dyn Fn() -> Detail,
    report: &mut Report<'_>,
) -> Option<AgbCode> {
    let digits = agb_digits(value);
    if let Some(code) = agb_of(&digits) {
        if digits.len() < 8 {
            if around.organisations.lists(code) {
                report(Cause::Kind("cell.zeros_restored"), &|| found().with("read", code));
                return Some(code);
            }
        } else if around.organisations.allows(code) {
            if digits != value {
                report(Cause::Kind("cell.cleaned"), &|| found().with("read", code));
            }
            return Some(code);
        } else {
            return wrong("auth.org_not_allowed", found, report);
        }
    }
    if text::passes_eleven_test(digits.as_bytes()) {
        // The number itself is not repeated.
        report(Cause::Kind("privacy.national_number"), &Detail::default);
        return None;
    }
    let is_letter = |c: &char| c.is_alphabetic();
    if let Some((c, latin)) =
        text::lookalike(value).filter(|(c, latin)| is_letter(c) && latin.parse::<AgbCode>().is_ok())
    {
        report(Cause::Kind("cell.lookalike"), &|| {
            found().with("character", code_point(c)).suggest(Some(latin.clone()))
        });
        return None;
    }
    report(Cause::Kind("cell.type.agb"), &|| {
        let meant = lone_code(value).filter(|code| around.organisations.allows(*code));
        found().suggest(meant.map(|code| code.to_string()))
    });
    None
}

/// The code that stands in `value` as its only digits.
fn lone_code(value: &str) -> Option<AgbCode> {
    let mut runs = value.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let code = runs.next().filter(|_| runs.next().is_none())?;
    code.parse().ok()
}

fn coerce_year(
    value: &str,
    wrong_type: &'static str,
    style: Style,
    found: &dyn Fn() -> Detail,
    report: &mut Report<'_>,
) -> Option<i16> {
    let read = number::read(value, style, true);
    let year = read.ok().and_then(|(number, remark)| Some((i16::try_from(number.mantissa()).ok()?, remark)));
    match year.filter(|(year, _)| Period::YEARS.contains(year)) {
        Some((year, remark)) => {
            if let Some(remark) = remark {
                report(Cause::Kind(number_remark(remark)), &|| found().with("read", year));
            }
            Some(year)
        }
        None => wrong(wrong_type, found, report),
    }
}

fn coerce_word<'a>(
    value: &str,
    column: &LayoutColumn<'a>,
    found: &dyn Fn() -> Detail,
    report: &mut Report<'_>,
) -> Option<Cell<'a>> {
    if let Some((c, latin)) = text::lookalike(value) {
        report(Cause::Kind("cell.lookalike"), &|| {
            let meant = column.words.find(&latin).and_then(|found| match found {
                Match::Exact(index) | Match::Otherwise(index) => column.words.get(index),
            });
            found().with("character", code_point(c)).suggest(meant.map(|word| word.text.to_owned()))
        });
        return None;
    }
    let (index, is_exact) = match column.words.find(value) {
        Some(Match::Exact(index)) => (index, true),
        Some(Match::Otherwise(index)) => (index, false),
        None => {
            report(Cause::Kind("cell.code_unknown"), &|| {
                let nearest = column.words.nearest(value).map(str::to_owned);
                found().with("allowed", column.words.listed()).suggest(nearest)
            });
            return None;
        }
    };
    let word = column.words.get(index)?;
    if !is_exact {
        report(Cause::Kind("cell.cleaned"), &|| found().with("read", word.text));
    }
    Some(Cell::Word { index, text: word.text })
}

fn coerce_number(
    value: &str,
    column: &Column,
    is_whole: bool,
    around: &Surroundings<'_>,
    found: &dyn Fn() -> Detail,
    report: &mut Report<'_>,
) -> Option<Number> {
    let without_percent = value.strip_suffix('%').map(str::trim_end);
    let is_percent = column.unit.as_deref() == Some("percent")
        || (around.has_measure
            && column.unit.is_none()
            && around.measure.is_none_or(|measure| measure.unit == Unit::Percent));
    let digits = without_percent.filter(|_| is_percent && !is_whole).unwrap_or(value);
    let wrong_type = if is_whole { "cell.type.integer" } else { "cell.type.decimal" };
    match number::read(digits, around.style, is_whole) {
        Ok((number, remark)) => {
            if !is_in_range(number, column) {
                report(Cause::Kind("cell.range"), &|| {
                    let (nl, en) = range(column);
                    found().with("range_nl", nl).with("range_en", en)
                });
                return None;
            }
            let remark = remark.map(number_remark).or((digits.len() != value.len()).then_some("cell.cleaned"));
            if let Some(code) = remark {
                report(Cause::Kind(code), &|| found().with("read", number));
            }
            Some(number)
        }
        Err(Fault::Ambiguous) => wrong("cell.ambiguous_number", found, report),
        Err(Fault::Scientific) => wrong("cell.scientific", found, report),
        Err(Fault::NotWhole | Fault::NotANumber) => wrong(wrong_type, found, report),
    }
}

/// Whether the number lies within what the column allows.
pub(super) fn is_in_range(number: Number, column: &Column) -> bool {
    let value = number.value();
    column.minimum.is_none_or(|minimum| value >= minimum) && column.maximum.is_none_or(|maximum| value <= maximum)
}

/// The numbers that `column` takes, in both languages; empty when it takes all.
pub(super) fn range(column: &Column) -> (String, String) {
    let range = |least: &str, most: &str, between: &str| match (column.minimum, column.maximum) {
        (Some(minimum), Some(maximum)) => format!("{minimum} {between} {maximum}"),
        (Some(minimum), None) => format!("{least} {minimum}"),
        (None, Some(maximum)) => format!("{most} {maximum}"),
        (None, None) => String::new(),
    };
    (range("minstens", "hoogstens", "tot en met"), range("at least", "at most", "to"))
}

const fn number_remark(remark: number::Remark) -> &'static str {
    match remark {
        number::Remark::Thousands => "cell.thousands_separator",
        number::Remark::DecimalPoint => "cell.decimal_point",
        number::Remark::Notation => "cell.number_notation",
        number::Remark::Cleaned => "cell.cleaned",
    }
}

fn coerce_date(value: &str, found: &dyn Fn() -> Detail, report: &mut Report<'_>) -> Option<Date> {
    let Some((date, remark)) = date::read_date(value) else { return wrong("cell.type.date", found, report) };
    remark_on_day(remark, &date, found, report);
    Some(date)
}

fn coerce_boolean(value: &str, found: &dyn Fn() -> Detail, report: &mut Report<'_>) -> Option<bool> {
    match value {
        "ja" => return Some(true),
        "nee" => return Some(false),
        _ => {}
    }
    let yes = match value.to_lowercase().as_str() {
        "ja" | "j" | "waar" | "true" | "yes" | "y" | "1" => true,
        "nee" | "n" | "onwaar" | "false" | "no" | "0" => false,
        _ => {
            report(Cause::Kind("cell.code_unknown"), &|| found().with("allowed", "ja, nee"));
            return None;
        }
    };
    report(Cause::Kind("cell.cleaned"), &|| {
        found().with("read_nl", if yes { "ja" } else { "nee" }).with("read_en", if yes { "yes" } else { "no" })
    });
    Some(yes)
}
