#![no_main]

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use kraamzicht::{catalogue::Catalogue, intake::fuzzing};

/// What is delivered in earnest, and the three neutral layouts of the corpus.
static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/corpus/catalogue");
    let mut files = BTreeMap::new();
    take(&corpus, &corpus, &mut files);
    [Catalogue::embedded().expect("the catalogue"), Catalogue::load(&files).expect("the corpus's catalogue")]
});

fn take(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            take(&path, root, files);
        } else {
            let name = path.strip_prefix(root).expect("below").to_str().expect("a name").to_owned();
            files.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for catalogue in CATALOGUES.iter() {
        fuzzing::check(catalogue, bytes);
    }
});
