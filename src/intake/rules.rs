//! The dataset's rules at work: row by row, and over the rows of an organisation and period.

use std::collections::BTreeMap;

use super::{
    collect::{Cause, Collector, Detail, Place, RecordPlace},
    layout::{Layout, LayoutColumn},
    program::{Program, Test, is_yes},
    values::{Shape, Values},
};
use crate::{
    catalogue::{Catalogue, Dataset, Rule},
    domain::{AgbCode, Period, Severity},
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

/// An organisation's period, and which rule.
type GroupKey = (usize, AgbCode, Period);

/// What was seen so far of each organisation and period.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// For `same`: the number in the first row, and that row's line.
    firsts: BTreeMap<GroupKey, (f64, u64)>,
    /// For `expects`: whether the word has a row.
    seen: BTreeMap<GroupKey, bool>,
    /// The group of the row before: rows of a group mostly follow one another.
    last: Option<(AgbCode, Period)>,
    last_seen: u64,
}

/// What the rules need of a row beside its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleRow<'r> {
    pub place: RecordPlace,
    pub group: Option<(AgbCode, Period)>,
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
                    if !rule.is_asked(values) || groups.agrees(rule.number, row, values.numbers.get(*column)) {
                        continue;
                    }
                    None
                }
                Demand::Expects { word } => {
                    if rule.is_asked(values) {
                        groups.see(rule.number, row, values.numbers.get(rule.column) == Some(word));
                    }
                    continue;
                }
            };
            is_sound &= rule.rule.severity != Severity::Error;
            let first = groups.first(rule.number, row);
            rule.report(row, columns, values, detail, first, collector);
        }
        is_sound
    }

    /// Reports the organisations and periods that lack a row.
    pub(super) fn finish(&self, columns: &[LayoutColumn<'_>], groups: &Groups, collector: &mut Collector) {
        for ((number, organisation, period), seen) in &groups.seen {
            let Some(rule) = self.rules.iter().find(|rule| rule.number == *number && !seen) else { continue };
            let column = columns.get(rule.column);
            let place = column.and_then(|column| column.position).map_or(Place::Whole, Place::Column);
            collector.add(Cause::Rule(*number), place, RecordPlace::default(), || {
                Detail::default()
                    .with("organisation", organisation)
                    .with("period", period)
                    .with("expected", rule.rule.expects.as_deref().unwrap_or_default())
            });
        }
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
                    detail = detail.with(name, super::collect::show(&row.raw.raw(index)));
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

impl Groups {
    fn agrees(&mut self, rule: usize, row: RuleRow<'_>, number: Option<&f64>) -> bool {
        let (Some((organisation, period)), Some(&number)) = (row.group, number) else { return true };
        if number.is_nan() {
            return true;
        }
        let line = row.place.line.unwrap_or(0);
        let (first, _) = *self.firsts.entry((rule, organisation, period)).or_insert((number, line));
        (first - number).abs() == 0.0
    }

    fn first(&self, rule: usize, row: RuleRow<'_>) -> Option<(f64, u64)> {
        let (organisation, period) = row.group?;
        self.firsts.get(&(rule, organisation, period)).copied()
    }

    fn see(&mut self, rule: usize, row: RuleRow<'_>, is_there: bool) {
        let Some((organisation, period)) = row.group else { return };
        if self.last != row.group {
            (self.last, self.last_seen) = (row.group, 0);
        }
        // Two bits a rule: that the group is known, that the word was seen.
        let done = super::program::bit(rule * 2 + usize::from(is_there));
        if self.last_seen & done == 0 {
            self.last_seen |= done;
            *self.seen.entry((rule, organisation, period)).or_default() |= is_there;
        }
    }
}
