//! What must hold of a signal about data.

use super::Faults;
use crate::catalogue::{
    data_signal::{DataSignal, DataTest, FigurePair},
    load::Catalogue,
};

pub(super) fn check(catalogue: &Catalogue, signal: &DataSignal, faults: &mut Faults<'_>) {
    for (what, text) in
        [("the name", &signal.name), ("the description", &signal.description), ("the sentence", &signal.sentence)]
    {
        faults.check_text(what, text);
    }
    if catalogue.indicators.contains_key(&signal.code) || catalogue.learning.contains_key(&signal.code) {
        faults.add("an indicator has its code".to_owned());
    }
    if !(signal.weight.is_finite() && signal.weight > 0.0) {
        faults.add("the weight must be a number above 0".to_owned());
    }
    for sentence in [&signal.sentence.nl, &signal.sentence.en] {
        check_placeholders(sentence, &signal.test, faults);
    }
    check_test(catalogue, &signal.test, faults);
}

fn check_placeholders(sentence: &str, test: &DataTest, faults: &mut Faults<'_>) {
    for after in sentence.split('{').skip(1) {
        let name = after.split('}').next().unwrap_or_default();
        if !test.placeholders().contains(&name) {
            faults.add(format!("its sentence asks for `{{{name}}}`, which its test does not give"));
        }
    }
}

fn check_test(catalogue: &Catalogue, test: &DataTest, faults: &mut Faults<'_>) {
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.add(what.to_owned());
        }
    };
    let is_chance = |chance: f64| chance > 0.0 && chance < 0.5;
    let is_count = |count: f64| count.is_finite() && count >= 0.0;
    match test {
        DataTest::MissingValues { elevated_after_days }
        | DataTest::LateDelivery { elevated_after_days }
        | DataTest::MissingStream { elevated_after_days } => {
            must(*elevated_after_days >= 0, "`elevated_after_days` must be at least 0");
        }
        DataTest::RepeatedFigures { chance } => must(is_chance(*chance), "`chance` must lie between 0 and 0.5"),
        DataTest::RoundedCounts { chance, least_count, periods } => {
            must(is_chance(*chance), "`chance` must lie between 0 and 0.5");
            must(is_count(*least_count), "`least_count` must be a number of at least 0");
            must(*periods > 0, "`periods` must be at least 1");
        }
        DataTest::EqualDenominators { denominator, indicators } => {
            must(is_count(*denominator), "`denominator` must be a number of at least 0");
            must(*indicators > 0, "`indicators` must be at least 1");
        }
        DataTest::SmoothSeries { chance, least_periods, least_count } => {
            must(is_chance(*chance), "`chance` must lie between 0 and 0.5");
            must(*least_periods > 1, "`least_periods` must be at least 2");
            must(is_count(*least_count), "`least_count` must be a number of at least 0");
        }
        DataTest::AllPerfect { above_denominator, indicators } => {
            must(is_count(*above_denominator), "`above_denominator` must be a number of at least 0");
            must(*indicators > 0, "`indicators` must be at least 1");
        }
        DataTest::Contradictions { pairs } => {
            must(!pairs.is_empty(), "nothing is held against anything");
            for pair in pairs {
                check_pair(catalogue, pair, faults);
            }
        }
    }
}

fn check_pair(catalogue: &Catalogue, pair: &FigurePair, faults: &mut Faults<'_>) {
    for figure in [&pair.left, &pair.right] {
        if !catalogue.indicators.contains_key(&figure.indicator) {
            faults.add(format!("there is no indicator `{}`", figure.indicator));
        }
    }
    if pair.left == pair.right {
        faults.add(format!("`{}` is held against itself", pair.left.indicator));
    }
    if !(0.0..1.0).contains(&pair.tolerance) {
        faults.add("`tolerance` must lie between 0 and 1".to_owned());
    }
    if !(pair.slack.is_finite() && pair.slack >= 0.0) {
        faults.add("`slack` must be a number of at least 0".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_faults;

    #[test]
    fn data_signals() {
        let repeated = "signals/GK04.toml";
        let contradictions = "signals/GK09.toml";
        assert_faults(&[
            (repeated, "code = \"GK04\"", "code = \"GK05\"", "its code is `GK05`, its name says `GK04`"),
            (repeated, "en = \"The same", "en = \" \" } # \"", "the name has no text in `en`"),
            (repeated, "weight = 1.0", "weight = 0.0", "the weight must be a number above 0"),
            (repeated, "chance = 0.001", "chance = 0.5", "`chance` must lie between 0 and 0.5"),
            (repeated, "{chance}", "{days}", "its sentence asks for `{days}`, which its test does not give"),
            ("signals/GK01.toml", "days = 30", "days = -1", "`elevated_after_days` must be at least 0"),
            ("signals/GK05.toml", "periods = 4", "periods = 0", "`periods` must be at least 1"),
            (
                "signals/GK06.toml",
                "denominator = 100.0",
                "denominator = nan",
                "`denominator` must be a number of at least 0",
            ),
            ("signals/GK07.toml", "least_periods = 3", "least_periods = 1", "`least_periods` must be at least 2"),
            ("signals/GK08.toml", "indicators = 3", "indicators = 0", "`indicators` must be at least 1"),
            (contradictions, "indicator = \"ST07\"", "indicator = \"ST99\"", "there is no indicator `ST99`"),
            (contradictions, "indicator = \"ST07\"", "indicator = \"KZ04A\"", "`KZ04A` is held against itself"),
            (contradictions, "tolerance = 0.25", "tolerance = 25.0", "`tolerance` must lie between 0 and 1"),
            (contradictions, "slack = 3.0", "slack = -3.0", "`slack` must be a number of at least 0"),
            (
                "themes.toml",
                "code = \"gegevenskwaliteit\"",
                "code = \"gegevens\"",
                "signals about data have no theme `gegevenskwaliteit`",
            ),
        ]);
    }
}
