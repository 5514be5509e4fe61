//! Whom to visit first: the order of the scores of a run, found once for as long as the run is remembered.

use super::assessment::{AssessedOrganisation, Assessment};
use crate::{domain::Code, scoring::Score};

/// Where a score is in an [`Assessment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// The place of its organisation.
    pub place: usize,
    score: usize,
}

/// The scores of each theme, the highest first.
#[derive(Clone, Debug)]
pub(super) struct Rankings(Vec<(Option<Code>, Vec<Ranked>)>);

impl Rankings {
    /// Those of `organisations`, which come by AGB code.
    pub(super) fn of(organisations: &[AssessedOrganisation]) -> Self {
        let mut themes: Vec<(Option<Code>, Vec<Ranked>)> = Vec::new();
        for (place, one) in organisations.iter().enumerate() {
            for (score, found) in one.outcome.scores.iter().enumerate() {
                let ranked = Ranked { place, score };
                match themes.iter_mut().find(|(theme, _)| *theme == found.theme) {
                    Some((_, ranking)) => ranking.push(ranked),
                    None => themes.push((found.theme.clone(), vec![ranked])),
                }
            }
        }
        let sum = |ranked: &Ranked| sum(&organisations[ranked.place].outcome.scores[ranked.score]);
        for (_, ranking) in &mut themes {
            ranking.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
        }
        Self(themes)
    }
}

impl Assessment {
    /// The scores of `theme`, overall without one: the highest first, those without a score last, ties by AGB code.
    pub fn ranking(&self, theme: Option<&str>) -> &[Ranked] {
        let found = self.rankings.0.iter().find(|(one, _)| one.as_deref() == theme);
        found.map_or(&[], |(_, ranking)| ranking)
    }

    /// The same, the lowest first; those without a score last here too, and ties by AGB code.
    pub fn reversed_ranking(&self, theme: Option<&str>) -> Vec<Ranked> {
        let mut found = self.ranking(theme).to_vec();
        found.sort_by(|a, b| {
            let [a, b] = [a, b].map(|ranked| (self.ranked(*ranked).1, ranked.place));
            let unscored = |score: &Score| score.score.is_none();
            unscored(a.0).cmp(&unscored(b.0)).then(sum(a.0).total_cmp(&sum(b.0))).then(a.1.cmp(&b.1))
        });
        found
    }

    /// A score with its organisation; `ranked` is of a ranking of this run.
    pub fn ranked(&self, ranked: Ranked) -> (&AssessedOrganisation, &Score) {
        let one = &self.organisations[ranked.place];
        (one, &one.outcome.scores[ranked.score])
    }
}

/// The sum before it is held within 0 and 100: scores of 100 still have an order.
fn sum(score: &Score) -> f64 {
    score.standardised.unwrap_or(f64::NEG_INFINITY)
}
