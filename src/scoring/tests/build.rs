//! Small sectors for tests.

use crate::{
    catalogue::IndicatorKind,
    domain::{AgbCode, Direction, Level, Observation, OrganisationKind, Period},
    scoring::{DataInputs, Measure, Member, Outcome, Sector, Settings, Signal},
};

pub(super) fn code(number: usize) -> AgbCode {
    format!("{number:08}").parse().expect("eight digits")
}

pub(super) fn year(year: i16) -> Period {
    Period::year(year).expect("a year")
}

pub(super) fn measure(code: &str, kind: IndicatorKind, direction: Direction) -> Measure {
    Measure {
        code: code.into(),
        theme: "veilige_zorg_thuis".into(),
        kind,
        direction,
        weight: 1.0,
        factor: 100.0,
        points_when_absent: 2.0,
        hours_per_unit: 1_000.0,
        presumed_deviation: None,
        derived: None,
        norm: None,
        is_mandatory: false,
        is_voluntary: false,
    }
}

pub(super) fn members(count: usize) -> Vec<Member> {
    (1..=count).map(|number| Member { agb_code: code(number), kind: OrganisationKind::Organisation }).collect()
}

pub(super) fn sector(measures: Vec<Measure>, members: Vec<Member>, observations: Vec<Observation>) -> Sector {
    Sector {
        period: year(2025),
        measures,
        themes: vec!["veilige_zorg_thuis".into(), "gegevenskwaliteit".into()],
        members,
        observations,
        overrides: Vec::new(),
        is_due: true,
        data: DataInputs::default(),
        seed: 2_025,
        // Few draws, as most tests look at other things.
        settings: Settings { rank_draws: 50, ..Settings::default() },
    }
}

pub(super) fn observation(number: usize, indicator: &str) -> Observation {
    Observation {
        agb_code: code(number),
        period: year(2025),
        indicator: indicator.to_owned(),
        numerator: None,
        denominator: None,
        value: None,
        standard_deviation: None,
        units: None,
        missing: None,
    }
}

pub(super) fn counted(number: usize, indicator: &str, numerator: f64, denominator: f64) -> Observation {
    Observation { numerator: Some(numerator), denominator: Some(denominator), ..observation(number, indicator) }
}

pub(super) fn signal<'a>(outcome: &'a Outcome, number: usize, indicator: &str) -> &'a Signal {
    let organisation = outcome.organisations.iter().find(|one| one.agb_code == code(number)).expect("a member");
    organisation.signals.iter().find(|one| one.indicator == indicator).expect("a signal")
}

/// Fails on a number that is not finite (JSON has no word for it and writes null), a share outside 0 to 1, a score
/// outside 0 to 100, or contributions that do not add up.
pub(super) fn check_sound(outcome: &Outcome) {
    // JSON has no word for what is no number: whatever field it stands in, it would not come back.
    let written = serde_json::to_value(outcome).expect("an outcome can be written");
    assert_eq!(&serde_json::from_value::<Outcome>(written).expect("and read"), outcome);
    for solo in &outcome.solos {
        assert!(solo.scores.is_empty() && solo.overrides.is_empty(), "{solo:?}");
        solo.signals.iter().for_each(check_signal);
    }
    for tally in [outcome.account.signals, outcome.account.scores, outcome.account.themes] {
        assert!(tally.elevated <= tally.attention && tally.attention <= tally.tests, "{tally:?}");
        assert!((0.0..=tally.tests as f64).contains(&tally.expected_attention), "{tally:?}");
    }

    for fit in &outcome.fits {
        assert!([fit.location, fit.typical_value, fit.dispersion].iter().all(|one| one.is_finite()), "{fit:?}");
    }
    for value in outcome.correlation.values.iter().flatten() {
        assert!(value.abs() <= 1.0, "{value}");
    }
    for organisation in &outcome.organisations {
        for signal in &organisation.signals {
            check_signal(signal);
        }
        for score in &organisation.scores {
            let Some(standardised) = score.standardised else {
                assert!(score.score.is_none() && score.contributions.is_empty() && score.interval.is_none());
                continue;
            };
            let sum: f64 = score.contributions.iter().map(|one| one.standardised).sum();
            assert!((sum - standardised).abs() < 1e-12, "{score:?}");
            assert!(score.score.is_some_and(|score| (0.0..=100.0).contains(&score)), "{score:?}");
            let interval = score.interval.expect("with a score");
            assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 100.0, "{score:?}");
            let thresholds = score.thresholds.expect("with a score");
            assert!(0.0 < thresholds.attention && thresholds.attention < thresholds.elevated, "{score:?}");
            assert!(score.top.is_none_or(|top| (0.0..=1.0).contains(&top.chance)), "{score:?}");
            assert!((0.0..=1.0).contains(&score.coverage) && score.inflation >= 1.0, "{score:?}");
        }
    }
}

fn check_signal(signal: &Signal) {
    let intervals = [signal.interval, signal.ordinary].map(|one| one.map_or((0.0, 0.0), |one| (one.low, one.high)));
    for (low, high) in intervals {
        assert!(low.is_finite() && high.is_finite() && low <= high, "{signal:?}");
    }
    let needed = signal.change_needed.as_deref().map(|needed| needed.value);
    for number in [signal.value, signal.shrunken, signal.z, signal.r, signal.r_peers, signal.typical_value, needed] {
        assert!(number.is_none_or(f64::is_finite), "{signal:?}");
    }
    let shares = [
        signal.probability_low,
        signal.probability_high,
        signal.noise_share,
        signal.chance_of_attention,
        signal.chance_of_elevated,
        signal.false_discovery_rate,
        signal.norm.as_deref().and_then(|norm| norm.probability),
    ];
    for share in shares {
        assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)), "{signal:?}");
    }
    assert_eq!(signal.insufficiency.is_some(), signal.r.is_none(), "{signal:?}");
    if let Some(needed) = signal.change_needed.as_deref() {
        assert!(needed.level < signal.level && signal.level >= Level::Attention, "{signal:?}");
    }
    assert!(signal.pooled.as_deref().is_none_or(|pooled| pooled.periods > 1), "{signal:?}");
}
