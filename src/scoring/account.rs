//! How many signals there are, and how many chance alone would give (method.md sections 4 and 9).

use serde::{Deserialize, Serialize};

use super::{
    Member,
    method::{CHANCE_OF_ATTENTION, CHANCE_OF_ELEVATED},
    outcome::{Interval, OrganisationOutcome, Score, Signal},
};
use crate::{
    catalogue::DATA_QUALITY,
    domain::{Level, OrganisationKind},
};

/// The z beyond which 0.5 % lies on either side.
const Z_99: f64 = 2.575_829_303_548_901;

/// The honest count of a period. In all of it a test is a comparison with peers; what is held against a norm or a
/// rule is no matter of chance and is not counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Measures of organisations.
    pub signals: Tally,
    /// Changes of measures against their own past.
    pub changes: Tally,
    /// Overall scores.
    pub scores: Tally,
    /// Scores of themes, but that of data quality, which are no matter of chance.
    pub themes: Tally,
    /// The signals by sort of organisation.
    pub kinds: Vec<KindRate>,
    /// The signals by size of organisation.
    pub sizes: Vec<SizeRate>,
}

/// What was found among tests, and what chance alone would give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// How many tests.
    pub tests: usize,
    /// How many are at least at `attention`.
    pub attention: usize,
    /// How many are at `elevated`.
    pub elevated: usize,
    /// How many would be at least at `attention` were all organisations ordinary: the sum of the exact chances.
    pub expected_attention: f64,
    /// How many would be at `elevated` were all organisations ordinary.
    pub expected_elevated: f64,
}

/// The share of tests with a signal, of either level, in a group of organisations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagRate {
    /// How many organisations.
    pub organisations: usize,
    /// How many tests.
    pub tests: usize,
    /// The share of them with a signal.
    pub observed: f64,
    /// The share that chance alone would give.
    pub expected: f64,
    /// Where that share lies with 99 % chance. Its variance is that of independent tests or, where that is larger,
    /// that between organisations, whose tests go together.
    pub band: Interval,
    /// Whether the observed share lies within the band.
    pub is_ordinary: bool,
}

/// [`FlagRate`] of a sort of organisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindRate {
    /// The sort.
    pub kind: OrganisationKind,
    /// Its share.
    pub rate: FlagRate,
}

/// [`FlagRate`] of a class of size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeRate {
    /// The class.
    pub size: Size,
    /// Its share.
    pub rate: FlagRate,
}

/// Classes of organisations by the largest denominator of their proportions in the period: about their clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Fewer than 50.
    Smallest,
    /// 50 to 199.
    Small,
    /// 200 to 999.
    Medium,
    /// 1000 and more.
    Large,
}

impl Size {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Smallest, Self::Small, Self::Medium, Self::Large];

    /// The class of an organisation with so many clients.
    pub fn of(clients: f64) -> Self {
        if clients < 50.0 {
            Self::Smallest
        } else if clients < 200.0 {
            Self::Small
        } else if clients < 1_000.0 {
            Self::Medium
        } else {
            Self::Large
        }
    }
}

impl Account {
    /// Counts the outcomes of `members`, each with its number of clients where that is known.
    pub(super) fn of(members: &[Member], clients: &[Option<f64>], organisations: &[OrganisationOutcome]) -> Self {
        let mut account = Self {
            signals: Tally::default(),
            changes: Tally::default(),
            scores: Tally::default(),
            themes: Tally::default(),
            kinds: Vec::new(),
            sizes: Vec::new(),
        };
        let mut counts = Vec::with_capacity(organisations.len());
        for organisation in organisations {
            let mut count = Count::default();
            for (r, attention, elevated) in organisation.signals.iter().filter_map(test) {
                account.signals.add(Level::of(r), attention, elevated);
                count.add(r, attention);
            }
            counts.push(count);
            for change in &organisation.changes {
                account.changes.add(change.level, CHANCE_OF_ATTENTION, CHANCE_OF_ELEVATED);
            }
            for score in organisation.scores.iter().filter(|score| is_test(score)) {
                let tally = if score.theme.is_none() { &mut account.scores } else { &mut account.themes };
                tally.add(score.level, CHANCE_OF_ATTENTION, CHANCE_OF_ELEVATED);
            }
        }
        let rate = |belongs: &dyn Fn(usize) -> bool| {
            let chosen = counts.iter().enumerate().filter(|(place, _)| belongs(*place)).map(|(_, count)| *count);
            FlagRate::of(chosen)
        };
        account.kinds = OrganisationKind::ALL
            .into_iter()
            .filter_map(|kind| {
                let rate = rate(&|place| members.get(place).is_some_and(|member| member.kind == kind))?;
                Some(KindRate { kind, rate })
            })
            .collect();
        let sizes: Vec<Option<Size>> = clients.iter().map(|clients| clients.map(Size::of)).collect();
        account.sizes = Size::ALL
            .into_iter()
            .filter_map(|size| {
                Some(SizeRate { size, rate: rate(&|place| sizes.get(place).is_some_and(|one| *one == Some(size)))? })
            })
            .collect();
        account
    }
}

/// Whether a score says how far out its organisation is.
fn is_test(score: &Score) -> bool {
    score.level != Level::Insufficient && score.theme.as_deref() != Some(DATA_QUALITY)
}

/// The r of a comparison with peers and its chances in an ordinary organisation.
fn test(signal: &Signal) -> Option<(f64, f64, f64)> {
    Some((signal.r_peers?, signal.chance_of_attention?, signal.chance_of_elevated?))
}

impl Tally {
    fn add(&mut self, level: Level, attention: f64, elevated: f64) {
        self.tests += 1;
        self.attention += usize::from(level >= Level::Attention);
        self.elevated += usize::from(level >= Level::Elevated);
        self.expected_attention += attention;
        self.expected_elevated += elevated;
    }
}

/// The tests of one organisation.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    tests: usize,
    found: f64,
    expected: f64,
    /// Were they independent.
    variance: f64,
}

impl Count {
    fn add(&mut self, r: f64, chance: f64) {
        self.tests += 1;
        self.found += f64::from(u8::from(Level::of(r) >= Level::Attention));
        self.expected += chance;
        self.variance += chance * (1.0 - chance);
    }
}

impl FlagRate {
    /// `None` without any test.
    fn of(counts: impl Iterator<Item = Count>) -> Option<Self> {
        let (mut organisations, mut all, mut between) = (0, Count::default(), 0.0);
        for one in counts.filter(|count| count.tests > 0) {
            organisations += 1;
            all.tests += one.tests;
            all.found += one.found;
            all.expected += one.expected;
            all.variance += one.variance;
            between += (one.found - one.expected).powi(2);
        }
        if organisations == 0 {
            return None;
        }
        let tests = all.tests as f64;
        let (observed, expected) = (all.found / tests, all.expected / tests);
        let width = Z_99 * all.variance.max(between).sqrt() / tests;
        let band = Interval { low: (expected - width).max(0.0), high: (expected + width).min(1.0) };
        let is_ordinary = (band.low..=band.high).contains(&observed);
        Some(Self { organisations, tests: all.tests, observed, expected, band, is_ordinary })
    }
}
