//! Sectors of ordinary organisations only, to hold the method to its promise: as many false alarms as it says.

use super::{
    DataInputs, Measure, Member, Outcome, Sector, Settings,
    arrange::Figures,
    method::{Evidence, Model},
    value::read,
};
use crate::{
    catalogue::IndicatorKind,
    domain::{AgbCode, Direction, Observation, OrganisationKind, Period},
    stats::{BetaBinomial, Discrete, Draws, NegativeBinomial, Table, normal},
};

/// Organisations with fewer clients than this are called small here, those with at least twice as many large.
const SMALL: f64 = 120.0;
/// 99.9 % of a normal lies within this distance.
const Z_999: f64 = 3.290_526_731_491_926;
/// How many clients stand behind one carer.
const CLIENTS_PER_CARER: f64 = 20.0;

/// A proportion: its code, the share of clients or (with `true`) of carers, and the correlation within organisations.
const PROPORTIONS: [(&str, f64, f64, bool); 4] =
    [("P1", 0.72, 0.03, false), ("P2", 0.93, 0.02, false), ("P3", 0.985, 0.01, false), ("P4", 0.85, 0.05, true)];
/// Events per hundred clients and their squared variation.
const RATE: (f64, f64) = (1.3, 0.25);
/// A share of hours: the arcsine of its root, and the variance of that between organisations.
const SHARE: (f64, f64) = (0.6, 0.01);
/// A mean: the variances between and within organisations.
const MEAN: (f64, f64, f64) = (8.4, 0.03, 1.4);

/// Draws sectors of so many organisations with the sizes of kraamzorg: half have fewer than 200 clients, three in a
/// hundred have 7 800.
#[derive(Clone, Debug)]
pub struct Simulation {
    clients: Vec<f64>,
    /// By proportion and then the rate, per organisation: the chances of at most 0, 1, 2, ... events.
    cumulative: Vec<Vec<Vec<f64>>>,
}

impl Simulation {
    /// Tabulates what sectors of so many organisations are drawn from.
    pub fn new(organisations: usize) -> Self {
        let clients: Vec<f64> = (0..organisations).map(|place| clients(place, organisations)).collect();
        let mut table = Table::default();
        let mut cumulative = Vec::new();
        for (_, mean, correlation, of_carers) in PROPORTIONS {
            let of_one = |clients: &f64| {
                let trials = super::value::count(trials(*clients, of_carers))?;
                Some(add_up(&BetaBinomial::alone(mean, correlation, trials).ok()?, trials, &mut table))
            };
            cumulative.push(clients.iter().filter_map(of_one).collect());
        }
        let of_one = |clients: &f64| {
            let events = NegativeBinomial::new(RATE.0 * clients / 100.0, RATE.1).ok()?;
            Some(add_up(&events, 0, &mut table))
        };
        cumulative.push(clients.iter().filter_map(of_one).collect());
        Self { clients, cumulative }
    }

    /// The sector that goes with `seed`.
    pub fn sector(&self, seed: u64, period: Period, settings: Settings) -> Sector {
        let draws = Draws::new(seed, 0);
        let mut observations = Vec::new();
        let mut members = Vec::new();
        for (place, clients) in self.clients.iter().enumerate() {
            let Ok(agb_code) = format!("{:08}", place + 1).parse::<AgbCode>() else { continue };
            members.push(Member { agb_code, kind: OrganisationKind::Organisation });
            let place_of = |what: usize| (place * 8 + what) as u64;
            for (what, tables) in self.cumulative.iter().enumerate() {
                let Some(cumulative) = tables.get(place) else { continue };
                let uniform = draws.uniform(place_of(what));
                let events = cumulative.partition_point(|sum| *sum < uniform) as f64;
                let (code, of) = match PROPORTIONS.get(what) {
                    Some((code, _, _, of_carers)) => (*code, trials(*clients, *of_carers)),
                    None => ("R1", clients / 100.0),
                };
                observations.push(Observation {
                    numerator: Some(events),
                    denominator: Some(of),
                    ..blank(agb_code, period, code)
                });
            }
            let carers = trials(*clients, true);
            let angle = SHARE.0 + (SHARE.1 + 0.25 / carers).sqrt() * draws.normal(place_of(5));
            let hours = 30.0 * clients;
            observations.push(Observation {
                numerator: Some(hours * angle.sin().powi(2)),
                denominator: Some(hours),
                units: Some(carers),
                ..blank(agb_code, period, "S1")
            });
            let respondents = (0.4 * clients).round().max(2.0);
            let spread = 1.0 + draws.normal(place_of(7)) * (2.0 / (respondents - 1.0)).sqrt();
            observations.push(Observation {
                value: Some(MEAN.0 + (MEAN.1 + MEAN.2 / respondents).sqrt() * draws.normal(place_of(6))),
                denominator: Some(respondents),
                standard_deviation: Some((MEAN.2 * spread.max(0.1)).sqrt()),
                ..blank(agb_code, period, "M1")
            });
        }
        Sector {
            period,
            measures: measures(),
            themes: vec!["veilige_zorg_thuis".into()],
            members,
            observations,
            overrides: Vec::new(),
            is_due: true,
            data: DataInputs::default(),
            seed,
            settings,
        }
    }

