//! Why somebody is not let in, in words for them.

use axum::http::StatusCode;

use super::Problem;
use crate::{domain::Text, identity::Refused};

fn text(nl: &str, en: &str) -> Text {
    Text { nl: nl.to_owned(), en: en.to_owned() }
}

/// What is told of a sign-in that was refused.
pub(super) fn refused(refused: Refused) -> Problem {
    let title = text("U bent niet aangemeld", "You are not signed in");
    let (status, code, nl, en) = match refused {
        Refused::State => (
            StatusCode::BAD_REQUEST,
            "SIGN_IN_STATE",
            "Deze aanmelding hoort niet bij dit venster, duurde langer dan tien minuten of is al gebruikt. Meld u \
             opnieuw aan.",
            "This sign-in does not belong to this browser, took longer than ten minutes or was used before. Sign in \
             again.",
        ),
        Refused::Denied => (
            StatusCode::FORBIDDEN,
            "SIGN_IN_DENIED",
            "De aanmelddienst heeft u niet aangemeld. Probeer het opnieuw, of vraag uw beheerder om toegang.",
            "The identity provider did not sign you in. Try again, or ask your administrator for access.",
        ),
        Refused::Token => (
            StatusCode::FORBIDDEN,
            "SIGN_IN_TOKEN",
            "Het antwoord van de aanmelddienst klopt niet of is verlopen. Meld u opnieuw aan; blijft dit zo, meld het \
             dan aan de beheerder van Kraamzicht.",
            "The answer of the identity provider is not right or has expired. Sign in again; if that does not help, \
             tell the operator of Kraamzicht.",
        ),
        Refused::Role => (
            StatusCode::FORBIDDEN,
            "SIGN_IN_NO_ROLE",
            "U bent bekend bij de aanmelddienst, maar hebt hier geen rol, of meer dan één. Vraag uw beheerder om de \
             juiste rol.",
            "The identity provider knows you, but you have no role here, or more than one. Ask your administrator for \
             the right role.",
        ),
        Refused::Away => {
            let detail = text(
                "De aanmelddienst is nu niet bereikbaar. Probeer het over een minuut opnieuw.",
                "The identity provider cannot be reached now. Try again in a minute.",
            );
            return Problem { title: Box::new(title), detail: Box::new(detail), ..Problem::unavailable(60) };
        }
    };
    Problem::new(status, code, title, text(nl, en))
}

/// 403: a page of another site may have sent it.
pub(super) fn cross_origin() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "CROSS_ORIGIN",
        text("Niet van deze site", "Not from this site"),
        text(
            "Wie is aangemeld, wijzigt alleen iets vanaf een pagina van Kraamzicht zelf. Een programma stuurt een token \
             mee in plaats van een cookie.",
            "Who is signed in changes things from a page of Kraamzicht itself only. A program sends a token instead of \
             a cookie.",
        ),
    )
}

/// 403: a session asks what is written down only.
pub(in crate::http) fn trusted_documents_only() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "TRUSTED_DOCUMENTS_ONLY",
        text("Alleen vaste vragen", "Trusted documents only"),
        text(
            "Wie is aangemeld, stelt alleen vaste vragen, met documentId. Voor een eigen vraag is een token nodig.",
            "Who is signed in asks trusted documents only, by documentId. A question of your own takes a token.",
        ),
    )
}
