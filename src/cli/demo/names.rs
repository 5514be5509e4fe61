//! Names of organisations that do not exist, put together from the names of birds and plants and old words for land.

use super::random::Stream;
use crate::domain::OrganisationKind;

const BEGINNINGS: [&str; 24] = [
    "Wulpen",
    "Grutto",
    "Kievit",
    "Leeuwerik",
    "Zegge",
    "Lisdodde",
    "Vlas",
    "Gagel",
    "Dotter",
    "Kamille",
    "Elzen",
    "Berken",
    "Rogge",
    "Gerste",
    "Spelt",
    "Kluten",
    "Reiger",
    "Plevier",
    "Zwaluw",
    "Karekiet",
    "Klaver",
    "Brem",
    "Sleutelbloem",
    "Tureluur",
];

const ENDINGS: [&str; 16] = [
    "made", "laar", "mere", "oord", "stede", "waard", "woud", "voorde", "gaarde", "loo", "beemd", "kamp", "wiel",
    "donk", "hage", "zijl",
];

const ORGANISATIONS: [&str; 4] = ["Kraamzorg", "Kraambureau", "Kraamcentrum", "Geboortezorg"];

/// Different place names for a whole sector, in an order of chance.
pub(super) fn places(stream: &mut Stream) -> Vec<String> {
    let mut places: Vec<String> = BEGINNINGS
        .iter()
        .flat_map(|beginning| ENDINGS.iter().map(move |ending| format!("{beginning}{ending}")))
        .collect();
    stream.shuffle(&mut places);
    places
}

/// The name of an organisation of `kind` in `place`. A solo practice is named after its place, never after a person.
pub(super) fn name(kind: OrganisationKind, place: &str, stream: &mut Stream) -> String {
    match kind {
        OrganisationKind::Organisation => {
            format!("{} {place}", stream.pick(&ORGANISATIONS).copied().unwrap_or_default())
        }
        OrganisationKind::Cooperative => format!("Coöperatie Kraamzorg {place}"),
        OrganisationKind::Solo => format!("Kraampraktijk {place}"),
    }
}
