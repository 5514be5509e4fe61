//! `template`: what a file looks like before it is filled in.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    process::ExitCode,
};

use super::{
    arguments::{Global, TemplateFormat, TemplateOptions},
    exit, operate,
    output::Output,
    words::Words,
};
use crate::service::{SheetForm, TemplateForm, make_template};

/// Makes the template.
pub(super) fn run(global: &Global, options: &TemplateOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    let words = Words { catalogue: &catalogue, language: global.language.into() };
    let form = match options.format {
        TemplateFormat::Csv => TemplateForm::Sheet(SheetForm::Csv),
        TemplateFormat::Xlsx => TemplateForm::Sheet(SheetForm::Xlsx),
        TemplateFormat::Json => TemplateForm::Json,
    };
    let made = make_template(&catalogue, &options.dataset, options.year, form)?;
    let Some(path) = &options.output else {
        io::stdout().lock().write_all(&made)?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(output) = Output::to(path, options.overwrite, words) else { return Ok(ExitCode::from(exit::REFUSED)) };
    let done = output.write(words, |file| {
        file.write_all(&made)?;
        Ok(Ok::<(), Infallible>(()))
    })?;
    let Ok(()) = done;
    Ok(ExitCode::SUCCESS)
}
