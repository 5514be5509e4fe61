//! The words that a column allows: codes of indicators, and words of a column of codes.

use super::text::fold;
use crate::catalogue::{Catalogue, Column, ColumnType, Dataset, Indicator};

/// One word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    /// As the catalogue has it.
    pub text: &'a str,
    /// The indicator it is the code of.
    pub indicator: Option<&'a Indicator>,
}

/// How a text names a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// As the catalogue has it, or by its number in the register.
    Exact(u32),
    /// Written otherwise: other case, or an alias.
    Otherwise(u32),
}

/// All words of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Words<'a> {
    words: Vec<Word<'a>>,
    /// Folded forms in order, each with the place of its word.
    folded: Vec<(String, u32)>,
}

impl<'a> Words<'a> {
    /// The words that `column` of `dataset` allows.
    pub(super) fn of(column: &'a Column, dataset: &Dataset, catalogue: &'a Catalogue) -> Self {
        let mut found = Self::default();
        match column.kind {
            ColumnType::Indicator => {
                let is_delivered =
                    |indicator: &&Indicator| indicator.data.as_ref().is_some_and(|data| data.dataset == dataset.code);
                for indicator in catalogue.all_indicators().filter(is_delivered) {
                    found.add(&indicator.code, Some(indicator), indicator.inid.as_deref().into_iter());
                }
            }
            ColumnType::Code => {
                for code in &column.codes {
                    found.add(&code.code, None, code.aliases.iter().map(String::as_str));
                }
            }
            _ => {}
        }
        found.folded.sort();
        found
    }

    fn add(&mut self, text: &'a str, indicator: Option<&'a Indicator>, aliases: impl Iterator<Item = &'a str>) {
        let Ok(index) = u32::try_from(self.words.len()) else { return };
        self.folded.push((fold(text), index));
        self.folded.extend(aliases.map(|alias| (fold(alias), index)));
        self.words.push(Word { text, indicator });
    }

    /// The word at `index`.
    pub(super) fn get(&self, index: u32) -> Option<Word<'a>> {
        self.words.get(usize::try_from(index).ok()?).copied()
    }

    /// The texts by which words are named exactly, each with the place of its word.
    pub(super) fn exact(&self) -> impl Iterator<Item = (&'a str, u32)> {
        (0..).zip(&self.words).flat_map(|(index, word)| {
            let number = word.indicator.and_then(|indicator| indicator.inid.as_deref());
            [Some(word.text), number].into_iter().flatten().map(move |text| (text, index))
        })
    }

    /// The place of the word written exactly as `text`.
    pub(super) fn position(&self, text: &str) -> Option<u32> {
        self.words.iter().position(|word| word.text == text).and_then(|index| u32::try_from(index).ok())
    }

    /// The word that `text` names.
    pub(super) fn find(&self, text: &str) -> Option<Match> {
        let folded = fold(text);
        let at = self.folded.binary_search_by(|(word, _)| word.as_str().cmp(&folded)).ok()?;
        let (_, index) = *self.folded.get(at)?;
        let word = self.get(index)?;
        let is_exact = word.text == text || word.indicator.is_some_and(|found| found.inid.as_deref() == Some(text));
        Some(if is_exact { Match::Exact(index) } else { Match::Otherwise(index) })
    }

    /// The nearest word, when one is near (at most two edits, and fewer than half its letters) and no other as near.
    pub(super) fn nearest(&self, text: &str) -> Option<&'a str> {
        let folded = fold(text);
        if let Some(word) = self.without_zeros(&folded) {
            return Some(word);
        }
        let mut nearest: Option<(usize, u32)> = None;
        let mut is_only = true;
        for (word, index) in &self.folded {
            let distance = strsim::osa_distance(&folded, word);
            if distance > 2 || distance * 2 >= word.chars().count() {
                continue;
            }
            match nearest {
                Some((best, other)) if distance == best => is_only &= other == *index,
                Some((best, _)) if distance > best => {}
                _ => (nearest, is_only) = (Some((distance, *index)), true),
            }
        }
        nearest.filter(|_| is_only).and_then(|(_, index)| self.get(index)).map(|word| word.text)
    }

    /// The only word that differs from `folded` by zeros before a number at most: KZ1 and KZ01 can only be KZ001.
    fn without_zeros(&self, folded: &str) -> Option<&'a str> {
        let asked = strip_zeros(folded);
        let mut found = self.folded.iter().filter(|(word, _)| strip_zeros(word) == asked).map(|(_, index)| *index);
        let first = found
            .next()
            .filter(|first| asked.ends_with(|c: char| c.is_ascii_digit()) && found.all(|other| other == *first));
        first.and_then(|index| self.get(index)).map(|word| word.text)
    }

    /// The words as a list for a message, the first few of them.
    pub(super) fn listed(&self) -> String {
        const SHOWN: usize = 12;
        let mut list = self.words.iter().take(SHOWN).map(|word| word.text).collect::<Vec<_>>().join(", ");
        if self.words.len() > SHOWN {
            list.push_str(", …");
        }
        list
    }
}

/// The text without the zeros that stand before its other digits.
fn strip_zeros(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    let mut is_in_number = false;
    for c in text.chars() {
        if c != '0' || is_in_number {
            stripped.push(c);
        }
        is_in_number = c.is_ascii_digit() && (c != '0' || is_in_number);
    }
    stripped
}
