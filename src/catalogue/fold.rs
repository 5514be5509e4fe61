//! When two written words are the same word.

use unicode_normalization::UnicodeNormalization;

/// `text` without what people vary in: case, spaces, punctuation and compatibility forms. Headers, codes and their
/// aliases are the same word when their folds are equal. Accents are kept: they can tell words apart.
pub fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|character| character.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_forgets_case_spaces_and_punctuation_only() {
        for written in ["agb_code", "AGB-code", " Agb\u{a0}Code ", "ＡＧＢ code", "AGB\u{200b}code."] {
            assert_eq!(fold(written), "agbcode", "{written}");
        }
        assert_eq!(fold("ZZP’er"), fold("zzp'er"));
        assert_ne!(fold("coöperatie"), fold("cooperatie"));
        assert_eq!(fold("coo\u{308}peratie"), fold("coöperatie"));
    }
}
