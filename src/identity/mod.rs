//! Who somebody is, as an `OpenID` provider says it: the authorisation-code flow with PKCE, the provider's description and
//! keys, and what the operator's rules make of its claims. Knows nothing of cookies, pages or the database.
//!
//! What comes back is a [`Person`](crate::domain::Person): a digest and a capacity. Names, addresses and tokens stay
//! here and are kept nowhere.

mod attempt;
mod claims;
mod crypto;
mod description;
mod http;
mod keys;
mod provider;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use attempt::Attempt;
pub use provider::{Answer, Provider, Refused};
pub use rules::{Rules, RulesError};
pub use settings::{ProviderSettings, Secret, SettingsError, is_protected};
