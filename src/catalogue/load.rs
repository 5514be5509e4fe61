//! Files to catalogue.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;

use super::{
    check,
    data_signal::DataSignal,
    dataset::Dataset,
    embedded,
    export::Exports,
    finding_kind::FindingKind,
    indicator::Indicator,
    methodology::Methodology,
    plausibility::Plausibility,
    rule::Rule,
    window::{DowntimeRule, ExemptionRule, ExtensionRule, Window},
};
use crate::domain::{DataClass, Digest, Text};

/// Everything `schema/` says. Immutable; equal files give an equal [`Catalogue::hash`].
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// SHA-256 over the paths and texts of all files, in the order of the paths.
    pub hash: Digest,
    /// The themes, in the order in which they are shown.
    pub themes: Vec<Theme>,
    /// The datasets by code.
    pub datasets: BTreeMap<String, Dataset>,
    /// The indicators by code. Those of data that are for learning only are not among them.
    pub indicators: BTreeMap<String, Indicator>,
    /// The indicators of data that are for learning only, by code. Whatever judges organisations looks in
    /// [`Catalogue::indicators`] and cannot find them.
    pub learning: BTreeMap<String, Indicator>,
    /// The signals about data by code.
    pub signals: BTreeMap<String, DataSignal>,
    /// The rules by dataset.
    pub rules: BTreeMap<String, Vec<Rule>>,
    /// The sorts of findings by code.
    pub finding_kinds: BTreeMap<String, FindingKind>,
    /// When datasets may be delivered.
    pub windows: Vec<Window>,
    /// Who need not deliver.
    pub exemption: ExemptionRule,
    /// How much more time can be given.
    pub extension: ExtensionRule,
    /// Which downtime moves a deadline.
    pub downtime: DowntimeRule,
    /// When a number that may be right is asked about.
    pub plausibility: Option<Plausibility>,
    /// What the service says when it cannot do what was asked, by code.
    pub messages: BTreeMap<String, Text>,
    /// How everything is computed, in words.
    pub methodology: Methodology,
    /// The columns of the flat exports.
    pub exports: Exports,
}

/// A group of indicators that is scored together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// The code by which indicators name it.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// What it is about.
    pub description: Text,
}

/// One fault of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}: {fault}")]
pub struct CatalogueError {
    /// The file, below the catalogue's folder.
    pub file: String,
    /// What is wrong with it.
    pub fault: String,
}

/// All faults of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct CatalogueErrors(pub Vec<CatalogueError>);

