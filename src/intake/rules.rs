//! The dataset's rules at work: row by row, and over the rows of an organisation and period.

use super::{
    collect::{Cause, Collector, Detail, Place, RecordPlace},
    groups::{Group, Groups},
    layout::{Layout, LayoutColumn},
    plain::Plain,
    program::{Program, Test, is_yes},
    values::{Shape, Values},
};
use crate::{
    catalogue::{Catalogue, Dataset, Rule},
    domain::Severity,
};

#[derive(Clone, Debug)]
struct CompiledRule<'a> {
    rule: &'a Rule,
    /// Its place in the catalogue's list.
    number: usize,
    /// The column at which it points.
    column: usize,
    when: Option<Program>,
    demand: Demand,
}

#[derive(Clone, Debug)]
enum Demand {
    Require { holds: Program, expected: Option<Program> },
    Same { column: usize },
    Expects { word: f64 },
}

/// All rules of a dataset.
#[derive(Debug, Default)]
pub(super) struct RuleSet<'a> {
    rules: Vec<CompiledRule<'a>>,
}

/// The rules that rows of one shape can break.
#[derive(Debug)]
struct Shaped<'a> {
    shape: Shape<'a>,
    /// For each rule the short way to tell that nothing is wrong; `None` when there is none.
    tests: Vec<Option<Test>>,
    rules: Vec<CompiledRule<'a>>,
}

/// The shapes of rows seen so far, the last one first in mind.
#[derive(Debug, Default)]
pub(super) struct Shapes<'a> {
    known: Vec<Shaped<'a>>,
    last: usize,
}

impl<'a> Shapes<'a> {
    /// Beyond so many, those known are forgotten: a file of endless shapes costs time, not memory.
    const MOST: usize = 64;

    #[inline]
    fn of<'s>(&'s mut self, set: &RuleSet<'a>, shape: Shape<'a>) -> Option<&'s Shaped<'a>> {
        if self.known.get(self.last).is_none_or(|last| last.shape != shape) {
            self.last = self.known.iter().position(|known| known.shape == shape).unwrap_or_else(|| {
                if self.known.len() >= Self::MOST {
                    self.known.clear();
                }
                let rules = set.shaped(shape);
                let tests = rules.iter().map(CompiledRule::test).collect();
                self.known.push(Shaped { shape, tests, rules });
                self.known.len() - 1
            });
        }
        self.known.get(self.last)
    }
}

/// What the rules need of a row beside its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleRow<'r> {
    pub place: RecordPlace,
    pub group: Option<Group>,
    /// The value as found in a column of the dataset.
    pub raw: &'r dyn RawCells,
}

/// The cells of a row as found.
pub(super) trait RawCells: std::fmt::Debug {
    /// The cell in the dataset's column `index`, as found.
    fn raw(&self, index: usize) -> Vec<u8>;
}

