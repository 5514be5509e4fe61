//! The small language in which rules are written: `teller <= noemer`, `has(waarde) and not has(noemer)`.
//!
//! Everything is a number or unknown. A cell without a value is unknown, and a comparison with something unknown
//! is unknown; only `has(column)` always knows. A rule fails when its requirement is known not to hold.
//!
//! ```text
//! expression := and ("or" and)*            and      := not ("and" not)*
//! not        := "not" not | comparison     sum      := product (("+"|"-") product)*
//! comparison := sum (("<="|"<"|">="|">"|"="|"!=") sum | "in" "(" value ("," value)* ")")?
//! product    := primary (("*"|"/") primary)*
//! primary    := number | "word" | column | "(" expression ")" | "today" | has(column) | year(column)
//!             | length(column) | measure.kind | measure.unit | measure.factor
//! ```

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number as written.
    Number(f64),
    /// A quoted word; it is compared with a column of words, or with `measure.kind` or `measure.unit`.
    Word(String),
    /// The value in a column.
    Column(String),
    /// Whether a column has a value.
    Has(String),
    /// The calendar year of the period in a column.
    YearOf(String),
    /// The length in years of the period in a column: 1 or 0.25.
    LengthOf(String),
    /// The day of the check.
    Today,
    /// Something of the indicator the row is about.
    Measure(MeasureAttribute),
    /// Two expressions joined.
    Binary(Operator, Box<Self>, Box<Self>),
    /// The contrary.
    Not(Box<Self>),
    /// Whether something is one of several.
    In(Box<Self>, Vec<Self>),
}

/// What can be asked of the indicator a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureAttribute {
    /// Its statistical kind, as written in the catalogue.
    Kind,
    /// Its unit, as written in the catalogue.
    Unit,
    /// What numerator / denominator is multiplied with to give the value.
    Factor,
}

/// What joins two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `=`: for a decimal column, equal within half a unit of the last decimal shown.
    Equal,
    /// `!=`
    NotEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

/// What is wrong with the text of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    text: String,
    fault: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.text, self.fault)
    }
}

impl std::error::Error for ExpressionError {}

impl Expression {
    /// The deepest nesting allowed; deeper is no rule a person can read.
    pub const MAXIMUM_DEPTH: usize = 12;

    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let error = |fault: String| ExpressionError { text: text.to_owned(), fault };
        let tokens = tokens(text).map_err(error)?;
        let mut parser = Parser { tokens: &tokens, depth: 0 };
        let expression = parser.either().map_err(error)?;
        match parser.tokens.first() {
            None => Ok(expression),
            Some(token) => Err(error(format!("did not expect {token:?} there"))),
        }
    }

    /// Calls `visit` for this expression and everything in it.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Binary(_, left, right) => {
                left.visit(visit);
                right.visit(visit);
            }
            Self::Not(inner) => inner.visit(visit),
            Self::In(inner, values) => {
                inner.visit(visit);
                for value in values {
                    value.visit(visit);
                }
            }
            _ => {}
        }
    }

    /// The columns it names, each once, in the order of the text.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        self.visit(&mut |expression| {
            if let Self::Column(name) | Self::Has(name) | Self::YearOf(name) | Self::LengthOf(name) = expression
                && !columns.contains(&name.as_str())
            {
                columns.push(name);
            }
        });
        columns
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Name(String),
    Sign(&'static str),
}

