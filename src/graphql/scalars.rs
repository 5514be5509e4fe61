//! Scalars: moments, periods and AGB codes, each with its one text form.

use async_graphql::{InputType, InputValueError, InputValueResult, Pos, Scalar, ScalarType, Value};
use jiff::civil::Date;

use crate::domain::{AgbCode, Instant, Period};

/// What is wrong with a value of the scalar `name`: `text`, or nothing where it is no text. Nothing is wrong with scalars
/// that are not of ours.
pub(super) fn unreadable(name: &str, text: Option<&str>) -> Option<String> {
    fn problem<T: ScalarType + InputType>(text: &str) -> Option<String> {
        let error = <T as ScalarType>::parse(Value::from(text)).err()?.into_server_error(Pos::default());
        Some(error.message)
    }
    let problem = match name {
        "AgbCode" => problem::<AgbCodeText>,
        "Date" => problem::<DateText>,
        "DateTime" => problem::<DateTime>,
        "Period" => problem::<PeriodText>,
        "UUID" => problem::<Key>,
        _ => return None,
    };
    match text {
        Some(text) => problem(text),
        None => Some(format!("a value of `{name}` is a text")),
    }
}

/// [`Instant`] in the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct DateTime(pub(super) Instant);

/// A moment as RFC 3339 in UTC with six decimals, for example `2026-03-15T09:00:00.000000Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Instant::parse(text)
                .map(Self)
                .ok_or_else(|| InputValueError::custom("expected a moment such as 2026-03-15T09:00:00Z")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// [`Period`] in the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeriodText(pub(super) Period);

/// A reporting period (periode): a year such as `2025` or a quarter such as `2025-Q1`.
#[Scalar(name = "Period")]
impl ScalarType for PeriodText {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                text.parse().map(Self).map_err(|error: crate::domain::PeriodError| InputValueError::custom(error))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// [`AgbCode`] in the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct AgbCodeText(pub(super) AgbCode);

/// An AGB code: eight digits, leading zeros included, for example `33001234`.
#[Scalar(name = "AgbCode")]
impl ScalarType for AgbCodeText {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                text.parse().map(Self).map_err(|error: crate::domain::AgbCodeError| InputValueError::custom(error))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A day in the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct DateText(pub(super) Date);

/// A day as in ISO 8601, for example `2026-06-01` (datum).
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html")]
impl ScalarType for DateText {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let day = (text.len() == "2026-06-01".len()).then(|| text.parse().ok()).flatten();
        day.map(Self).ok_or_else(|| InputValueError::custom("expected a day such as 2026-06-01"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A key that the client chooses (sleutel).
#[derive(Clone, Copy, Debug)]
pub(super) struct Key(pub(super) u128);

/// A universally unique identifier as in RFC 9562, for example `0198c5a2-7f3e-7b1a-9c4d-5e6f70819203`.
#[Scalar(name = "UUID", specified_by_url = "https://tools.ietf.org/html/rfc9562")]
impl ScalarType for Key {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        uuid::Uuid::try_parse(text)
            .map(|uuid| Self(uuid.as_u128()))
            .map_err(|_| InputValueError::custom("expected a UUID such as 0198c5a2-7f3e-7b1a-9c4d-5e6f70819203"))
    }

    fn to_value(&self) -> Value {
        Value::String(uuid::Uuid::from_u128(self.0).to_string())
    }
}

/// What stands in the variables for a file that came with the request.
#[derive(Clone, Debug)]
pub(super) struct FileHandle(pub(super) String);

/// A file (bestand), as a part of a multipart request: null in the variables, named in `map`
/// (graphql-multipart-request-spec).
#[Scalar(name = "Upload", specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for FileHandle {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(handle) => Ok(Self(handle)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
