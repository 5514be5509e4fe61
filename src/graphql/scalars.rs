//! Scalars: moments, periods and AGB codes, each with its one text form.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::{AgbCode, Instant, Period};

/// A moment as RFC 3339 in UTC with six decimals, for example `2026-03-15T09:00:00.000000Z`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DateTime(pub(super) Instant);

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

/// A reporting period (periode): a year such as `2025` or a quarter such as `2025-Q1`.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeriodText(pub(super) Period);

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

/// An AGB code: eight digits, leading zeros included, for example `33001234`.
#[derive(Clone, Copy, Debug)]
pub(super) struct AgbCodeText(pub(super) AgbCode);

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
