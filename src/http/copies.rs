//! `GET /submissions/ID/copy.csv`, `GET /templates/DATASET/YEAR.xlsx` and their like: files to work in.

use std::{fmt::Write as _, io};

use axum::{
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use tokio::io::AsyncReadExt as _;

use super::{
    Problem,
    api::{Door, failure},
    preferred_language,
};
use crate::{
    domain::SubmissionId,
    service::{Error, Service, SheetForm, TemplateForm},
};

/// How much of a copy is sent at once.
const PIECE: usize = 64 << 10;

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// `GET /submissions/ID/copy.csv|xlsx`: the file of a submission with what is wrong in it, for who delivered it.
pub(super) async fn annotated_copy(
    State(door): State<Door>,
    Path((id, file)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let actor = door.recognise(&parts).await?;
    let service = &door.service;
    let (form, media_type, ending) = match file.as_str() {
        "copy.csv" => (SheetForm::Csv, CSV, "csv"),
        "copy.xlsx" => (SheetForm::Xlsx, XLSX, "xlsx"),
        _ => return Err(Problem::not_found()),
    };
    let Ok(id) = id.parse::<SubmissionId>() else { return Err(Problem::not_found()) };
    let language = preferred_language(&parts.headers);
    let copy = service.annotated_copy(&actor, id, form, language).await;
    let copy = copy.map_err(|error| failure(service, &error))?;
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, attachment(&copy.file_name, ending)),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body(tokio::fs::File::from_std(copy.file))).into_response())
}

/// `GET /templates/DATASET/YEAR.csv|xlsx|json`: what a file looks like before it is filled in, for everybody.
pub(super) async fn template(
    State(service): State<Service>,
    Path((dataset, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (year, ending) = file.split_once('.').ok_or_else(Problem::not_found)?;
    let (form, media_type) = match ending {
        "csv" => (TemplateForm::Sheet(SheetForm::Csv), CSV),
        "xlsx" => (TemplateForm::Sheet(SheetForm::Xlsx), XLSX),
        "json" => (TemplateForm::Json, "application/json"),
        _ => return Err(Problem::not_found()),
    };
    let Ok(year) = year.parse::<i16>() else { return Err(Problem::not_found()) };
    let made = service.template(&dataset, year, form).await.map_err(|error| match error {
        Error::Refused(_) => Problem { status: StatusCode::NOT_FOUND, ..failure(&service, &error) },
        _ => failure(&service, &error),
    })?;
    let disposition = format!("attachment; filename=\"{dataset}-{year}.{ending}\"");
    Ok(([(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, disposition)], made).into_response())
}

/// The pieces of `file`, read as they are sent.
fn body(file: tokio::fs::File) -> Body {
    Body::from_stream(stream::try_unfold(file, async |mut file| {
        let mut piece = vec![0; PIECE];
        let count = file.read(&mut piece).await?;
        piece.truncate(count);
        Ok::<_, io::Error>((count > 0).then(|| (Bytes::from(piece), file)))
    }))
}

/// `Content-Disposition` for the copy of the file called `name`.
fn attachment(name: &str, ending: &str) -> String {
    let endings = [".gz", ".csv", ".txt", ".tsv", ".xlsx", ".xlsm"];
    let stem = endings.iter().fold(name, |stem, ending| stem.strip_suffix(ending).unwrap_or(stem));
    let encoded = percent_encoded(stem);
    format!("attachment; filename=\"kopie.{ending}\"; filename*=UTF-8''{encoded}-opmerkingen.{ending}")
}

/// `text` as it may stand in a header or in the query of an address.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // A string takes everything.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_called_after_its_file() {
        assert_eq!(
            attachment("cijfers één.csv.gz", "xlsx"),
            "attachment; filename=\"kopie.xlsx\"; filename*=UTF-8''cijfers%20%C3%A9%C3%A9n-opmerkingen.xlsx"
        );
        assert!(!attachment("a\"\r\nX: y;.csv", "csv").contains(['\r', '\n']));
    }
}
