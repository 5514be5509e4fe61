//! One plain sentence for an outcome, from its figures and the catalogue's templates, for whoever reads it.

mod change;
mod score;
mod signal;
mod words;

use super::{Account, OrganisationOutcome};
use crate::{
    catalogue::Catalogue,
    domain::{OverrideReason, OverrideRecord, Text},
};

pub use change::change_sentence;
pub use score::score_sentence;
pub use signal::signal_sentence;

/// For whom a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who looks at many organisations.
    Inspector,
    /// The organisation itself.
    Organisation,
}

/// How many signals there are in the sector, and how many chance alone would give.
pub fn account_sentence(catalogue: &Catalogue, account: &Account) -> Text {
    words::both(|language| {
        let tally = account.signals;
        let parameters = [
            ("observed", tally.attention.to_string()),
            ("elevated", tally.elevated.to_string()),
            ("expected", language.number(tally.expected_attention, 0)),
            ("expected_elevated", language.number(tally.expected_elevated, 0)),
        ];
        catalogue.message("ACCOUNT", &parameters).get(language).to_owned()
    })
}

/// What stands beside the scores of an organisation for one reason, with what it rests on.
pub fn override_sentence(catalogue: &Catalogue, reason: OverrideReason, record: Option<&OverrideRecord>) -> Text {
    let code = match reason {
        OverrideReason::ActiveMeasure => "OVERRIDE_ACTIVE_MEASURE",
        OverrideReason::CalamityUnderInvestigation => "OVERRIDE_CALAMITY",
        OverrideReason::TwoPeriodsUndelivered => "OVERRIDE_UNDELIVERED",
    };
    let Some(record) = record else { return catalogue.message(code, &[]) };
    words::both(|language| {
        let mut parameters = vec![("from", record.from.to_string()), ("reference", record.reference.clone())];
        let days = match record.until {
            Some(until) => {
                parameters.push(("until", until.to_string()));
                "OVERRIDE_DAYS"
            }
            None => "OVERRIDE_DAYS_OPEN",
        };
        let source = catalogue.message(days, &parameters).get(language).to_owned();
        format!("{} {source}", catalogue.message(code, &[]).get(language))
    })
}

/// All that stands beside the scores of an organisation; nothing where nothing does.
pub fn overrides_sentence(catalogue: &Catalogue, outcome: &OrganisationOutcome) -> Text {
    words::both(|language| {
        let all: Vec<String> = outcome
            .overrides_with_records()
            .map(|(reason, record)| override_sentence(catalogue, reason, record).get(language).to_owned())
            .collect();
        all.join(" ")
    })
}
