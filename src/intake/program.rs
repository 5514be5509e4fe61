//! Expressions of rules, compiled to trees over the numbers of a row.
//!
//! Words are their places in the column's list, days are numbers of days, yes and no are 1 and 0, and what is
//! unknown is NaN, through which comparisons stay unknown.

use super::{
    cell::Number,
    layout::{Layout, LayoutColumn},
    values::{Shape, Values},
};
use crate::{
    catalogue::{Expression, IndicatorKind, MeasureAttribute, Operator, Unit},
    domain::{Period, PeriodPart},
};

/// An expression with its names resolved.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Constant(f64),
    Load(usize),
    Has(usize),
    YearOf(usize),
    LengthOf(usize),
    Today,
    Kind,
    Unit,
    Factor,
    Operate(Operator, Box<(Self, Self)>),
    /// The number in this column equals another within half a unit of the last decimal shown.
    EqualAsShown(usize, Box<Self>),
    Not(Box<Self>),
    In(Box<Self>, Vec<f64>),
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Program {
    root: Node,
    /// The columns it looks at, as bits.
    pub columns: u64,
}

impl Program {
    /// Compiles `expression` over `columns`. The catalogue was checked when it was loaded, so that what does not
    /// exist can only be unknown.
    pub(super) fn compile(expression: &Expression, columns: &[LayoutColumn<'_>]) -> Self {
        let named = expression.columns();
        let bits = named.iter().filter_map(|name| Layout::index(columns, name)).map(bit);
        Self { root: node(expression, columns), columns: bits.fold(0, |all, bit| all | bit) }
    }

    /// Compiles what stands right of a `=`, `<=` or `>=`, for the message.
    pub(super) fn compile_expected(expression: &Expression, columns: &[LayoutColumn<'_>]) -> Option<Self> {
        match expression {
            Expression::Binary(Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual, _, right) => {
                Some(Self::compile(right, columns))
            }
            _ => None,
        }
    }

    /// The same for rows of one shape, with all that the shape decides already decided.
    pub(super) fn shaped(&self, shape: Shape<'_>) -> Self {
        Self { root: self.root.shaped(shape), columns: self.columns }
    }

    /// What it comes to, when that is known without a row.
    pub(super) const fn decided(&self) -> Option<f64> {
        self.root.constant()
    }

    /// The value for a row; NaN when it is unknown.
    pub(super) fn evaluate(&self, values: &Values<'_>) -> f64 {
        self.root.value(values)
    }

    /// The shortest way to tell whether it is known not to hold.
    pub(super) fn test(&self) -> Test {
        match &self.root {
            Node::Operate(operator, sides) if !matches!(operator, Operator::And | Operator::Or) => {
                if let (Some(left), Some(right)) = (Leaf::of(&sides.0), Leaf::of(&sides.1)) {
                    return Test::Compare(left, *operator, right);
                }
            }
            Node::EqualAsShown(index, right) => return Test::EqualAsShown(*index, (**right).clone()),
            Node::Not(inner) => {
                if let Node::In(inner, among) = &**inner
                    && let Some(leaf) = Leaf::of(inner)
                {
                    return Test::NotAmong(leaf, among.clone());
                }
            }
            _ => {}
        }
        Test::Tree(self.root.clone())
    }
}

/// What most rules come to once the shape of a row is known: two numbers compared.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Compare(Leaf, Operator, Leaf),
    EqualAsShown(usize, Node),
    NotAmong(Leaf, Vec<f64>),
    Tree(Node),
}

impl Test {
    /// Whether the expression is known not to hold; what is unknown is not.
    #[inline]
    pub(super) fn fails(&self, values: &Values<'_>) -> bool {
        match self {
            Self::Compare(left, operator, right) => {
                let (left, right) = (left.value(values), right.value(values));
                match operator {
                    Operator::Less => left >= right,
                    Operator::LessOrEqual => left > right,
                    Operator::Greater => left <= right,
                    Operator::GreaterOrEqual => left < right,
                    Operator::Equal => (left - right).abs() > 0.0,
                    operator => operate(*operator, left, right) == 0.0,
                }
            }
            Self::EqualAsShown(index, right) => differ_as_shown(*index, right.value(values), values),
            Self::NotAmong(leaf, among) => {
                let value = leaf.value(values);
                among.iter().any(|one| (one - value).abs() == 0.0)
            }
            Self::Tree(node) => node.value(values) == 0.0,
        }
    }
}

/// Whether the number in a column differs from `right` by more than half a unit of the last decimal shown.
#[inline]
fn differ_as_shown(index: usize, right: f64, values: &Values<'_>) -> bool {
    let left = values.numbers.get(index).copied().unwrap_or(f64::NAN);
    let half = Number::half_unit(values.decimals.get(index).copied().unwrap_or(0));
    // Half a unit itself may be rounded either way, and its distance is not exact.
    (left - right).abs() > half * (1.0 + 1e-6) + right.abs() * 1e-12
}

/// What has a value without a calculation, or nearly so.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    Constant(f64),
    Load(usize),
    YearOf(usize),
}

