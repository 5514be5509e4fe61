//! A dataset laid over the columns of a file: what the rows are read with.

use super::{header::Resolution, number::Style, plain::Plain, program, rules::RuleSet, words::Words};
use crate::catalogue::{Catalogue, Column, Dataset};

/// A column of the dataset and where it stands in the file.
#[derive(Debug)]
pub(super) struct LayoutColumn<'a> {
    /// What the dataset says of it.
    pub column: &'a Column,
    /// Its position in the file, from 0.
    pub position: Option<usize>,
    /// The words it allows.
    pub words: Words<'a>,
    /// Its bit among the columns of the dataset.
    pub bit: u64,
    /// How its cells mostly look.
    pub plain: Plain,
}

/// The dataset, the file's columns and the rules, all by index.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub dataset: &'a Dataset,
    pub columns: Vec<LayoutColumn<'a>>,
    /// Columns of the file that the dataset does not have.
    pub unknown: Vec<usize>,
    /// Where the remarks stand that an annotated copy has.
    pub remarks: Option<usize>,
    /// How many cells a record has.
    pub width: usize,
    pub organisation: Option<usize>,
    pub year: Option<usize>,
    pub period: Option<usize>,
    pub measure: Option<usize>,
    pub key: Vec<usize>,
    pub style: Style,
    pub rules: RuleSet<'a>,
}

impl<'a> Layout<'a> {
    /// `resolution` says for each column of the dataset where it stands in the file.
    pub(super) fn new(
        catalogue: &'a Catalogue,
        dataset: &'a Dataset,
        resolution: &Resolution,
        width: usize,
        delimiter: u8,
    ) -> Self {
        let positions = &resolution.positions;
        let columns: Vec<LayoutColumn<'a>> = dataset
            .columns
            .iter()
            .zip(positions)
            .enumerate()
            .map(|(index, (column, position))| {
                let words = Words::of(column, dataset, catalogue);
                let (bit, plain) = (program::bit(index), Plain::of(column, &words));
                LayoutColumn { column, position: *position, words, bit, plain }
            })
            .collect();
        let index = |name: &str| dataset.columns.iter().position(|column| column.name == name);
        let style = Style { decimal_mark: if delimiter == b',' { '.' } else { ',' } };
        let rules = RuleSet::new(catalogue, dataset, &columns);
        Self {
            unknown: (0..width).filter(|position| !positions.contains(&Some(*position))).collect(),
            remarks: resolution.remarks,
            width,
            organisation: index(&dataset.organisation),
            year: dataset.year.as_deref().and_then(index),
            period: dataset.period.as_deref().and_then(index),
            measure: dataset.measure.as_deref().and_then(index),
            key: dataset.key.iter().filter_map(|name| index(name)).collect(),
            columns,
            dataset,
            style,
            rules,
        }
    }

    /// The columns that the file should have and has not, as bits.
    pub(super) fn lacking(&self) -> u64 {
        let columns = self.columns.iter().enumerate();
        let lacking = columns.filter(|(_, column)| column.column.header_required && column.position.is_none());
        lacking.map(|(index, _)| program::bit(index)).fold(0, |all, bit| all | bit)
    }

    /// The index of the dataset's column `name`.
    pub(super) fn index(columns: &[LayoutColumn<'_>], name: &str) -> Option<usize> {
        columns.iter().position(|column| column.column.name == name)
    }
}
