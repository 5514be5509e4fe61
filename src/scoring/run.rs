//! The key of a run: the same key, the same bytes.

use serde::{Deserialize, Serialize};

use super::sector::Sector;
use crate::domain::{Digest, Instant, Period, RunId};

/// The version of the method as built here. Goes up with every change that may alter a number.
pub const ENGINE_VERSION: &str = "4";

/// What a run was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunKey {
    /// The period that was scored.
    pub period: Period,
    /// The moment whose knowledge was used.
    pub known_at: Instant,
    /// [`ENGINE_VERSION`].
    pub engine_version: String,
    /// The catalogue's hash.
    pub catalogue_hash: Digest,
    /// [`input_hash`] of what was scored.
    pub input_hash: Digest,
}

impl RunKey {
    /// The identifier that follows from the key.
    pub fn id(&self) -> RunId {
        RunId::from_bits(self.bits())
    }

    /// From which the run's draws follow ([`Sector::seed`]).
    pub fn seed(&self) -> u64 {
        let bits = self.bits();
        u64::try_from((bits >> 64) ^ (bits & u128::from(u64::MAX))).unwrap_or_default()
    }

    fn bits(&self) -> u128 {
        let text = format!(
            "{}\n{}\n{}\n{}\n{}\n",
            self.period, self.known_at, self.engine_version, self.catalogue_hash, self.input_hash
        );
        Digest::of(text.as_bytes()).leading_bits()
    }
}

/// SHA-256 over the overrides, deliveries, members and observations of `sector`, sorted, one line each; settings first. The seed
/// is no part of it, as it follows from it.
pub fn input_hash(sector: &Sector) -> Digest {
    use std::fmt::Write as _;

    let mut members = sector.members.clone();
    members.sort_unstable();
    let mut observations: Vec<_> = sector.observations.iter().collect();
    observations.sort_by(|a, b| (a.agb_code, a.period, &a.indicator).cmp(&(b.agb_code, b.period, &b.indicator)));

    let mut text = format!("{:?}\n", sector.settings);
    let _ = writeln!(text, "{}", sector.is_due);
    let mut overrides = sector.overrides.clone();
    overrides.sort_unstable();
    for one in overrides {
        let _ = writeln!(text, "{};{:?}", one.agb_code, one.record);
    }
    sector.data.write(&mut text);
    for member in members {
        let _ = writeln!(text, "{};{}", member.agb_code, member.kind.as_str());
    }
    for one in observations {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:?}"));
        let _ = writeln!(
            text,
            "{};{};{};{};{};{};{};{};{}",
            one.agb_code,
            one.period,
            one.indicator,
            number(one.numerator),
            number(one.denominator),
            number(one.value),
            number(one.standard_deviation),
            number(one.units),
            one.missing.map_or("", crate::domain::MissingReason::as_str),
        );
    }
    Digest::of(text.as_bytes())
}
