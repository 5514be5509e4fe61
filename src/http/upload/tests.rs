use axum::http::{HeaderValue, StatusCode};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::*;

type Piece = Result<Bytes, io::Error>;

fn body(pieces: Vec<Piece>) -> Body {
    Body::from_stream(stream::iter(pieces))
}

#[expect(clippy::unnecessary_wraps, reason = "the pieces of a stream may fail")]
fn piece(text: &'static str) -> Piece {
    Ok(Bytes::from_static(text.as_bytes()))
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn a_file_arrives_whole_and_goes_with_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 6);
    let spooled = spool(body(vec![piece("abc"), piece(""), piece("def")]), &settings).await.unwrap();
    assert_eq!(fs::read(spooled.path()).unwrap(), b"abcdef");
    assert_eq!((spooled.bytes, spooled.digest), (6, Digest::of(b"abcdef")));
    assert_eq!(count(folder.path()), 1);
    drop(spooled);
    assert_eq!(count(folder.path()), 0);
}

#[tokio::test]
async fn too_much_is_refused_announced_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 5);
    // Announced: the body itself would never come.
    for body in [Body::from("abcdef"), body(vec![piece("abc"), piece("def"), Err(io::Error::other("read on"))])] {
        let error = spool(body, &settings).await.unwrap_err();
        assert!(matches!(error, UploadError::TooLarge { limit: 5 }), "{error}");
        let problem = Problem::from(error);
        assert!(problem.status == StatusCode::PAYLOAD_TOO_LARGE && problem.closes_connection);
    }
    assert_eq!(count(folder.path()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls_or_breaks_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 100);
    let silent = Body::from_stream(stream::iter([piece("abc")]).chain(stream::pending()));
    assert!(matches!(spool(silent, &settings).await, Err(UploadError::Stalled)));
    let broken = body(vec![piece("abc"), Err(io::Error::other("reset"))]);
    assert!(matches!(spool(broken, &settings).await, Err(UploadError::CutOff)));
    let dripping = Body::from_stream(stream::repeat(()).then(async |()| {
        tokio::time::sleep(Duration::from_secs(29)).await;
        piece("x")
    }));
    assert!(matches!(spool(dripping, &settings).await, Err(UploadError::Stalled)));
    assert_eq!(count(folder.path()), 0);
}

#[tokio::test]
async fn a_cancelled_request_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 100);
    let (reached, wait) = tokio::sync::oneshot::channel();
    let mut reached = Some(reached);
    let watched = folder.path().to_owned();
    let silent = Body::from_stream(stream::iter([piece("abc")]).chain(stream::poll_fn(move |_| {
        reached.take().map(|reached| reached.send(count(&watched)));
        std::task::Poll::Pending
    })));
    let while_receiving = tokio::select! {
        _ = spool(silent, &settings) => panic!("the body never ends"),
        seen = wait => seen.unwrap(),
    };
    assert_eq!((while_receiving, count(folder.path())), (1, 0));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_problem_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path().join("gone"), 100);
    let problem = Problem::from(spool(Body::from("abc"), &settings).await.unwrap_err());
    assert_eq!((problem.status, problem.retry_after), (StatusCode::SERVICE_UNAVAILABLE, Some(60)));
    let full = Problem::from(UploadError::Disk(ErrorKind::StorageFull.into()));
    assert_eq!(full.status, StatusCode::INSUFFICIENT_STORAGE);
}

#[test]
fn what_an_earlier_process_left_is_cleared_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.spool"), "x").unwrap();
    fs::write(folder.path().join("keep.csv"), "x").unwrap();
    assert_eq!(clear_spool(folder.path()).unwrap(), 1);
    assert!(folder.path().join("keep.csv").exists());
}

#[test]
fn file_names_are_for_showing_only() {
    let name = |query: &str, disposition: Option<&str>| {
        let mut headers = HeaderMap::new();
        if let Some(value) = disposition {
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        file_name(&format!("/upload?{query}").parse().unwrap(), &headers)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(name("fileName=kwaliteit%202025.csv", None), some("kwaliteit 2025.csv"));
    assert_eq!(name("fileName=..%2F..%2Fetc%2Fpasswd", None), some("passwd"));
    assert_eq!(name("fileName=C%3A%5CUsers%5Cx%5Cdata.csv", None), some("data.csv"));
    assert_eq!(name("fileName=a%0d%0aX-Evil:1%E2%80%AE.csv", None), some("aX-Evil:1.csv"));
    assert_eq!(name("fileName=..", Some("attachment; filename=\"b.csv\"")), some("b.csv"));
    assert_eq!(name("", Some("attachment; filename=\"x.csv\"; filename*=UTF-8''caf%C3%A9+1.csv")), some("café+1.csv"));
    assert_eq!(name("", None), None);
    assert_eq!(name(&format!("fileName={}", "a".repeat(500)), None).map(|name| name.len()), Some(120));
}
