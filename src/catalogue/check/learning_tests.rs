//! What is for learning only, and parts, in a catalogue.

use super::{super::Catalogue, tests::assert_faults};

#[test]
fn what_is_for_learning_only_can_be_held_against_nobody() {
    let path = "datasets/leren.toml";
    assert_faults(&[
        (path, "voluntary = true\n", "", "what is for learning only must be voluntary"),
        (
            path,
            "key = [\"agb_code\", \"verslagjaar\", \"periode\"]",
            "key = [\"agb_code\", \"verslagjaar\", \"periode\"]\npart = \"agb_code\"",
            "what is for learning only has no parts",
        ),
        (
            path,
            "type = \"integer\"\nunit = \"items\"\nminimum = 0.0\nmaximum = 1000000.0\nexample = \"8\"",
            "type = \"text\"\nexample = \"8\"",
            "`maatregelen` is free text, which has no place in what is for learning only",
        ),
        (
            "datasets/werkgebied.toml",
            "part = \"pc4\"",
            "part = \"status\"",
            "`part` is `status`, which is no part of the key",
        ),
        ("indicators/LV02.toml", "weight = 0.0", "weight = 0.5", "what is for learning only has weight 0 and no norm"),
        ("indicators/KZ23.toml", "inputs = [\"KZ07A\"", "inputs = [\"LV01\"", "its input `LV01` is no indicator"),
    ]);
}

#[test]
fn whatever_judges_does_not_find_what_is_for_learning() {
    let catalogue = Catalogue::embedded().expect("a catalogue");
    let learning: Vec<&String> = catalogue.learning.keys().collect();
    assert_eq!(learning, ["LV01", "LV02", "LV03"]);
    assert!(catalogue.indicators.keys().all(|code| !code.starts_with("LV")));
    assert!(catalogue.window("leren", 2025).is_some() && catalogue.duty("leren", 2025).is_none());
    // Of what is not known, the least.
    let classes = [None, Some("iets"), Some("leren"), Some("uren")].map(|code| catalogue.class(code).as_str());
    assert_eq!(classes, ["learning_only", "learning_only", "learning_only", "supervision"]);
}