impl Leaf {
    const fn of(node: &Node) -> Option<Self> {
        match node {
            Node::Constant(constant) => Some(Self::Constant(*constant)),
            Node::Load(index) => Some(Self::Load(*index)),
            Node::YearOf(index) => Some(Self::YearOf(*index)),
            _ => None,
        }
    }

    #[inline]
    fn value(self, values: &Values<'_>) -> f64 {
        let number = |index: usize| values.numbers.get(index).copied().unwrap_or(f64::NAN);
        match self {
            Self::Constant(constant) => constant,
            Self::Load(index) => number(index),
            Self::YearOf(index) => period_year(number(index)),
        }
    }
}

impl Node {
    const fn constant(&self) -> Option<f64> {
        if let Self::Constant(constant) = self { Some(*constant) } else { None }
    }

    fn shaped(&self, shape: Shape<'_>) -> Self {
        let is_there = |index: usize| shape.present & bit(index) != 0 || bit(index) == 0;
        // Without numbers: what is left of a row when only its shape is known.
        let decided = |node: Self| match &node {
            Self::Not(inner) if inner.constant().is_some() => Self::Constant(evaluate(&node, &Values::default())),
            Self::Operate(_, sides) if sides.0.constant().is_some() && sides.1.constant().is_some() => {
                Self::Constant(evaluate(&node, &Values::default()))
            }
            _ => node,
        };
        match self {
            Self::Load(index) | Self::YearOf(index) | Self::LengthOf(index) if !is_there(*index) => {
                Self::Constant(f64::NAN)
            }
            Self::Has(index) if bit(*index) != 0 => Self::Constant(yes(is_there(*index))),
            Self::Kind => Self::Constant(shape.measure.map_or(-1.0, |measure| kind_number(measure.kind))),
            Self::Unit => Self::Constant(shape.measure.map_or(-1.0, |measure| unit_number(measure.unit))),
            Self::Factor => Self::Constant(shape.measure.map_or(f64::NAN, |measure| measure.unit.factor())),
            Self::Not(inner) => decided(Self::Not(Box::new(inner.shaped(shape)))),
            Self::In(inner, among) => match inner.shaped(shape) {
                Self::Constant(value) if value.is_nan() => Self::Constant(value),
                Self::Constant(value) => Self::Constant(yes(among.contains(&value))),
                inner => Self::In(Box::new(inner), among.clone()),
            },
            Self::EqualAsShown(index, right) => match right.shaped(shape) {
                _ if !is_there(*index) => Self::Constant(f64::NAN),
                Self::Constant(value) if value.is_nan() => Self::Constant(value),
                right => Self::EqualAsShown(*index, Box::new(right)),
            },
            Self::Operate(operator, sides) => {
                let sides = (sides.0.shaped(shape), sides.1.shaped(shape));
                match (operator, sides.0.constant(), sides.1.constant()) {
                    (Operator::And, Some(0.0), _) | (Operator::And, _, Some(0.0)) => Self::Constant(0.0),
                    (Operator::Or, Some(1.0), _) | (Operator::Or, _, Some(1.0)) => Self::Constant(1.0),
                    (Operator::And, Some(1.0), None) | (Operator::Or, Some(0.0), None) => sides.1,
                    (Operator::And, None, Some(1.0)) | (Operator::Or, None, Some(0.0)) => sides.0,
                    (Operator::And | Operator::Or, ..) => decided(Self::Operate(*operator, Box::new(sides))),
                    // Nothing is known of a sum or a comparison with something unknown.
                    (_, Some(one), _) | (_, _, Some(one)) if one.is_nan() => Self::Constant(f64::NAN),
                    _ => decided(Self::Operate(*operator, Box::new(sides))),
                }
            }
            _ => self.clone(),
        }
    }

    /// The value of a leaf at once, of anything else by [`evaluate`].
    #[inline]
    fn value(&self, values: &Values<'_>) -> f64 {
        match self {
            Self::Constant(constant) => *constant,
            Self::Load(index) => values.numbers.get(*index).copied().unwrap_or(f64::NAN),
            _ => evaluate(self, values),
        }
    }
}