impl<'a> RuleSet<'a> {
    /// Compiles the rules of `dataset`. Rules that point at a column the file lacks are left out: its absence was
    /// allowed.
    pub(super) fn new(catalogue: &'a Catalogue, dataset: &Dataset, columns: &[LayoutColumn<'a>]) -> Self {
        let rules = catalogue.rules.get(&dataset.code).into_iter().flatten().enumerate();
        let compiled = rules.filter_map(|(number, rule)| {
            let column = Layout::index(columns, &rule.column)?;
            let layout_column = columns.get(column)?;
            layout_column.position?;
            let demand = if let Some(require) = &rule.require {
                let expected = Program::compile_expected(require, columns);
                Demand::Require { holds: Program::compile(require, columns), expected }
            } else if let Some(same) = &rule.same {
                Demand::Same { column: Layout::index(columns, same)? }
            } else {
                let word = layout_column.words.position(rule.expects.as_deref()?)?;
                Demand::Expects { word: f64::from(word) }
            };
            let when = rule.when.as_ref().map(|when| Program::compile(when, columns));
            Some(CompiledRule { rule, number, column, when, demand })
        });
        Self { rules: compiled.collect() }
    }

    /// The rules that a row of this shape can break, with what the shape decides left out.
    fn shaped(&self, shape: Shape<'a>) -> Vec<CompiledRule<'a>> {
        let shaped = |rule: &CompiledRule<'a>| {
            let when = rule.when.as_ref().map(|when| when.shaped(shape));
            if when.as_ref().and_then(Program::decided).is_some_and(|asked| !is_yes(asked)) {
                return None;
            }
            let demand = match &rule.demand {
                Demand::Require { holds, expected } => {
                    let holds = holds.shaped(shape);
                    if holds.decided().is_some_and(|holds| holds != 0.0) {
                        return None;
                    }
                    Demand::Require { holds, expected: expected.clone() }
                }
                other => other.clone(),
            };
            Some(CompiledRule { when, demand, ..rule.clone() })
        };
        self.rules.iter().filter_map(shaped).collect()
    }

    /// Asks every rule of a row; whether none of those that are errors fails.
    pub(super) fn check(
        &self,
        values: &Values<'a>,
        row: RuleRow<'_>,
        columns: &[LayoutColumn<'_>],
        shapes: &mut Shapes<'a>,
        groups: &mut Groups,
        collector: &mut Collector,
    ) -> bool {
        let mut is_sound = true;
        let Some(shaped) = shapes.of(self, values.shape()) else { return true };
        for (rule, test) in shaped.rules.iter().zip(&shaped.tests) {
            if test.as_ref().is_some_and(|test| !test.fails(values)) {
                continue;
            }
            let detail = match &rule.demand {
                Demand::Require { holds, expected } => {
                    if (holds.columns & values.unreadable) != 0
                        || !rule.is_asked(values)
                        || holds.evaluate(values) != 0.0
                    {
                        continue;
                    }
                    expected.as_ref().map(|expected| expected.evaluate(values))
                }
                Demand::Same { column } => {
                    let number = values.numbers.get(*column);
                    if !rule.is_asked(values) || groups.agrees(rule.number, row.group, number, row.place) {
                        continue;
                    }
                    None
                }
                Demand::Expects { word } => {
                    if rule.is_asked(values) {
                        let is_there = values.numbers.get(rule.column) == Some(word);
                        groups.see(rule.number, row.group, is_there, row.place);
                    }
                    continue;
                }
            };
            is_sound &= rule.rule.severity != Severity::Error;
            let first = groups.first(rule.number, row.group);
            rule.report(row, columns, values, detail, first, collector);
        }
        is_sound
    }

    /// Reports the organisations and periods that lack a row, or that there were too many to tell.
    pub(super) fn finish(&self, columns: &[LayoutColumn<'_>], groups: &mut Groups, collector: &mut Collector) {
        if let Some(place) = groups.full() {
            collector.add(Cause::Kind("file.too_large"), Place::Whole, place, || {
                Detail::default()
                    .with("format", "CSV")
                    .with("cause_nl", "over te veel organisaties en perioden")
                    .with("cause_en", "about too many organisations and periods")
            });
        }
        for (number, (organisation, period)) in groups.lacking() {
            let Some(rule) = self.rules.iter().find(|rule| rule.number == number) else { continue };
            let column = columns.get(rule.column);
            let place = column.and_then(|column| column.position).map_or(Place::Whole, Place::Column);
            collector.add(Cause::Rule(number), place, RecordPlace::default(), || {
                Detail::default()
                    .with("organisation", organisation)
                    .with("period", period)
                    .with("expected", rule.rule.expects.as_deref().unwrap_or_default())
            });
        }
    }
}

/// The value in a column as the rule saw it: `1.412` in a Dutch file is 1412, and not 1,412.
fn shown(index: usize, row: RuleRow<'_>, columns: &[LayoutColumn<'_>], values: &Values<'_>) -> String {
    let is_number = columns.get(index).is_some_and(|column| matches!(column.plain, Plain::Number { .. }));
    match (values.numbers.get(index), values.decimals.get(index)) {
        (Some(number), Some(decimals)) if is_number && !number.is_nan() => {
            format!("{number:.*}", usize::from(*decimals))
        }
        _ => super::collect::show(&row.raw.raw(index)),
    }
}

impl CompiledRule<'_> {
    /// The short way to tell that a row keeps to it, where there is one.
    fn test(&self) -> Option<Test> {
        match &self.demand {
            Demand::Require { holds, .. } => Some(holds.test()),
            Demand::Same { .. } | Demand::Expects { .. } => None,
        }
    }

    fn is_asked(&self, values: &Values<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| (when.columns & values.unreadable) == 0 && is_yes(when.evaluate(values)))
    }

    fn report(
        &self,
        row: RuleRow<'_>,
        columns: &[LayoutColumn<'_>],
        values: &Values<'_>,
        expected: Option<f64>,
        first: Option<(f64, u64)>,
        collector: &mut Collector,
    ) {
        let position = columns.get(self.column).and_then(|column| column.position);
        collector.add(Cause::Rule(self.number), position.map_or(Place::Whole, Place::Column), row.place, || {
            let mut detail = Detail::of(&row.raw.raw(self.column));
            let expressions = self.rule.when.iter().chain(&self.rule.require);
            for name in expressions.flat_map(crate::catalogue::Expression::columns) {
                if let Some(index) = Layout::index(columns, name) {
                    detail = detail.with(name, shown(index, row, columns, values));
                }
            }
            if let Some(expected) = expected {
                let decimals = values.decimals.get(self.column).copied().unwrap_or(0);
                detail = detail.with("expected", format!("{expected:.*}", usize::from(decimals)));
            }
            if let Some((number, line)) = first {
                detail = detail.with("first", number).with("first_line", line);
            }
            if let Some((organisation, period)) = row.group {
                detail = detail.with("organisation", organisation).with("period", period);
            }
            detail
        });
    }
}