impl fmt::Display for CatalogueErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the catalogue has {} fault(s)", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Themes {
    themes: Vec<Theme>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Findings {
    findings: Vec<FindingKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowFile {
    windows: Vec<Window>,
    #[serde(default)]
    exemption: ExemptionRule,
    #[serde(default)]
    extension: ExtensionRule,
    #[serde(default)]
    downtime: DowntimeRule,
}

impl Catalogue {
    /// The catalogue that was built into the binary.
    pub fn embedded() -> Result<Self, CatalogueErrors> {
        Self::load(&embedded::files())
    }

    /// The catalogue of `files`: path below its folder to text. All faults are reported, not only the first.
    ///
    /// The texts, `exports.toml`, `findings.toml`, `messages.toml` and `methodology.toml`, may be left out of a folder: the
    /// product's own then serve.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Self, CatalogueErrors> {
        let mut catalogue = Self {
            hash: hash(files),
            themes: Vec::new(),
            datasets: BTreeMap::new(),
            indicators: BTreeMap::new(),
            learning: BTreeMap::new(),
            signals: BTreeMap::new(),
            rules: BTreeMap::new(),
            finding_kinds: BTreeMap::new(),
            windows: Vec::new(),
            exemption: ExemptionRule::default(),
            extension: ExtensionRule::default(),
            downtime: DowntimeRule::default(),
            plausibility: None,
            messages: BTreeMap::new(),
            methodology: Methodology::default(),
            exports: Exports::default(),
        };
        let mut faults = Vec::new();
        for (path, text) in files {
            if let Err(fault) = catalogue.take(path, text) {
                faults.push(CatalogueError { file: path.clone(), fault });
            }
        }
        let texts = ["exports.toml", "findings.toml", "messages.toml", "methodology.toml"];
        for path in texts.into_iter().filter(|path| !files.contains_key(*path)) {
            if let Some(text) = embedded::files().get(path)
                && let Err(fault) = catalogue.take(path, text)
            {
                faults.push(CatalogueError { file: path.to_owned(), fault });
            }
        }
        catalogue.part_learning();
        if faults.is_empty() {
            faults = check::check(&catalogue);
        }
        if faults.is_empty() { Ok(catalogue) } else { Err(CatalogueErrors(faults)) }
    }

    /// Every indicator, also those that are for learning only.
    pub fn all_indicators(&self) -> impl Iterator<Item = &Indicator> {
        self.indicators.values().chain(self.learning.values())
    }

    /// The indicator with this code, also when it is for learning only.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.get(code).or_else(|| self.learning.get(code))
    }

    /// What the figures of `dataset` may be used for. Of what is not known, the least.
    pub fn class(&self, dataset: Option<&str>) -> DataClass {
        dataset.and_then(|code| self.datasets.get(code)).map_or(DataClass::LearningOnly, |found| found.class)
    }

    /// The window of `dataset` for `year`, where somebody has to deliver it.
    pub fn duty(&self, dataset: &str, year: i16) -> Option<&Window> {
        self.window(dataset, year).filter(|_| self.datasets.get(dataset).is_some_and(|found| !found.voluntary))
    }

    fn part_learning(&mut self) {
        let datasets = &self.datasets;
        let is_learning = |one: &Indicator| {
            let dataset = one.data.as_ref().and_then(|data| datasets.get(&data.dataset));
            dataset.is_some_and(|dataset| dataset.class == DataClass::LearningOnly)
        };
        let all = std::mem::take(&mut self.indicators);
        (self.learning, self.indicators) = all.into_iter().partition(|(_, one)| is_learning(one));
    }

    /// The window of `dataset` for `year`.
    pub fn window(&self, dataset: &str, year: i16) -> Option<&Window> {
        self.windows.iter().find(|window| window.dataset == dataset && window.years.contains(year))
    }

    /// The indicators that a row of `dataset` may name in its `measure` column. Those computed from the dataset's
    /// other columns, or from rows about several indicators, are not among them.
    pub fn named_in<'catalogue>(&'catalogue self, dataset: &Dataset) -> impl Iterator<Item = &'catalogue Indicator> {
        self.all_indicators().filter(move |indicator| {
            let (Some(data), Some(measure)) = (&indicator.data, &dataset.measure) else { return false };
            data.dataset == dataset.code && data.filter.get(measure).is_none_or(|words| words.contains(&indicator.code))
        })
    }

    /// What is said for `code`, with `{name}` filled from `parameters`. A code without a text is shown itself.
    pub fn message(&self, code: &str, parameters: &[(&str, String)]) -> Text {
        self.messages
            .get(code)
            .map_or_else(|| Text { nl: code.to_owned(), en: code.to_owned() }, |text| text.fill(parameters))
    }

    fn take(&mut self, path: &str, text: &str) -> Result<(), String> {
        let stem = |folder: &str| path.strip_prefix(folder)?.strip_suffix(".toml");
        if let Some(code) = stem("datasets/") {
            let dataset: Dataset = parse(text)?;
            named_as_its_file(code, &dataset.code)?;
            self.datasets.insert(dataset.code.clone(), dataset);
        } else if let Some(code) = stem("indicators/") {
            let indicator: Indicator = parse(text)?;
            named_as_its_file(code, &indicator.code)?;
            self.indicators.insert(indicator.code.clone(), indicator);
        } else if let Some(code) = stem("signals/") {
            let signal: DataSignal = parse(text)?;
            named_as_its_file(code, &signal.code)?;
            self.signals.insert(signal.code.clone(), signal);
        } else if let Some(dataset) = stem("rules/") {
            let Rules { rules } = parse(text)?;
            self.rules.insert(dataset.to_owned(), rules);
        } else if path == "themes.toml" {
            self.themes = parse::<Themes>(text)?.themes;
        } else if path == "windows.toml" {
            let WindowFile { windows, exemption, extension, downtime } = parse(text)?;
            (self.windows, self.exemption) = (windows, exemption);
            (self.extension, self.downtime) = (extension, downtime);
        } else if path == "plausibility.toml" {
            self.plausibility = Some(parse(text)?);
        } else if path == "messages.toml" {
            self.messages = parse(text)?;
        } else if path == "exports.toml" {
            self.exports = parse(text)?;
        } else if path == "methodology.toml" {
            self.methodology = parse(text)?;
        } else if path == "findings.toml" {
            for kind in parse::<Findings>(text)?.findings {
                let code = kind.code.clone();
                if self.finding_kinds.insert(code.clone(), kind).is_some() {
                    return Err(format!("`{code}` stands twice"));
                }
            }
        } else {
            return Err("not a file that a catalogue has".to_owned());
        }
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

fn named_as_its_file(file: &str, code: &str) -> Result<(), String> {
    if file == code { Ok(()) } else { Err(format!("its code is `{code}`, its name says `{file}`")) }
}

fn hash(files: &BTreeMap<String, String>) -> Digest {
    let lengths: Vec<_> = files
        .iter()
        .map(|(path, text)| [path.len() as u64, text.len() as u64].map(u64::to_be_bytes).concat())
        .collect();
    Digest::of_parts(
        files
            .iter()
            .zip(&lengths)
            .flat_map(|((path, text), length)| [length.as_slice(), path.as_bytes(), text.as_bytes()]),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::indicator::Origin;

    #[test]
    fn hash_follows_the_files() {
        let files = embedded::files();
        let hash = |files: &BTreeMap<String, String>| Catalogue::load(files).expect("a catalogue").hash;
        let before = hash(&files);
        assert_eq!(hash(&files.clone()), before);
        let mut seen = BTreeSet::from([before]);
        for path in files.keys() {
            let mut changed = files.clone();
            changed.get_mut(path).expect("a file").push_str("\n# a word\n");
            assert!(seen.insert(hash(&changed)), "{path}");
        }
    }

    #[test]
    fn mandatory_set_is_complete() {
        let catalogue = Catalogue::embedded().expect("a catalogue");
        let inids: BTreeSet<_> = catalogue.indicators.values().filter_map(|indicator| indicator.inid.clone()).collect();
        // 765 was number 3 of an earlier set and is in neither of the pages read.
        let expected = (763..=773).filter(|number| *number != 765).map(|number| format!("INID{number:06}"));
        assert_eq!(inids, expected.collect());
        let mandatory = catalogue.indicators.values().filter(|indicator| indicator.origin == Origin::Mandatory);
        let codes: Vec<_> = mandatory.map(|indicator| indicator.code.as_str()).collect();
        let expected = ["KZ01", "KZ02", "KZ04A", "KZ04B", "KZ04D", "KZ06", "KZ07A", "KZ07B", "KZ18", "KZ19", "KZ22"];
        assert_eq!(codes, expected);
    }

    #[test]
    fn every_source_is_listed() {
        let catalogue = Catalogue::embedded().expect("a catalogue");
        let listed = include_str!("../../docs/catalogue.md");
        for indicator in catalogue.all_indicators() {
            assert!(!indicator.sources.is_empty(), "{} names no source", indicator.code);
            for source in &indicator.sources {
                assert!(
                    listed.contains(&format!("| {source} |")),
                    "{}: docs/catalogue.md has no {source}",
                    indicator.code
                );
            }
        }
    }

    #[test]
    fn rows_name_only_what_is_delivered_as_such() {
        let catalogue = Catalogue::embedded().expect("a catalogue");
        let named = |dataset: &str| -> Vec<_> {
            catalogue.named_in(&catalogue.datasets[dataset]).map(|indicator| indicator.code.as_str()).collect()
        };
        let topics: Vec<_> = (1..=13).map(|topic| format!("CE{topic:02}")).collect();
        assert_eq!(named("evaluaties"), topics, "not CE14, which is computed from the topics");
        assert_eq!(named("indicatoren").len(), 11, "not KZ23, which is derived");
        assert_eq!(named("personeel"), Vec::<&str>::new(), "its rows are not about indicators");
    }
}
