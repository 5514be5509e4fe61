//! As much of Rust as it takes to see what a file imports and which texts it holds.

use std::collections::BTreeSet;

/// A token of the code: a word or one punctuation mark. Comments, texts and lifetimes are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A text in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A path as written, resolved to the crate or the root module that it begins in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A module below `src/`, or an item of `lib.rs`.
    Own(String),
    /// Another crate, with what follows it: `["std", "fs"]`.
    Other(Vec<String>),
}

/// Splits source code into tokens and texts.
pub(super) fn scan(source: &str) -> (Vec<Token>, Vec<Literal>) {
    let letters: Vec<char> = source.chars().collect();
    let (mut tokens, mut literals) = (Vec::new(), Vec::new());
    let (mut at, mut line) = (0, 1);
    while at < letters.len() {
        let rest = &letters[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|letter| *letter == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => quoted(rest, 1),
            ['b' | 'c', '"', ..] => quoted(rest, 2),
            ['\'', ..] => character_or_lifetime(rest),
            ['b', '\'', ..] => 1 + character_or_lifetime(&rest[1..]),
            [first, ..] if first.is_alphabetic() || *first == '_' => {
                raw(rest).unwrap_or_else(|| rest.iter().position(|letter| !is_word(*letter)).unwrap_or(rest.len()))
            }
            [first, ..] if first.is_ascii_digit() => {
                rest.iter().position(|letter| !is_word(*letter)).unwrap_or(rest.len())
            }
            _ => 1,
        };
        let text: String = rest[..length].iter().collect();
        match rest[0] {
            _ if text.ends_with('"') || text.ends_with("\"#") => literals.push(Literal { text: text.clone(), line }),
            '\'' => {}
            '/' if length > 1 || text.starts_with("//") => {}
            _ if text.trim().is_empty() || text.starts_with("b'") => {}
            _ => tokens.push(Token { text: text.clone(), line }),
        }
        line += text.matches('\n').count();
        at += length;
    }
    (tokens, literals)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a text whose contents begin at `start`.
fn quoted(rest: &[char], start: usize) -> usize {
    let mut at = start;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of `r"…"`, `r#"…"#`, `br"…"`, when it is one.
fn raw(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().position(|letter| !matches!(letter, 'b' | 'c' | 'r'))?;
    let hashes = rest[prefix..].iter().take_while(|letter| **letter == '#').count();
    if !rest[..prefix].ends_with(&['r']) || rest.get(prefix + hashes) != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.resize(hashes + 1, '#');
    let start = prefix + hashes + 1;
    let length = rest[start..].windows(end.len()).position(|window| *window == end[..])?;
    Some(start + length + end.len())
}

fn character_or_lifetime(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => rest[3..].iter().position(|letter| *letter == '\'').map_or(rest.len(), |end| end + 4),
        ['\'', _, '\'', ..] => 3,
        _ => 1 + rest[1..].iter().position(|letter| !is_word(*letter)).unwrap_or(rest.len() - 1),
    }
}

/// Leaves out the modules that are compiled for tests only.
pub(super) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let is_test =
            rest.len() > attribute.len() && rest.iter().zip(attribute).all(|(token, expected)| token.text == expected);
        if is_test {
            at += attribute.len();
            at += block(&tokens[at..]);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The number of tokens up to and including the end of the first block, or the `;` before any.
fn block(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return position + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return position + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// All that the code of `module` (its path below the crate) names outside of itself, with the lines.
///
/// A path counts where it begins with `crate`, `super` or one of `crates`, in a `use` or anywhere else.
pub(super) fn imports(tokens: &[Token], module: &[String], crates: &BTreeSet<String>) -> BTreeSet<(Target, usize)> {
    let mut found = BTreeSet::new();
    // The depth of braces, and of those that open a module within the file.
    let (mut depth, mut inner): (usize, Vec<usize>) = (0, Vec::new());
    let mut used_until = 0;
    for (position, token) in tokens.iter().enumerate() {
        if position < used_until {
            continue;
        }
        let mut paths = Vec::new();
        match token.text.as_str() {
            "use" => used_until = expand(tokens, position + 1, &mut Vec::new(), &mut paths),
            "{" => {
                depth += 1;
                if position >= 2 && tokens[position - 2].text == "mod" {
                    inner.push(depth);
                }
            }
            "}" => {
                inner.pop_if(|opened| *opened == depth);
                depth = depth.saturating_sub(1);
            }
            _ if follows(tokens, position + 1) && position.checked_sub(1).is_none_or(|at| tokens[at].text != ":") => {
                expand(tokens, position, &mut Vec::new(), &mut paths);
            }
            _ => {}
        }
        for path in paths {
            found.extend(resolve(&path, module, inner.len(), crates).map(|target| (target, token.line)));
        }
    }
    found
}

fn follows(tokens: &[Token], position: usize) -> bool {
    matches!(tokens.get(position..position + 2), Some([one, other]) if one.text == ":" && other.text == ":")
}

/// The paths that begin at `position`: one, or as many as the groups in it hold.
fn expand(tokens: &[Token], mut position: usize, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let length = prefix.len();
    while let Some(token) = tokens.get(position).filter(|token| token.text.starts_with(is_word)) {
        prefix.push(token.text.clone());
        position += 1;
        if !follows(tokens, position) {
            break;
        }
        position += 2;
    }
    let opens = tokens.get(position).is_some_and(|token| token.text == "{");
    if opens && (prefix.len() == length || follows(tokens, position - 2)) {
        position += 1;
        while tokens.get(position).is_some_and(|token| token.text != "}") {
            let before = position;
            position = expand(tokens, position, prefix, found).max(before + 1);
        }
        position += 1;
    } else {
        found.push(prefix.clone());
    }
    prefix.truncate(length);
    position
}

fn resolve(path: &[String], module: &[String], inner: usize, crates: &BTreeSet<String>) -> Option<Target> {
    let first = path.first()?;
    if first == "crate" {
        return path.get(1).cloned().map(Target::Own);
    }
    let climbs = path.iter().take_while(|name| *name == "super").count();
    if climbs > 0 {
        // Only a climb to the root reaches another module of ours.
        let reaches_root = climbs >= module.len() + inner;
        return path.get(climbs).filter(|_| reaches_root).cloned().map(Target::Own);
    }
    crates.contains(first).then(|| Target::Other(path.to_vec()))
}