const SIGNS: [&str; 13] = ["<=", ">=", "!=", "<", ">", "=", "+", "-", "*", "/", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, _) = rest.split_at(length);
            tokens.push(Token::Number(number.parse().map_err(|_| format!("`{number}` is no number"))?));
            length
        } else if first.is_alphabetic() {
            let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
            let (name, _) = rest.split_at(length);
            tokens.push(Token::Name(name.to_owned()));
            length
        } else if first == '"' {
            let (word, _) = rest.get(1..).and_then(|rest| rest.split_once('"')).ok_or("a word without end")?;
            tokens.push(Token::Word(word.to_owned()));
            word.len() + 2
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("`{first}` means nothing"))?;
            tokens.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest.get(taken..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl Parser<'_> {
    fn take_name(&mut self, name: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Name(found)) if found == name);
        if found {
            self.advance();
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Sign(found)) if *found == sign);
        if found {
            self.advance();
        }
        found
    }

    fn advance(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    fn need_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.take_sign(sign) { Ok(()) } else { Err(format!("expected `{sign}`")) }
    }

    fn either(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > Expression::MAXIMUM_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let mut left = self.both()?;
        while self.take_name("or") {
            left = binary(Operator::Or, left, self.both()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut left = self.contrary()?;
        while self.take_name("and") {
            left = binary(Operator::And, left, self.contrary()?);
        }
        Ok(left)
    }

    fn contrary(&mut self) -> Result<Expression, String> {
        let mut is_contrary = false;
        while self.take_name("not") {
            is_contrary = !is_contrary;
        }
        let inner = self.comparison()?;
        Ok(if is_contrary { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        const COMPARISONS: [(&str, Operator); 6] = [
            ("<=", Operator::LessOrEqual),
            ("<", Operator::Less),
            (">=", Operator::GreaterOrEqual),
            (">", Operator::Greater),
            ("=", Operator::Equal),
            ("!=", Operator::NotEqual),
        ];
        let left = self.sum()?;
        if self.take_name("in") {
            self.need_sign("(")?;
            let mut values = vec![self.primary()?];
            while self.take_sign(",") {
                values.push(self.primary()?);
            }
            self.need_sign(")")?;
            return Ok(Expression::In(Box::new(left), values));
        }
        for (sign, operator) in COMPARISONS {
            if self.take_sign(sign) {
                return Ok(binary(operator, left, self.sum()?));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            if self.take_sign("+") {
                left = binary(Operator::Add, left, self.product()?);
            } else if self.take_sign("-") {
                left = binary(Operator::Subtract, left, self.product()?);
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.primary()?;
        loop {
            if self.take_sign("*") {
                left = binary(Operator::Multiply, left, self.primary()?);
            } else if self.take_sign("/") {
                left = binary(Operator::Divide, left, self.primary()?);
            } else {
                return Ok(left);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, String> {
        if self.take_sign("(") {
            let inner = self.either()?;
            self.need_sign(")")?;
            return Ok(inner);
        }
        let token = self.tokens.first().ok_or("something is missing at the end")?.clone();
        self.advance();
        match token {
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Word(word) => Ok(Expression::Word(word)),
            Token::Sign(sign) => Err(format!("did not expect `{sign}` there")),
            Token::Name(name) => self.named(name),
        }
    }

    fn named(&mut self, name: String) -> Result<Expression, String> {
        match name.as_str() {
            "today" => Ok(Expression::Today),
            "measure.kind" => Ok(Expression::Measure(MeasureAttribute::Kind)),
            "measure.unit" => Ok(Expression::Measure(MeasureAttribute::Unit)),
            "measure.factor" => Ok(Expression::Measure(MeasureAttribute::Factor)),
            "has" => Ok(Expression::Has(self.argument()?)),
            "year" => Ok(Expression::YearOf(self.argument()?)),
            "length" => Ok(Expression::LengthOf(self.argument()?)),
            "and" | "or" | "not" | "in" => Err(format!("did not expect `{name}` there")),
            _ => Ok(Expression::Column(name)),
        }
    }

    fn argument(&mut self) -> Result<String, String> {
        self.need_sign("(")?;
        let Some(Token::Name(name)) = self.tokens.first() else { return Err("expected a column".to_owned()) };
        let name = name.clone();
        self.advance();
        self.need_sign(")")?;
        Ok(name)
    }
}

fn binary(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator, Box::new(left), Box::new(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expression {
        Expression::Column(name.to_owned())
    }

    #[test]
    fn multiplication_binds_before_comparison_and_comparison_before_and() {
        let product = binary(
            Operator::Divide,
            binary(Operator::Multiply, Expression::Measure(MeasureAttribute::Factor), column("teller")),
            column("noemer"),
        );
        assert_eq!(
            Expression::parse("waarde = measure.factor * teller / noemer and not has(uren)"),
            Ok(binary(
                Operator::And,
                binary(Operator::Equal, column("waarde"), product),
                Expression::Not(Box::new(Expression::Has("uren".to_owned()))),
            ))
        );
    }

    #[test]
    fn names_its_columns_once() {
        let expression = Expression::parse(r#"a in (1, 2) or year(b) = a or c = "woord""#).expect("parses");
        assert_eq!(expression.columns(), ["a", "b", "c"]);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for wrong in ["", "a <=", "a b", "has()", "has(1)", "a in 1", "(a", "a ? b", "\"a", "1.2.3 < a", "a and or b"] {
            assert!(Expression::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Expression::parse(&("(".repeat(50) + "a" + &")".repeat(50))).is_err());
    }
}
