use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::StreamExt as _;
use serde_json::json;

use super::*;

const HEAD: &str = "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n\
    {\"query\":\"mutation($f: Upload) { m }\",\"variables\":{\"f\":null}}\r\n\
    --x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"a\":[\"variables.f\"]}\r\n\
    --x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../b.csv\"\r\n\r\n";

fn form(body: Body, settings: &SpoolSettings) -> Form {
    Form::new("multipart/form-data; boundary=x", body, settings).unwrap()
}

fn on_disk(settings: &SpoolSettings) -> u64 {
    fs::read_dir(&settings.folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// However fast a file comes, it goes to disk as fast: no more is read than there is room for.
#[tokio::test]
async fn a_file_is_never_whole_in_memory() {
    const PIECE: usize = 256 * 1024;
    const PIECES: u64 = 128;
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 64 * 1024 * 1024);
    let most = Arc::new(AtomicU64::new(0));
    let (seen, spool) = (Arc::clone(&most), settings.clone());
    let pieces = stream::iter(0..PIECES + 2).map(move |number| {
        // All of it is ready at once.
        if number > 0 && number <= PIECES {
            seen.fetch_max(((number - 1) * PIECE as u64).saturating_sub(on_disk(&spool)), Ordering::Relaxed);
        }
        Ok::<_, std::io::Error>(match number {
            0 => Bytes::from_static(HEAD.as_bytes()),
            number if number <= PIECES => Bytes::from(vec![b'a'; PIECE]),
            _ => Bytes::from_static(b"\r\n--x--\r\n"),
        })
    });
    let mut form = form(Body::from_stream(pieces), &settings);
    let (parameters, slots) = form.parameters().await.unwrap();
    let handle = slots["a"].clone();
    assert_eq!(parameters.variables["f"], json!(handle));
    let files = form.files(slots).await.unwrap();
    assert_eq!((files[&handle].name.as_str(), on_disk(&settings)), ("b.csv", PIECES * PIECE as u64));
    // What tokio's file has in hand is 2 MiB.
    let most = most.load(Ordering::Relaxed);
    assert!(most < 4 * 1024 * 1024, "{most} bytes were read and not written");
    drop(files);
    assert_eq!(on_disk(&settings), 0);
}

#[tokio::test]
async fn a_head_without_end_is_not_gathered() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 64 * 1024 * 1024);
    let read = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&read);
    let pieces = stream::iter(0..10_000).map(move |number| {
        count.fetch_add(8 * 1024, Ordering::Relaxed);
        let piece = if number == 0 { Bytes::from_static(b"--x\r\nX: ") } else { Bytes::from(vec![b'a'; 8 * 1024]) };
        Ok::<_, std::io::Error>(piece)
    });
    let problem = form(Body::from_stream(pieces), &settings).parameters().await.err().unwrap();
    assert!(problem.detail.en.contains("head of a part"), "{problem:?}");
    assert!(read.load(Ordering::Relaxed) < 256 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_form_that_stalls_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 1_000);
    let begun = || stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(HEAD.as_bytes()))]);
    let silent = Body::from_stream(begun().chain(stream::pending()));
    let mut stalled = form(silent, &settings);
    let (_, slots) = stalled.parameters().await.unwrap();
    assert_eq!(stalled.files(slots).await.unwrap_err().code, "REQUEST_TIMEOUT");
    let dripping = stream::repeat(()).then(async |()| {
        tokio::time::sleep(Duration::from_secs(29)).await;
        Ok(Bytes::from_static(b"x"))
    });
    let mut dripping = form(Body::from_stream(begun().chain(dripping)), &settings);
    let (_, slots) = dripping.parameters().await.unwrap();
    assert_eq!(dripping.files(slots).await.unwrap_err().code, "REQUEST_TIMEOUT");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The form is read the same wherever the line cuts it.
#[tokio::test]
async fn pieces_of_any_size_are_one_form() {
    let whole = format!("{HEAD}agb_code\r\n--\r\n-x\r;\r\n--x--\r\n");
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings::new(folder.path(), 1_000);
    for size in 1..40 {
        let bytes: Vec<_> =
            whole.as_bytes().chunks(size).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let mut form = form(Body::from_stream(stream::iter(bytes)), &settings);
        let (_, slots) = form.parameters().await.unwrap();
        let mut files = form.files(slots).await.unwrap();
        let (_, mut file) = files.pop_first().unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file.content, &mut text).unwrap();
        assert_eq!(text, "agb_code\r\n--\r\n-x\r;", "in pieces of {size}");
    }
}
