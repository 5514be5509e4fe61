//! Intermediaries and the mandates that organisations gave them.

use async_graphql::{Enum, ID, SimpleObject};
use jiff::civil::Date;

use super::OrganisationType;
use crate::{
    domain::{Intermediary, MandateRight, MandateStanding, MandateWithdrawal},
    graphql::scalars::{DateText, DateTime},
    service::NamedMandate,
};

/// A party that acts for organisations (intermediair): a supplier of software, a back office, a branch body.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Intermediary")]
pub(in crate::graphql) struct IntermediaryType {
    /// Its identifier.
    id: ID,
    /// Its name.
    name: String,
    /// Its number in the trade register (KvK-nummer), where that is known.
    kvk_number: Option<String>,
}

impl From<Intermediary> for IntermediaryType {
    fn from(one: Intermediary) -> Self {
        Self { id: one.id.to_string().into(), name: one.name, kvk_number: one.kvk_number }
    }
}

/// What a mandate lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "MandateRight", remote = "MandateRight")]
pub(in crate::graphql) enum MandateRightType {
    /// See what was delivered and what is to be (inzien).
    Read,
    /// See it, and send, explain, approve, withdraw and ask for more time (aanleveren).
    Deliver,
}

/// How it is with a mandate today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "MandateStanding", remote = "MandateStanding")]
enum MandateStandingType {
    /// It begins later (begint later).
    ToCome,
    /// It holds (geldig).
    InForce,
    /// Its last day has passed (verlopen).
    Ended,
    /// It was withdrawn (ingetrokken).
    Withdrawn,
}

/// What an organisation lets an intermediary do for it (machtiging).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Mandate")]
pub(in crate::graphql) struct MandateType {
    /// Its identifier.
    pub(in crate::graphql) id: ID,
    /// Who gave it (machtiginggever).
    organisation: OrganisationType,
    /// Who holds it (gemachtigde).
    intermediary: IntermediaryType,
    /// What it lets be done.
    right: MandateRightType,
    /// With which datasets (gegevenssets), for example `indicatoren`.
    datasets: Vec<String>,
    /// The first day on which it holds (vanaf).
    from: DateText,
    /// The last day on which it holds (tot en met).
    until: DateText,
    /// How it is with it today.
    standing: MandateStandingType,
    /// Who entered it: the identifier of their token, or `operator` (ingevoerd door).
    given_by: String,
    /// Who of the organisation asked the operator to (gevraagd door); null where the organisation did it itself.
    asked_by: Option<String>,
    /// When (gegeven op).
    given_at: DateTime,
    /// When it was withdrawn (ingetrokken op): it holds no more from then on.
    withdrawn_at: Option<DateTime>,
    /// Who entered that: the identifier of their token, or `operator`.
    withdrawn_by: Option<String>,
    /// Who of the organisation asked the operator to withdraw it.
    withdrawal_asked_by: Option<String>,
}

impl MandateType {
    pub(in crate::graphql) fn new(found: NamedMandate, today: Date) -> Self {
        let NamedMandate { organisation, intermediary, mandate } = found;
        let standing = mandate.standing(today).into();
        let (withdrawn_at, withdrawn_by, withdrawal_asked_by) = match mandate.withdrawal {
            Some(MandateWithdrawal { by, asked_by, at }) => (Some(DateTime(at)), Some(by), asked_by),
            None => (None, None, None),
        };
        Self {
            id: mandate.id.to_string().into(),
            organisation: organisation.into(),
            intermediary: intermediary.into(),
            right: mandate.right.into(),
            datasets: mandate.datasets.into_iter().collect(),
            from: DateText(mandate.from),
            until: DateText(mandate.until),
            standing,
            given_by: mandate.given_by,
            asked_by: mandate.asked_by,
            given_at: DateTime(mandate.given_at),
            withdrawn_at,
            withdrawn_by,
            withdrawal_asked_by,
        }
    }
}
