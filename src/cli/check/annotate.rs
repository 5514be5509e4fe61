//! `check --annotate`: the file with remarks at each row.

use std::{
    io::{Read, Seek, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::bail;

use crate::{
    catalogue::Catalogue,
    cli::{
        arguments::{CheckOptions, Global},
        exit,
        output::Output,
        words::Words,
    },
    domain::Report,
    intake::{self, CheckContext, CsvCopy},
    sheets::{TooLarge, XlsxCopy},
};

/// Refuses what cannot be done, before anything is read.
pub(super) fn is_possible(options: &CheckOptions) -> anyhow::Result<()> {
    let Some(out) = &options.annotate else { return Ok(()) };
    if options.files.len() != 1 {
        bail!("--annotate takes a single FILE");
    }
    if ending(out).is_none() {
        bail!("{} ends neither in .csv nor in .xlsx", out.display());
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Ending {
    Csv,
    Xlsx,
}

fn ending(out: &Path) -> Option<Ending> {
    let ending = out.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Some(Ending::Csv),
        "xlsx" => Some(Ending::Xlsx),
        _ => None,
    }
}

/// Writes the copy to `out`; the exit code says whether there is one.
pub(super) fn write<R: Read + Seek>(
    global: &Global,
    catalogue: &Catalogue,
    context: &CheckContext<'_>,
    report: &Report,
    source: R,
    out: &Path,
    may_overwrite: bool,
) -> anyhow::Result<ExitCode> {
    let words = Words { catalogue, language: global.language.into() };
    let Some(output) = Output::to(out, may_overwrite, words) else { return Ok(ExitCode::from(exit::REFUSED)) };
    let language = words.language;
    let outcome = output.write(words, |file| {
        let done = if let Some(Ending::Xlsx) = ending(out) {
            let mut copy = XlsxCopy::default();
            let done = intake::annotate(source, catalogue, context, report, language, &mut copy);
            if matches!(done, Ok(Ok(()))) {
                file.write_all(&copy.finish()?)?;
            }
            done
        } else {
            let mut copy = CsvCopy::new(file);
            let done = intake::annotate(source, catalogue, context, report, language, &mut copy);
            copy.finish()?;
            done
        };
        match done {
            Err(error) if TooLarge::is_cause(&error) => Ok(Err(TooLarge::CODE)),
            Err(error) => Err(error.into()),
            Ok(outcome) => Ok(outcome.map_err(intake::NoCopy::code)),
        }
    })?;
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => {
            let limits = [("cells", XlsxCopy::CELLS.to_string()), ("mebibytes", (XlsxCopy::TEXT >> 20).to_string())];
            eprintln!("kraamzicht: {}", words.say(code, &limits));
            ExitCode::from(exit::REFUSED)
        }
    })
}
