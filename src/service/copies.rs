//! Files given back with remarks, and templates to fill in.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Seek as _, Write as _},
    path::Path,
    sync::Arc,
};

use flate2::read::GzDecoder;

use super::{
    Error, Refusal, Service,
    mandates::shown_report,
    packing::unpack,
    windows::{Allowed, OpenWindows},
};
use crate::{
    catalogue::{Catalogue, YearRange},
    domain::{Actor, Language, Period, Report, Scope, SubmissionId},
    intake::{self, CheckContext, CopySink, CsvCopy, Limits, NoCopy},
    sheets::{self, TooLarge, XlsxCopy},
    store::{self, Submission},
};

/// In which form a file is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetForm {
    /// Text.
    Csv,
    /// A workbook.
    Xlsx,
}

/// In which form a template is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateForm {
    /// To be filled in.
    Sheet(SheetForm),
    /// A Data Package with a Table Schema, for machines.
    Json,
}

/// An annotated copy: a file without a name in the spool folder, gone when it is closed.
#[derive(Debug)]
pub struct AnnotatedCopy {
    /// What the file was called.
    pub file_name: String,
    /// Its bytes, to be read from here.
    pub file: File,
}

impl Service {
    /// The file of a submission of the actor's own organisation, or of one it holds a mandate of, with what its report says at each row.
    ///
    /// It is made on disk and not in memory, whatever the length of the file; a workbook is bounded.
    pub async fn annotated_copy(
        &self,
        actor: &Actor,
        id: SubmissionId,
        form: SheetForm,
        language: Language,
    ) -> Result<AnnotatedCopy, Error> {
        // Who looks at the sector sees figures, not files.
        if actor.scope == Scope::Sector {
            return Err(Error::NotFound);
        }
        let mut tx = self.database.read(actor.scope).await?;
        let at = store::last_turn(&mut tx).await?;
        let submission = store::find_submission(&mut tx, actor.scope, id, at).await?.ok_or(Error::NotFound)?;
        let report: Report = shown_report(actor, unpack(&submission.report)?);
        if NoCopy::by(&report).is_some() {
            return Err(Refusal::CopyPersonal.into());
        }
        let gzip = store::load_content(&mut tx, submission.digest).await?.ok_or(Refusal::UploadExpired)?;
        let allowed = Allowed::load(&mut tx, submission.organisation, submission.created_at).await?;
        drop(tx);

        let _place = self.check_places.acquire().await.map_err(Error::internal)?;
        let scratch = [self.scratch()?, self.scratch()?];
        let limits = Limits { bytes: self.settings.upload_limit, ..Limits::default() };
        let file_name = submission.file_name.clone();
        let task = Task { catalogue: Arc::clone(&self.catalogue), submission, report, gzip, allowed, limits, language };
        let work = move || task.copy(form, scratch);
        let file = tokio::task::spawn_blocking(work).await.map_err(Error::internal)??;
        Ok(AnnotatedCopy { file_name, file })
    }

    /// The template of `dataset` for `year`.
    pub async fn template(&self, dataset: &str, year: i16, form: TemplateForm) -> Result<Vec<u8>, Error> {
        let (catalogue, dataset) = (Arc::clone(&self.catalogue), dataset.to_owned());
        let work = move || make_template(&catalogue, &dataset, year, form);
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    /// A file in the spool folder that nobody else can open.
    fn scratch(&self) -> Result<File, Error> {
        let path = self.settings.spool_folder.join(format!("{}.spool", self.new_reference()));
        nameless(&path).map_err(Error::disk)
    }
}

/// Creates a file and takes its name away: it is gone when it is closed, however this process ends.
fn nameless(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create_new(true).open(path)?;
    fs::remove_file(path)?;
    Ok(file)
}

/// The template of the dataset `code` for `year`, without a service.
pub fn make_template(catalogue: &Catalogue, code: &str, year: i16, form: TemplateForm) -> Result<Vec<u8>, Error> {
    let Some(template) = catalogue.template(code, year) else {
        let Some(dataset) = catalogue.datasets.get(code) else {
            let known: Vec<&str> = catalogue.datasets.keys().map(String::as_str).collect();
            return Err(Refusal::DatasetUnknown { dataset: code.to_owned(), known: known.join(", ") }.into());
        };
        let YearRange { from, to } = dataset.valid_years;
        let to = to.unwrap_or(*Period::YEARS.end());
        return Err(Refusal::TemplateYear { dataset: code.to_owned(), year, from, to }.into());
    };
    match form {
        TemplateForm::Sheet(SheetForm::Csv) => Ok(template.csv().into_bytes()),
        TemplateForm::Sheet(SheetForm::Xlsx) => sheets::template(&template).map_err(Error::internal),
        TemplateForm::Json => serde_json::to_vec_pretty(&template.data_package()).map_err(Error::internal),
    }
}

/// What a copy is made of.
struct Task {
    catalogue: Arc<Catalogue>,
    submission: Submission,
    report: Report,
    gzip: Vec<u8>,
    allowed: Allowed,
    limits: Limits,
    language: Language,
}

impl Task {
    fn copy(self, form: SheetForm, [mut source, mut target]: [File; 2]) -> Result<File, Error> {
        io::copy(&mut GzDecoder::new(self.gzip.as_slice()), &mut source).map_err(Error::disk)?;
        match form {
            SheetForm::Csv => {
                let mut copy = CsvCopy::new(BufWriter::new(target));
                self.annotate(source, &mut copy)?;
                let written = copy.finish().map_err(Error::disk)?;
                target = written.into_inner().map_err(|error| Error::disk(error.into_error()))?;
            }
            SheetForm::Xlsx => {
                let mut copy = XlsxCopy::default();
                self.annotate(source, &mut copy)?;
                target.write_all(&copy.finish().map_err(Error::internal)?).map_err(Error::disk)?;
            }
        }
        target.rewind().map_err(Error::disk)?;
        Ok(target)
    }

    fn annotate(&self, source: File, copy: &mut dyn CopySink) -> Result<(), Error> {
        let Self { submission, report, .. } = self;
        let windows = OpenWindows(&self.allowed, &self.catalogue);
        let context = CheckContext {
            limits: self.limits,
            file_name: Some(&submission.file_name),
            more_time: Some(&windows),
            // As on the day of the check: a period that closed since is no fault of the file.
            ..CheckContext::new(self.allowed.at().date(), submission.dataset.as_deref(), &self.allowed.codes)
        };
        let source = BufReader::new(source);
        match intake::annotate(source, &self.catalogue, &context, report, self.language, copy) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(NoCopy::Personal)) => Err(Refusal::CopyPersonal.into()),
            Ok(Err(NoCopy::NoTable)) => Err(Refusal::CopyNoTable.into()),
            Err(error) if TooLarge::is_cause(&error) => {
                Err(Refusal::CopyTooLarge { cells: XlsxCopy::CELLS, mebibytes: XlsxCopy::TEXT >> 20 }.into())
            }
            Err(error) => Err(Error::disk(error)),
        }
    }
}