    /// Adds the alarms of `outcome`, of a sector drawn here, to those found before.
    pub fn count(&self, outcome: &Outcome, alarms: &mut Alarms) {
        for (clients, organisation) in self.clients.iter().zip(&outcome.organisations) {
            if let Some(class) = alarms.class(*clients) {
                for one in &organisation.signals {
                    class.add(one.r_peers, one.chance_of_attention, one.chance_of_elevated);
                }
            }
            if let Some(sum) = organisation.score(None).and_then(|score| score.standardised) {
                alarms.overall.add(Some(sum), Some(normal::survival(2.0)), Some(normal::survival(3.0)));
            }
        }
    }

    /// Adds the alarms of `sector`, drawn here, where it is known what ordinary organisations are like: each figure is held
    /// against what it was drawn from. The difference to [`Simulation::count`] is what estimating costs.
    pub fn count_known(&self, sector: &Sector, table: &mut Table, alarms: &mut Alarms) {
        for measure in &sector.measures {
            let Some(model) = truth(&measure.code) else { continue };
            // Members stand in the order of their codes, which is that of their sizes.
            let own = sector.observations.iter().filter(|one| *measure.code == *one.indicator).zip(&self.clients);
            let (evidence, clients): (Vec<Evidence>, Vec<f64>) = own
                .filter_map(|(one, clients)| {
                    // How respondents differ within an organisation is known too.
                    let figures = Figures { standard_deviation: None, ..Figures::from(one) };
                    Some((read(measure, Some(&figures)).evidence.ok()?, *clients))
                })
                .filter(|(evidence, _)| evidence.is_enough(&sector.settings))
                .unzip();
            for (clients, judged) in clients.into_iter().zip(model.judge(measure, &evidence, table)) {
                if let (Some(class), Some(one)) = (alarms.class(clients), judged) {
                    class.add(Some(one.r), one.chance_of_attention, one.chance_of_elevated);
                }
            }
        }
    }
}

/// What was found in sectors without anything to find.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alarms {
    /// Signals of organisations with fewer than 120 clients.
    pub small: LevelAlarms,
    /// Signals of organisations with at least 240 clients.
    pub large: LevelAlarms,
    /// Overall scores.
    pub overall: LevelAlarms,
}

impl Alarms {
    fn class(&mut self, clients: f64) -> Option<&mut LevelAlarms> {
        match clients {
            clients if clients < SMALL => Some(&mut self.small),
            clients if clients >= 2.0 * SMALL => Some(&mut self.large),
            _ => None,
        }
    }
}

/// The alarms at each level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LevelAlarms {
    /// At least `attention`: nominally 2.275 %.
    pub attention: FalseAlarms,
    /// `elevated`: nominally 0.135 %.
    pub elevated: FalseAlarms,
}

impl LevelAlarms {
    /// Nothing where there was no comparison.
    fn add(&mut self, r: Option<f64>, chance_of_attention: Option<f64>, chance_of_elevated: Option<f64>) {
        if let (Some(r), Some(attention), Some(elevated)) = (r, chance_of_attention, chance_of_elevated) {
            self.attention.add(r >= 2.0, attention);
            self.elevated.add(r >= 3.0, elevated);
        }
    }
}

