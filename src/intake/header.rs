//! Headers: which column of a file is which column of a dataset, and which dataset a file is.

use super::text::fold;
use crate::catalogue::{Catalogue, Dataset};

/// The message that names the column with remarks of an annotated copy.
pub(super) const REMARKS: &str = "COPY_REMARKS";

/// A dataset laid beside a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolution {
    /// For each column of the dataset its position in the file.
    pub positions: Vec<Option<usize>>,
    /// Positions whose name a column before them has too.
    pub duplicates: Vec<usize>,
    /// Where the remarks stand that an annotated copy has.
    pub remarks: Option<usize>,
}

impl Resolution {
    /// How many columns of the dataset the header has.
    pub(super) fn score(&self) -> usize {
        self.positions.iter().flatten().count()
    }

    /// The columns that the header must have and has not, by their place in the dataset.
    pub(super) fn missing<'r>(&'r self, dataset: &'r Dataset) -> impl Iterator<Item = usize> + 'r {
        let columns = dataset.columns.iter().zip(&self.positions).enumerate();
        columns.filter(|(_, (column, position))| column.header_required && position.is_none()).map(|(index, _)| index)
    }
}

/// The names by which columns are recognised, folded once.
#[derive(Debug)]
pub(super) struct KnownNames<'a> {
    datasets: Vec<(&'a Dataset, Vec<Vec<String>>)>,
    /// How the name of the column with remarks begins, in each language.
    remarks: [String; 2],
}

impl<'a> KnownNames<'a> {
    /// Of the datasets that can be delivered, and of the one that was told.
    pub(super) fn new(catalogue: &'a Catalogue, told: Option<&str>) -> Self {
        let is_asked = |dataset: &&Dataset| dataset.submittable || told == Some(dataset.code.as_str());
        let names = |dataset: &'a Dataset| {
            let columns = dataset.columns.iter();
            let folded = columns
                .map(|column| [&column.name].into_iter().chain(&column.aliases).map(|name| fold(name)).collect());
            (dataset, folded.collect())
        };
        let remarks = catalogue.message(REMARKS, &[]);
        Self {
            datasets: catalogue.datasets.values().filter(is_asked).map(names).collect(),
            remarks: [fold(&remarks.nl), fold(&remarks.en)],
        }
    }

    /// Where in `record` the column with remarks of an annotated copy stands: findings may follow its name.
    pub(super) fn remarks(&self, record: &[String]) -> Option<usize> {
        record.iter().position(|cell| {
            let folded = fold(cell);
            self.remarks.iter().any(|name| folded.starts_with(name))
        })
    }

    /// Lays every dataset beside a header.
    pub(super) fn resolve(&self, header: &[String]) -> Vec<(&'a Dataset, Resolution)> {
        let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let remarks = self.remarks(header);
        let resolved = self.datasets.iter().map(|(dataset, names)| (*dataset, resolve(&folded, names)));
        resolved.map(|(dataset, resolution)| (dataset, Resolution { remarks, ..resolution })).collect()
    }

    /// The most columns that one dataset recognises in a record.
    pub(super) fn score(&self, record: &[String]) -> usize {
        self.resolve(record).iter().map(|(_, resolution)| resolution.score()).max().unwrap_or(0)
    }

    /// The dataset whose columns the header fits best: fewest missing, then most recognised.
    pub(super) fn best(&self, header: &[String]) -> Option<(&'a Dataset, Resolution)> {
        self.resolve(header).into_iter().max_by_key(|(dataset, resolution)| {
            let missing = resolution.missing(dataset).count();
            (std::cmp::Reverse(missing), resolution.score())
        })
    }
}

fn resolve(folded: &[String], names: &[Vec<String>]) -> Resolution {
    let mut positions = vec![None; names.len()];
    let mut duplicates = Vec::new();
    for (position, name) in folded.iter().enumerate() {
        let column = names.iter().position(|names| !name.is_empty() && names.contains(name));
        match column.and_then(|column| positions.get_mut(column)) {
            Some(slot @ None) => *slot = Some(position),
            Some(Some(_)) => duplicates.push(position),
            None => {}
        }
    }
    Resolution { positions, duplicates, remarks: None }
}

/// The name among `names` that is at most two edits away from `name`, when only one is.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let folded = fold(name);
    let near = |other: &str| {
        let other = fold(other);
        strsim::osa_distance(&folded, &other) <= 2 && other.chars().count() > 3 && !folded.is_empty()
    };
    let mut found = names.filter(|other| near(other));
    found.next().filter(|_| found.next().is_none())
}

/// Whether a header speaks of citizen service numbers.
pub(super) fn names_national_number(name: &str) -> bool {
    let folded = fold(name);
    folded == "bsn"
        || folded.starts_with("bsnnummer")
        || folded.ends_with("bsn")
        || folded.starts_with("bsn") && folded.len() <= 6
        || folded.contains("burgerservice")
        || folded.contains("sofinummer")
}

/// Whether a header speaks of persons: their names, days of birth, addresses, telephone numbers.
pub(super) fn names_person(name: &str) -> bool {
    const WHOLE: [&str; 12] = [
        "email",
        "emailadres",
        "mail",
        "telefoon",
        "telefoonnummer",
        "telnr",
        "mobiel",
        "mobielnummer",
        "adres",
        "straat",
        "huisnummer",
        "initialen",
    ];
    const PARTS: [&str; 12] = [
        "voornaam",
        "achternaam",
        "geboortedatum",
        "geboortenaam",
        "geboortedag",
        "dateofbirth",
        "naamclient",
        "clientnaam",
        "naamcliënt",
        "cliëntnaam",
        "woonadres",
        "naammoeder",
    ];
    let folded = fold(name);
    WHOLE.contains(&folded.as_str()) || PARTS.iter().any(|part| folded.contains(part))
}
