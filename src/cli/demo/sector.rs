//! The organisations of the invented sector: who they are and how many families they care for.
//!
//! Sizes follow domain.md section 7: log-normal, the six largest together 28 % of 165,000 families a year, and
//! solo practices down to four births a year.

use super::{
    csv::FileStyle,
    names,
    plot::Plot,
    random::{Stream, rounded},
    stories::Planted,
};
use crate::domain::{AgbCode, Merger, OrganisationKind};

/// The report years of the demo.
pub const YEARS: [i16; 5] = [2021, 2022, 2023, 2024, 2025];

/// How many organisations the sector has.
pub const ORGANISATIONS: usize = 220;

/// How many of them are solo practices.
const SOLO_PRACTICES: usize = 25;

/// How many are not, and stand in the log-normal ranking.
const RANKED: usize = ORGANISATIONS - SOLO_PRACTICES;

/// Families in care in an ordinary year.
const FAMILIES: f64 = 165_000.0;

/// The part of them with the six largest organisations.
const PART_OF_SIX_LARGEST: f64 = 0.28;

/// Births in each of the five years relative to an ordinary year.
const BIRTHS_OF_YEAR: [f64; 5] = [1.02, 1.0, 0.995, 0.99, 0.995];

/// The ranks that are cooperatives: twelve, of middling and small size.
fn is_cooperative(rank: usize) -> bool {
    rank >= 47 && (rank - 47).is_multiple_of(12) && rank < 47 + 12 * 12
}

/// One organisation of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoOrganisation {
    /// Its code; all begin with 3399.
    pub agb_code: AgbCode,
    /// Its invented name.
    pub name: String,
    /// The sort of provider.
    pub kind: OrganisationKind,
    /// Into whom it merged, where it did.
    pub merger: Option<Merger>,
}

/// An organisation with what only the generator knows of it.
#[derive(Clone, Debug)]
pub(super) struct Participant {
    /// Its place by size, from 0; solo practices come last. Names its streams of chance.
    pub(super) rank: usize,
    /// How it is known outside.
    pub(super) organisation: DemoOrganisation,
    /// Families in care in each of [`YEARS`].
    pub(super) families: [u32; 5],
    /// How its software writes files.
    pub(super) style: FileStyle,
    /// What happens to it, where something does.
    pub(super) planted: Option<&'static Planted>,
}

impl Participant {
    /// Whether this plot is its own.
    pub(super) fn has(&self, plot: Plot) -> bool {
        self.planted.is_some_and(|planted| planted.plot == plot)
    }

    /// Its own stream of chance for `purpose`.
    pub(super) fn stream(&self, seed: u64, purpose: &str) -> Stream {
        Stream::new(seed, purpose, &[self.rank as u64])
    }

    /// Its stream of chance for `purpose` in `year`.
    pub(super) fn stream_of_year(&self, seed: u64, purpose: &str, year: i16) -> Stream {
        Stream::new(seed, purpose, &[self.rank as u64, u64::from(year.unsigned_abs())])
    }
}

/// All organisations, the largest first.
pub(super) fn participants(seed: u64) -> Vec<Participant> {
    let mut stream = Stream::new(seed, "register", &[]);
    let places = names::places(&mut stream);
    let sizes = ranked_sizes(seed).into_iter().chain(solo_sizes(seed));
    let mut participants: Vec<Participant> = sizes
        .zip(places)
        .zip(agb_codes(seed))
        .enumerate()
        .map(|(rank, ((size, place), agb_code))| {
            let kind = if rank >= RANKED {
                OrganisationKind::Solo
            } else if is_cooperative(rank) {
                OrganisationKind::Cooperative
            } else {
                OrganisationKind::Organisation
            };
            let organisation =
                DemoOrganisation { agb_code, name: names::name(kind, &place, &mut stream), kind, merger: None };
            let mut chance = Stream::new(seed, "families", &[rank as u64]);
            Participant {
                rank,
                organisation,
                families: BIRTHS_OF_YEAR.map(|births| families(size, births, &mut chance)),
                style: FileStyle::drawn(&mut Stream::new(seed, "file style", &[rank as u64])),
                planted: Planted::at(rank),
            }
        })
        .collect();
    Plot::move_families(&mut participants);
    Plot::merge(&mut participants);
    participants
}

/// Families in one year: the size, the births of that year, and a few per cent that come and go.
fn families(size: f64, births: f64, chance: &mut Stream) -> u32 {
    rounded(size * births * (1.0 + 0.02 * chance.normal())).max(4)
}

