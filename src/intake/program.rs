//! Expressions of rules, compiled to a list of steps over a small stack of numbers.
//!
//! Words are their places in the column's list, days are numbers of days, yes and no are 1 and 0, and what is
//! unknown is NaN, through which comparisons stay unknown.

use super::layout::{Layout, LayoutColumn};
use crate::{
    catalogue::{Expression, Indicator, IndicatorKind, MeasureAttribute, Operator, Unit},
    domain::{Period, PeriodPart},
};

/// The numbers of one row.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    /// The number in each column of the dataset; NaN where there is none.
    pub numbers: Vec<f64>,
    /// The decimals with which it was shown.
    pub decimals: Vec<u8>,
    /// The columns whose cells could not be read, as bits.
    pub unreadable: u128,
    /// The day of the check, as [`day_number`] counts.
    pub today: f64,
    /// The indicator the row is about.
    pub measure: Option<&'a Indicator>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Constant(f64),
    Load(usize),
    Has(usize),
    YearOf(usize),
    LengthOf(usize),
    Today,
    Kind,
    Unit,
    Factor,
    Operate(Operator),
    /// Equal within half a unit of the last decimal shown in this column.
    EqualAsShown(usize),
    Not,
    /// Whether the number below the last `n` is one of them.
    In(usize),
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    /// The columns it looks at, as bits.
    pub columns: u128,
}

/// Deep enough for every expression that the parser takes: see [`Program::compile`].
const STACK: usize = 48;

