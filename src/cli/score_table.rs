//! `score-table`: any table of figures through the engine.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context as _;

use super::{arguments::ScoreTableOptions, exit};
use crate::scoring::{Faults, ScoreTable, TableConfig, TableFaults};

/// Scores the table and writes the four files.
pub(super) fn run(options: &ScoreTableOptions) -> anyhow::Result<ExitCode> {
    let (table, config) = (read(&options.input)?, read(&options.config)?);
    let scored =
        TableConfig::read(&config).map_err(TableFaults::Config).and_then(|config| ScoreTable::read(&table, &config));
    let mut table = match scored {
        Ok(table) => table,
        Err(TableFaults::Table(faults)) => return Ok(refused(&options.input, &faults)),
        Err(TableFaults::Config(faults)) => return Ok(refused(&options.config, &faults)),
    };
    let outcome = table.score();
    fs::create_dir_all(&options.out).with_context(|| format!("{} cannot be made", options.out.display()))?;
    for (name, text) in table.files(&outcome) {
        let path = options.out.join(name);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// A text file.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Says what is wrong with a file and where, as compilers do.
pub(super) fn refused(path: &Path, faults: &Faults) -> ExitCode {
    for line in faults.to_string().lines() {
        eprintln!("{}: {line}", path.display());
    }
    ExitCode::from(exit::REJECTED)
}