/// Alarms among tests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FalseAlarms {
    /// How many.
    pub found: f64,
    /// Among how many tests.
    pub tests: f64,
    /// What their exact chances add up to.
    pub expected: f64,
}

impl FalseAlarms {
    fn add(&mut self, found: bool, chance: f64) {
        self.found += f64::from(u8::from(found));
        self.tests += 1.0;
        self.expected += chance;
    }

    /// The share of tests with an alarm.
    pub fn rate(&self) -> f64 {
        self.found / self.tests
    }

    /// The share of tests that the exact chances promise.
    pub fn promised(&self) -> f64 {
        self.expected / self.tests
    }

    /// Between which shares so many independent tests lie with 99.9 % chance where `rate` is true (method.md section 4).
    pub fn band(&self, rate: f64) -> (f64, f64) {
        let width = Z_999 * (rate * (1.0 - rate) / self.tests).sqrt();
        ((rate - width).max(0.0), (rate + width).min(1.0))
    }

    /// Whether the alarms lie within the 99.9 % band of so many tests at `rate`.
    pub fn is_in_band(&self, rate: f64) -> bool {
        let (low, high) = self.band(rate);
        (low..=high).contains(&self.rate())
    }

    /// The same at the rate that the exact chances promise.
    pub fn is_as_promised(&self) -> bool {
        self.is_in_band(self.promised())
    }
}

/// The clients of the organisation at `place`, from small to large: log-normal but for the giants.
fn clients(place: usize, organisations: usize) -> f64 {
    let share = (place as f64 + 0.5) / organisations as f64;
    if share > 0.97 {
        return 7_800.0;
    }
    (190.0 * (1.15 * normal::quantile(share)).exp()).round().max(10.0)
}

/// What the figures of a measure are drawn from.
fn truth(code: &str) -> Option<Model> {
    let proportion = PROPORTIONS.iter().find(|(known, ..)| *known == code);
    Some(match (proportion, code) {
        (Some((_, mean, correlation, _)), _) => Model::known(*mean, *correlation, 0.0),
        (None, "R1") => Model::known(RATE.0, RATE.1, 0.0),
        (None, "S1") => Model::known(SHARE.0, SHARE.1, 0.0),
        (None, "M1") => Model::known(MEAN.0, MEAN.1, MEAN.2),
        (None, _) => return None,
    })
}

fn trials(clients: f64, of_carers: bool) -> f64 {
    if of_carers { (clients / CLIENTS_PER_CARER).ceil().max(5.0) } else { clients }
}

/// The chances of at most each value, until nothing is left.
fn add_up(distribution: &impl Discrete, highest: u64, table: &mut Table) -> Vec<f64> {
    table.fill(distribution, 0, highest);
    let mut sum = 0.0;
    let mut sums = Vec::new();
    for value in 0_u64.. {
        sum += table.chance(value);
        sums.push(sum);
        if 1.0 - sum < 1e-12 {
            break;
        }
    }
    sums
}

fn blank(agb_code: AgbCode, period: Period, code: &str) -> Observation {
    Observation {
        agb_code,
        period,
        indicator: code.to_owned(),
        numerator: None,
        denominator: None,
        value: None,
        standard_deviation: None,
        units: None,
        missing: None,
    }
}

fn measures() -> Vec<Measure> {
    let one = |code: &str, kind, direction| Measure {
        code: code.into(),
        theme: "veilige_zorg_thuis".into(),
        kind,
        direction,
        weight: 1.0,
        factor: 1.0,
        points_when_absent: 2.0,
        hours_per_unit: 1_000.0,
        presumed_deviation: None,
        derived: None,
        norm: None,
        is_mandatory: false,
        is_voluntary: false,
    };
    let mut measures: Vec<Measure> = PROPORTIONS
        .into_iter()
        .map(|(code, ..)| one(code, IndicatorKind::Proportion, Direction::HigherIsBetter))
        .collect();
    measures.push(one("R1", IndicatorKind::Rate, Direction::LowerIsBetter));
    measures.push(one("S1", IndicatorKind::Share, Direction::LowerIsBetter));
    measures.push(one("M1", IndicatorKind::Mean, Direction::HigherIsBetter));
    measures
}