impl Program {
    /// Compiles `expression` over `columns`. The catalogue was checked when it was loaded, so that what does not
    /// exist can only be unknown.
    pub(super) fn compile(expression: &Expression, columns: &[LayoutColumn<'_>]) -> Self {
        let mut program = Self { steps: Vec::new(), columns: 0 };
        program.add(expression, columns);
        for name in expression.columns() {
            program.columns |= Layout::index(columns, name).map_or(0, bit);
        }
        program
    }

    /// Compiles what stands right of a `=`, for the message.
    pub(super) fn compile_expected(expression: &Expression, columns: &[LayoutColumn<'_>]) -> Option<Self> {
        match expression {
            Expression::Binary(Operator::Equal, _, right) => Some(Self::compile(right, columns)),
            _ => None,
        }
    }

    fn add(&mut self, expression: &Expression, columns: &[LayoutColumn<'_>]) {
        let index = |name: &str| Layout::index(columns, name);
        let over = |name: &str, step: fn(usize) -> Step| index(name).map_or(Step::Constant(f64::NAN), step);
        let step = match expression {
            Expression::Number(number) => Step::Constant(*number),
            Expression::Word(_) => Step::Constant(f64::NAN),
            Expression::Column(name) => over(name, Step::Load),
            Expression::Has(name) => index(name).map_or(Step::Constant(0.0), Step::Has),
            Expression::YearOf(name) => over(name, Step::YearOf),
            Expression::LengthOf(name) => over(name, Step::LengthOf),
            Expression::Today => Step::Today,
            Expression::Measure(MeasureAttribute::Kind) => Step::Kind,
            Expression::Measure(MeasureAttribute::Unit) => Step::Unit,
            Expression::Measure(MeasureAttribute::Factor) => Step::Factor,
            Expression::Not(inner) => {
                self.add(inner, columns);
                Step::Not
            }
            Expression::Binary(operator, left, right) => {
                self.add_operand(left, right, columns);
                self.add_operand(right, left, columns);
                match (operator, &**left) {
                    (Operator::Equal, Expression::Column(name)) => over(name, Step::EqualAsShown),
                    _ => Step::Operate(*operator),
                }
            }
            Expression::In(inner, values) => {
                self.add(inner, columns);
                values.iter().for_each(|value| self.add_operand(value, inner, columns));
                Step::In(values.len())
            }
        };
        self.steps.push(step);
    }

    /// Adds one side of a comparison; a word means something only by what it is compared with.
    fn add_operand(&mut self, operand: &Expression, other: &Expression, columns: &[LayoutColumn<'_>]) {
        let Expression::Word(word) = operand else { return self.add(operand, columns) };
        let number = match other {
            Expression::Column(name) => {
                let column = columns.iter().find(|column| column.column.name == *name);
                column.and_then(|column| column.words.position(word)).map(f64::from)
            }
            Expression::Measure(MeasureAttribute::Kind) => named(&KINDS, word),
            Expression::Measure(MeasureAttribute::Unit) => named(&UNITS, word),
            _ => None,
        };
        // A word that no row can hold differs from all of them.
        self.steps.push(Step::Constant(number.unwrap_or(-2.0)));
    }

    /// The value for a row; NaN when it is unknown.
    pub(super) fn evaluate(&self, values: &Values<'_>) -> f64 {
        let mut stack = [f64::NAN; STACK];
        let mut height = 0_usize;
        for step in &self.steps {
            let operands = match step {
                Step::Operate(_) | Step::EqualAsShown(_) => 2,
                Step::Not => 1,
                Step::In(count) => count + 1,
                _ => 0,
            };
            let bottom = height.saturating_sub(operands);
            let result = apply(*step, stack.get(bottom..height).unwrap_or_default(), values);
            match stack.get_mut(bottom) {
                Some(top) => *top = result,
                None => return f64::NAN,
            }
            height = bottom + 1;
        }
        stack[0]
    }
}

fn apply(step: Step, operands: &[f64], values: &Values<'_>) -> f64 {
    let number = |index: usize| values.numbers.get(index).copied().unwrap_or(f64::NAN);
    let yes = |condition: bool| f64::from(u8::from(condition));
    match (step, operands) {
        (Step::Constant(constant), _) => constant,
        (Step::Load(index), _) => number(index),
        (Step::Has(index), _) => yes(!number(index).is_nan()),
        (Step::YearOf(index), _) => (number(index) / 8.0).floor(),
        (Step::LengthOf(index), _) => period_length(number(index)),
        (Step::Today, _) => values.today,
        (Step::Kind, _) => values.measure.map_or(-1.0, |measure| kind_number(measure.kind)),
        (Step::Unit, _) => values.measure.map_or(-1.0, |measure| unit_number(measure.unit)),
        (Step::Factor, _) => values.measure.map_or(f64::NAN, |measure| measure.unit.factor()),
        (Step::Not, [inner]) => 1.0 - inner,
        (Step::In(_), [value, among @ ..]) if !value.is_nan() => yes(among.contains(value)),
        (Step::EqualAsShown(index), [left, right]) => {
            let decimals = values.decimals.get(index).copied().unwrap_or(0);
            let half = 0.5 * 10_f64.powi(-i32::from(decimals));
            // Half a unit itself may be rounded either way, and its distance is not exact.
            compare(*left, *right, (left - right).abs() <= half * (1.0 + 1e-6) + right.abs() * 1e-12)
        }
        (Step::Operate(operator), [left, right]) => operate(operator, *left, *right),
        _ => f64::NAN,
    }
}

fn operate(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide if right == 0.0 => f64::NAN,
        Operator::Divide => left / right,
        Operator::Less => compare(left, right, left < right),
        Operator::LessOrEqual => compare(left, right, left <= right),
        Operator::Greater => compare(left, right, left > right),
        Operator::GreaterOrEqual => compare(left, right, left >= right),
        Operator::Equal => compare(left, right, (left - right).abs() == 0.0),
        Operator::NotEqual => compare(left, right, (left - right).abs() > 0.0),
        Operator::And if left == 0.0 || right == 0.0 => 0.0,
        Operator::Or if left == 1.0 || right == 1.0 => 1.0,
        Operator::And => left * right,
        Operator::Or => left + right,
    }
}

fn compare(left: f64, right: f64, holds: bool) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { f64::from(u8::from(holds)) }
}

/// The bit of a column; beyond 128 columns none, so that a rule is then always asked.
pub(super) fn bit(index: usize) -> u128 {
    u32::try_from(index).ok().and_then(|index| 1_u128.checked_shl(index)).unwrap_or(0)
}

/// A period as a number: eight times its year, and its quarter.
pub(super) fn period_number(period: Period) -> f64 {
    let quarter = match period.part() {
        PeriodPart::Year => 0,
        PeriodPart::Quarter(quarter) => quarter,
    };
    f64::from(period.calendar_year()) * 8.0 + f64::from(quarter)
}

fn period_length(period: f64) -> f64 {
    match period % 8.0 {
        quarter if quarter.is_nan() => f64::NAN,
        0.0 => 1.0,
        _ => 0.25,
    }
}

/// A day as a number that grows by one each day; months count as 32 days, which is enough to compare.
pub(super) fn day_number(date: jiff::civil::Date) -> f64 {
    f64::from((i32::from(date.year()) * 13 + i32::from(date.month())) * 32 + i32::from(date.day()))
}

const KINDS: [&str; 6] = ["proportion", "share", "mean", "log_mean", "rate", "rule"];
const UNITS: [&str; 6] = ["percent", "hours", "mark", "items", "yes_no", "per_hundred"];

fn named(names: &[&str], name: &str) -> Option<f64> {
    names.iter().position(|known| *known == name).and_then(|index| u8::try_from(index).ok()).map(f64::from)
}

const fn kind_number(kind: IndicatorKind) -> f64 {
    match kind {
        IndicatorKind::Proportion => 0.0,
        IndicatorKind::Share => 1.0,
        IndicatorKind::Mean => 2.0,
        IndicatorKind::LogMean => 3.0,
        IndicatorKind::Rate => 4.0,
        IndicatorKind::Rule => 5.0,
    }
}

const fn unit_number(unit: Unit) -> f64 {
    match unit {
        Unit::Percent => 0.0,
        Unit::Hours => 1.0,
        Unit::Mark => 2.0,
        Unit::Items => 3.0,
        Unit::YesNo => 4.0,
        Unit::PerHundred => 5.0,
    }
}
