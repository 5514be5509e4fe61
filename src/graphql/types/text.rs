//! Texts in both languages, and what a mutation says when it was not done.

use async_graphql::SimpleObject;

use crate::{
    catalogue::Catalogue,
    domain::Text,
    service::{Error, Refusal},
};

/// A text in both languages.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct LocalizedText {
    /// Dutch.
    pub(in crate::graphql) nl: String,
    /// English.
    pub(in crate::graphql) en: String,
}

impl From<Text> for LocalizedText {
    fn from(text: Text) -> Self {
        Self { nl: text.nl, en: text.en }
    }
}

impl From<&Text> for LocalizedText {
    fn from(text: &Text) -> Self {
        text.clone().into()
    }
}

/// Why a mutation was not done: an ordinary answer, not a fault.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct UserError {
    /// A stable code, for example `QUESTIONS_OPEN`.
    code: String,
    /// What is wrong and what to do about it.
    message: LocalizedText,
    /// The part of the input it is about.
    path: Vec<String>,
}

impl UserError {
    /// What `error` says of the input at `path`, when it is an ordinary answer.
    pub(in crate::graphql) fn from_error(catalogue: &Catalogue, error: &Error, path: &[&str]) -> Option<Self> {
        let (code, message) = match error {
            Error::Refused(refusal) => (refusal.code(), Refusal::text(refusal, catalogue)),
            Error::NotFound | Error::Conflict => (error.code(), error.text(catalogue, "")),
            _ => return None,
        };
        Some(Self {
            code: code.to_owned(),
            message: message.into(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
        })
    }
}
