//! Sectors of ordinary organisations only: as many false alarms as promised, for small and for large.

use super::build::{check_sound, year};
use crate::{
    scoring::{Alarms, Settings, Simulation, score},
    stats::Table,
};

const SECTORS: u64 = 60;
const ORGANISATIONS: usize = 200;

fn alarms() -> Alarms {
    let simulation = Simulation::new(ORGANISATIONS);
    let mut alarms = Alarms::default();
    for seed in 0..SECTORS {
        let settings = Settings { rank_draws: 0, ..Settings::default() };
        let outcome = score(&simulation.sector(seed, year(2025), settings));
        check_sound(&outcome);
        simulation.count(&outcome, &mut alarms);
    }
    alarms
}

#[test]
fn false_alarms_are_as_promised() {
    let alarms = alarms();
    for class in [alarms.small, alarms.large] {
        // Small organisations can only have some rates: the exact chances say which.
        assert!(class.attention.is_as_promised() && class.elevated.is_as_promised(), "{alarms:?}");
        let promised = class.attention.expected / class.attention.tests;
        assert!((0.018..0.026).contains(&promised), "{promised}");
    }
    assert!(alarms.large.attention.is_in_band(0.022_750), "{alarms:?}");
    assert!(alarms.large.elevated.is_in_band(0.001_350), "{alarms:?}");
    // Sums are held a little wide where they spread more than chance, so that alarms can only be fewer.
    let overall = alarms.overall.attention;
    assert!(overall.is_in_band(0.022_75) || overall.rate() < 0.022_75, "{overall:?}");
    assert!(overall.rate() > 0.012, "{overall:?}");
}

#[test]
fn where_nothing_is_estimated_the_chances_are_exact() {
    let simulation = Simulation::new(ORGANISATIONS);
    let (mut alarms, mut table) = (Alarms::default(), Table::default());
    for seed in 0..10 * SECTORS {
        let sector = simulation.sector(seed, year(2025), Settings::default());
        simulation.count_known(&sector, &mut table, &mut alarms);
    }
    for class in [alarms.small, alarms.large] {
        assert!(class.attention.tests > 200_000.0, "{alarms:?}");
        assert!(class.attention.is_as_promised() && class.elevated.is_as_promised(), "{alarms:?}");
    }
}

#[test]
fn a_sector_that_is_out_of_control_is_told_from_one_that_is_not() {
    // Were the organisations not ordinary, the bands would not hold.
    let simulation = Simulation::new(ORGANISATIONS);
    let mut alarms = Alarms::default();
    for seed in 0..10 {
        let mut sector = simulation.sector(seed, year(2025), Settings { rank_draws: 0, ..Settings::default() });
        // A tenth of all do worse on the third measure by a tenth.
        for one in sector.observations.iter_mut().filter(|one| one.indicator == "P3") {
            if one.agb_code.number() % 10 == 3 {
                one.numerator = one.numerator.map(|numerator| (0.9 * numerator).floor());
            }
        }
        simulation.count(&score(&sector), &mut alarms);
    }
    assert!(!alarms.large.attention.is_as_promised(), "{alarms:?}");
}