/// Sizes of the ranked organisations, largest first. The spread is searched so that the six largest have their part.
fn ranked_sizes(seed: u64) -> Vec<f64> {
    let places = expected_order_statistics(seed);
    let spread = |sigma: f64| places.iter().map(|place| exponential(sigma * place)).collect::<Vec<f64>>();
    let part = |sizes: &[f64]| sizes.iter().take(6).sum::<f64>() / sizes.iter().sum::<f64>();
    let (mut low, mut high) = (0.5, 2.5);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if part(&spread(middle)) < PART_OF_SIX_LARGEST {
            low = middle;
        } else {
            high = middle;
        }
    }
    let sizes = spread(low);
    let scale = FAMILIES / sizes.iter().sum::<f64>();
    sizes.into_iter().map(|size| size * scale).collect()
}

/// The mean of sixteen sorted normal samples, largest first: a sample without lucky extremes.
fn expected_order_statistics(seed: u64) -> Vec<f64> {
    const SAMPLES: u64 = 16;
    let mut means = vec![0.0; RANKED];
    for sample in 0..SAMPLES {
        let mut stream = Stream::new(seed, "size", &[sample]);
        let mut draws: Vec<f64> = (0..RANKED).map(|_| stream.normal()).collect();
        draws.sort_by(|one, other| other.total_cmp(one));
        for (mean, draw) in means.iter_mut().zip(draws) {
            *mean += draw / SAMPLES as f64;
        }
    }
    means
}

/// Births a year of the solo practices: evenly from 25 down to 4.
fn solo_sizes(seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, "solo size", &[]);
    let mut sizes: Vec<f64> = (1..SOLO_PRACTICES).map(|_| f64::from(5 + stream.below(20))).collect();
    sizes.push(4.0);
    sizes.sort_by(|one, other| other.total_cmp(one));
    sizes
}

/// Different codes in an order that does not tell the size.
fn agb_codes(seed: u64) -> Vec<AgbCode> {
    let mut stream = Stream::new(seed, "agb", &[]);
    let mut codes: Vec<AgbCode> = (0..ORGANISATIONS)
        .filter_map(|place| format!("3399{:04}", 40 * place + stream.below(40) as usize).parse().ok())
        .collect();
    stream.shuffle(&mut codes);
    codes
}

/// e to the power `x`, by its series near 0 and ten squarings: the same bits on every machine.
fn exponential(x: f64) -> f64 {
    let x = x / 1024.0;
    let near = 1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0)));
    (0..10).fold(near, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_agrees_with_the_library() {
        for x in [-4.0_f64, -0.5, 0.0, 1.0, 3.7] {
            assert!((exponential(x) / x.exp() - 1.0).abs() < 1e-11, "{x}");
        }
    }

    #[test]
    fn sector_has_its_sizes_and_kinds() {
        for seed in [1, 2, 3] {
            let participants = participants(seed);
            assert_eq!(participants.len(), ORGANISATIONS);
            let kinds = |kind| participants.iter().filter(|one| one.organisation.kind == kind).count();
            assert_eq!(kinds(OrganisationKind::Solo), 25);
            assert_eq!(kinds(OrganisationKind::Cooperative), 12);
            for year in 0..YEARS.len() {
                let all: u32 = participants.iter().map(|one| one.families[year]).sum();
                let six: u32 = participants.iter().take(6).map(|one| one.families[year]).sum();
                assert!((161_000..=170_000).contains(&all), "{all}");
                assert!((f64::from(six) / f64::from(all) - 0.28).abs() < 0.02, "{six} of {all}");
                let smallest = participants.iter().map(|one| one.families[year]).filter(|families| *families > 0).min();
                assert_eq!(smallest, Some(4));
            }
            let names: std::collections::BTreeSet<_> = participants.iter().map(|one| &one.organisation.name).collect();
            let codes: std::collections::BTreeSet<_> =
                participants.iter().map(|one| one.organisation.agb_code).collect();
            assert_eq!((names.len(), codes.len()), (ORGANISATIONS, ORGANISATIONS));
            assert!(codes.iter().all(|code| code.to_string().starts_with("33")));
        }
    }

    #[test]
    fn stories_happen_to_ordinary_organisations() {
        for one in participants(1).iter().filter(|one| one.planted.is_some()) {
            assert_eq!(one.organisation.kind, OrganisationKind::Organisation, "{:?}", one.planted);
        }
    }
}
