//! Sectors of ordinary organisations only: as many false alarms as promised, for small and for large.

use super::build::{counted, measure, members, sector};
use crate::{
    catalogue::IndicatorKind,
    domain::{Direction, Level},
    scoring::{OrganisationOutcome, score},
};

const SECTORS: usize = 300;
const ORGANISATIONS: usize = 60;
const MEASURES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
/// 99.9 % of a normal lies within this distance.
const Z_999: f64 = 3.290_526_731_491_926;

/// Repeatable draws (Steele, Lea and Flood, `SplitMix64`).
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// From a Polya urn with a and b balls, of which one comes back with another of its colour: beta-binomial.
    fn urn(&mut self, trials: u32, a: f64, b: f64) -> f64 {
        let mut successes = 0.0;
        for drawn in 0..trials {
            successes += f64::from(u8::from(self.uniform() * (a + b + f64::from(drawn)) < a + successes));
        }
        successes
    }
}

/// The number of clients: small organisations first.
fn size(place: usize) -> u32 {
    if place < ORGANISATIONS / 2 {
        6 + 2 * u32::try_from(place).expect("small")
    } else {
        200 + 20 * u32::try_from(place).expect("small")
    }
}

/// Alarms, what the exact chances add up to, and tests.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    alarms: f64,
    expected: f64,
    tests: f64,
}

impl Tally {
    fn add(&mut self, organisation: &OrganisationOutcome) {
        for signal in &organisation.signals {
            self.alarms += f64::from(u8::from(signal.level >= Level::Attention));
            self.expected += signal.chance_of_attention.expect("all are compared");
            self.tests += 1.0;
        }
    }

    /// Whether the alarms lie within the 99.9 % band of so many tests at this rate.
    fn is_in_band(&self, rate: f64) -> bool {
        (self.alarms - self.tests * rate).abs() <= Z_999 * (self.tests * rate * (1.0 - rate)).sqrt()
    }
}

#[test]
fn false_alarms_are_as_promised() {
    let mut draws = Draws(2_025);
    let (mut small, mut large) = (Tally::default(), Tally::default());
    let mut overall = Tally::default();
    for _ in 0..SECTORS {
        let mut observations = Vec::new();
        for place in 0..ORGANISATIONS {
            for (code, mean) in MEASURES.into_iter().zip([0.5, 0.7, 0.85, 0.9, 0.3, 0.8]) {
                let trials = size(place);
                // A correlation of 0.03.
                let weight = 1.0 / 0.03 - 1.0;
                let successes = draws.urn(trials, mean * weight, (1.0 - mean) * weight);
                observations.push(counted(place + 1, code, successes, f64::from(trials)));
            }
        }
        let measures = MEASURES.map(|code| measure(code, IndicatorKind::Proportion, Direction::HigherIsBetter));
        let outcome = score(&sector(measures.to_vec(), members(ORGANISATIONS), observations));
        for (place, organisation) in outcome.organisations.iter().enumerate() {
            if place < ORGANISATIONS / 2 {
                small.add(organisation);
            } else {
                large.add(organisation);
            }
            let level = organisation.scores[0].level;
            overall.alarms += f64::from(u8::from(level >= Level::Attention));
            overall.tests += 1.0;
        }
    }
    for tally in [small, large] {
        // Small organisations can only have some rates: the exact chances say which.
        assert!(tally.is_in_band(tally.expected / tally.tests), "{tally:?}");
        assert!((0.018..0.026).contains(&(tally.expected / tally.tests)), "{tally:?}");
    }
    assert!(large.is_in_band(0.022_75), "{large:?}");
    // Sums are held a little wide where they spread more than chance, so that alarms can only be fewer.
    let most = 0.022_75 * overall.tests + Z_999 * (0.022_75 * overall.tests).sqrt();
    assert!(overall.alarms <= most && overall.alarms > 0.012 * overall.tests, "{overall:?}");
}
