//! The honest count of a period, as far as whoever asks may see it.

use std::{collections::BTreeMap, sync::Arc};

use super::{Assessment, Error, Service, reading::SMALLEST_DISTRIBUTION};
use crate::{
    domain::{Actor, Instant, Level, Period, Scope},
    scoring::{Account, FlagRate, KindRate, Signal, SizeRate, Tally},
    store,
};

/// How many signals a period has, how many chance alone would give, and what each peer group as a whole did: of the
/// sector, nobody's name and nobody's number.
#[derive(Clone, Debug)]
pub struct HonestAccount {
    /// The run it was taken from, with the organisations within the asker's scope.
    pub run: Arc<Assessment>,
    /// The counts; withheld outside the inspectorate where fewer than ten organisations stand behind them. Of sorts and
    /// sizes only those that may be seen are here.
    pub account: Option<Account>,
    /// The signals by theme, in the order of the themes; they add up to those of the account.
    pub themes: Vec<ThemeTally>,
}

/// The signals of one theme.
#[derive(Clone, Debug, PartialEq)]
pub struct ThemeTally {
    /// The theme.
    pub theme: String,
    /// What was found and what chance alone would give.
    pub signals: Tally,
}

impl Service {
    /// The honest count of the last run of `period` known at `known_at`. Beside [`distribution`](Self::distribution) the
    /// one place where an organisation's question is answered from the data of all: what leaves here are counts.
    pub async fn account(
        &self,
        actor: &Actor,
        period: Period,
        known_at: Instant,
    ) -> Result<Option<HonestAccount>, Error> {
        if !actor.scope.compares() {
            return Ok(None);
        }
        let mut tx = self.database.read(actor.scope).await?;
        let Some(run) = store::find_latest_run(&mut tx, period, known_at).await? else { return Ok(None) };
        let sector = self.read_run(&mut tx, Scope::Sector, run.clone()).await?;
        let run = self.read_run(&mut tx, actor.scope, run).await?;
        drop(tx);
        self.note_read(actor, "account.read", run.id).await?;
        let account = if actor.scope == Scope::Sector { Some(run.account.clone()) } else { anonymous(&run.account) };
        let themes = if account.is_some() { self.by_theme(&sector) } else { Vec::new() };
        Ok(Some(HonestAccount { run, account, themes }))
    }

    fn by_theme(&self, sector: &Assessment) -> Vec<ThemeTally> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for signal in sector.organisations.iter().flat_map(|one| &one.outcome.signals) {
            count(tallies.entry(&signal.theme).or_default(), signal);
        }
        let of = |theme: &String| {
            let signals = *tallies.get(theme.as_str()).filter(|tally| tally.tests > 0)?;
            Some(ThemeTally { theme: theme.clone(), signals })
        };
        self.catalogue.themes.iter().filter_map(|theme| of(&theme.code)).collect()
    }
}

/// Adds a comparison with peers to `tally`; what was not compared with peers is no test.
fn count(tally: &mut Tally, signal: &Signal) {
    let (Some(r), Some(attention), Some(elevated)) =
        (signal.r_peers, signal.chance_of_attention, signal.chance_of_elevated)
    else {
        return;
    };
    let level = Level::of(r);
    tally.tests += 1;
    tally.attention += usize::from(level >= Level::Attention);
    tally.elevated += usize::from(level >= Level::Elevated);
    tally.expected_attention += attention;
    tally.expected_elevated += elevated;
}

/// What may be told of the sector to one of its organisations.
fn anonymous(account: &Account) -> Option<Account> {
    // Each organisation of which something was compared is of one sort.
    let organisations = account.kinds.iter().map(|one| one.rate.organisations).sum();
    if organisations < SMALLEST_DISTRIBUTION {
        return None;
    }
    let kinds = crowds(&account.kinds, organisations, |one: &KindRate| one.rate);
    let sizes = crowds(&account.sizes, organisations, |one: &SizeRate| one.rate);
    Some(Account { kinds, sizes, ..account.clone() })
}

/// The groups of at least ten organisations. What is left out must not follow from the total either: together those
/// left out are ten again, or none.
fn crowds<Group: Copy>(groups: &[Group], all: usize, rate: impl Fn(&Group) -> FlagRate) -> Vec<Group> {
    let size = |place: usize| groups.get(place).map_or(0, |group| rate(group).organisations);
    let mut by_size: Vec<usize> = (0..groups.len()).collect();
    by_size.sort_by_key(|place| (size(*place), *place));
    let mut left_out = all.saturating_sub((0..groups.len()).map(size).sum());
    let mut shown = Vec::new();
    for place in by_size {
        let is_small = size(place) < SMALLEST_DISTRIBUTION;
        let gives_away = (1..SMALLEST_DISTRIBUTION).contains(&left_out);
        if is_small || gives_away {
            left_out += size(place);
        } else {
            shown.push(place);
        }
    }
    shown.sort_unstable();
    shown.into_iter().filter_map(|place| groups.get(place).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::Interval;

    fn shown(sizes: &[usize], all: usize) -> Vec<usize> {
        let of = |organisations: usize| {
            let band = Interval { low: 0.0, high: 1.0 };
            FlagRate { organisations, tests: 1, observed: 0.0, expected: 0.0, band, is_ordinary: true }
        };
        let groups: Vec<FlagRate> = sizes.iter().copied().map(of).collect();
        crowds(&groups, all, |one| *one).iter().map(|one| one.organisations).collect()
    }

    #[test]
    fn no_group_of_few_follows_from_the_others() {
        assert_eq!(shown(&[40, 25, 12], 77), [40, 25, 12]);
        // One cooperative would follow from the total: the smallest that may be seen goes with it.
        assert_eq!(shown(&[40, 1, 25], 66), [40]);
        assert_eq!(shown(&[40, 6, 25, 4], 75), [40, 25]);
        // Those without a size are a group too.
        assert_eq!(shown(&[40, 25], 68), [40]);
        assert_eq!(shown(&[9], 9), [0; 0]);
    }
}