fn node(expression: &Expression, columns: &[LayoutColumn<'_>]) -> Node {
    let over =
        |name: &str, node: fn(usize) -> Node| Layout::index(columns, name).map_or(Node::Constant(f64::NAN), node);
    match expression {
        Expression::Number(number) => Node::Constant(*number),
        Expression::Word(_) => Node::Constant(f64::NAN),
        Expression::Column(name) => over(name, Node::Load),
        Expression::Has(name) => Layout::index(columns, name).map_or(Node::Constant(0.0), Node::Has),
        Expression::YearOf(name) => over(name, Node::YearOf),
        Expression::LengthOf(name) => over(name, Node::LengthOf),
        Expression::Today => Node::Today,
        Expression::Measure(MeasureAttribute::Kind) => Node::Kind,
        Expression::Measure(MeasureAttribute::Unit) => Node::Unit,
        Expression::Measure(MeasureAttribute::Factor) => Node::Factor,
        Expression::Not(inner) => Node::Not(Box::new(node(inner, columns))),
        Expression::Binary(operator, left, right) => {
            let sides = (operand(left, right, columns), operand(right, left, columns));
            match (operator, sides) {
                (Operator::Equal, (Node::Load(index), right)) => Node::EqualAsShown(index, Box::new(right)),
                (operator, sides) => Node::Operate(*operator, Box::new(sides)),
            }
        }
        Expression::In(inner, values) => {
            let constants = values.iter().filter_map(|value| match operand(value, inner, columns) {
                Node::Constant(constant) => Some(constant),
                _ => None,
            });
            Node::In(Box::new(node(inner, columns)), constants.collect())
        }
    }
}

/// One side of a comparison; a word means something only by what it is compared with.
fn operand(operand: &Expression, other: &Expression, columns: &[LayoutColumn<'_>]) -> Node {
    let Expression::Word(word) = operand else { return node(operand, columns) };
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
    Node::Constant(number.unwrap_or(-2.0))
}

fn evaluate(node: &Node, values: &Values<'_>) -> f64 {
    let number = |index: usize| values.numbers.get(index).copied().unwrap_or(f64::NAN);
    match node {
        Node::Constant(constant) => *constant,
        Node::Load(index) => number(*index),
        Node::Has(index) => yes(!number(*index).is_nan()),
        Node::YearOf(index) => period_year(number(*index)),
        Node::LengthOf(index) => period_length(number(*index)),
        Node::Today => values.today,
        Node::Kind => values.measure.map_or(-1.0, |measure| kind_number(measure.kind)),
        Node::Unit => values.measure.map_or(-1.0, |measure| unit_number(measure.unit)),
        Node::Factor => values.measure.map_or(f64::NAN, |measure| measure.unit.factor()),
        Node::Not(inner) => 1.0 - inner.value(values),
        Node::In(inner, among) => {
            let value = inner.value(values);
            if value.is_nan() { value } else { yes(among.contains(&value)) }
        }
        Node::EqualAsShown(index, right) => {
            let (left, right) = (number(*index), right.value(values));
            compare(left, right, !differ_as_shown(*index, right, values))
        }
        Node::Operate(operator, sides) => {
            let left = sides.0.value(values);
            match operator {
                Operator::And if left == 0.0 => 0.0,
                Operator::Or if is_yes(left) => 1.0,
                _ => operate(*operator, left, sides.1.value(values)),
            }
        }
    }
}

/// Whether a condition holds; what is unknown does not.
pub(super) fn is_yes(number: f64) -> bool {
    number > 0.5
}

#[inline]
fn yes(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

fn operate(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::And if left == 0.0 || right == 0.0 => 0.0,
        Operator::Or if is_yes(left) || is_yes(right) => 1.0,
        // Neither side of an `or` is known to hold here.
        Operator::Add | Operator::Or => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply | Operator::And => left * right,
        Operator::Divide if right == 0.0 => f64::NAN,
        Operator::Divide => left / right,
        Operator::Less => compare(left, right, left < right),
        Operator::LessOrEqual => compare(left, right, left <= right),
        Operator::Greater => compare(left, right, left > right),
        Operator::GreaterOrEqual => compare(left, right, left >= right),
        Operator::Equal => compare(left, right, (left - right).abs() == 0.0),
        Operator::NotEqual => compare(left, right, (left - right).abs() > 0.0),
    }
}

#[inline]
fn compare(left: f64, right: f64, holds: bool) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { yes(holds) }
}

/// The bit of a column; beyond 64 columns none, so that a rule is then always asked.
pub(super) fn bit(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
}

/// A period as a number: eight times its year, and its quarter.
pub(super) fn period_number(period: Period) -> f64 {
    let quarter = match period.part() {
        PeriodPart::Year => 0,
        PeriodPart::Quarter(quarter) => quarter,
    };
    f64::from(period.calendar_year()) * 8.0 + f64::from(quarter)
}

#[expect(clippy::cast_possible_truncation, reason = "a period's number is whole and small")]
fn period_year(period: f64) -> f64 {
    if period.is_nan() { period } else { f64::from((period as i32) >> 3) }
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
