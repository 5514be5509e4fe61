//! What has to get into the audit log though nobody waits for the database: lines in a file beside it.
//!
//! A line is in the file before the answer it is about leaves, so that a process that is killed loses none; soon after,
//! [`Journal::take`] and [`Journal::done`] move all of them into the log. A journal that cannot be written, or that has
//! grown as long as nobody came for it, takes no more lines: what has to be noted is then not answered.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{AuditEntry, Error};

/// The most bytes that wait: some 25,000 lines.
const LIMIT: u64 = 8 * 1024 * 1024;

/// From here on it presses: moving these takes less time than filling the rest.
const PRESSING: u64 = LIMIT / 4;

/// Lines that wait for the audit log, in a file that only this process writes.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Locked for as long as this process lives: another would take lines away from under it.
    _lock: File,
    /// What is being moved into the log; the next lines go into another file.
    moving: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
    /// All that is in the file, when this process wrote all of it: it need not be read again.
    lines: Option<Vec<AuditEntry>>,
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes, lines: (bytes == 0).then(Vec::new) })
    }
}

impl Journal {
    /// The journal at `path`, with what an earlier process left in it. Refused while another process has it open.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let lock = File::create(path.with_extension("lock")).map_err(Error::Journal)?;
        lock.try_lock().map_err(|error| Error::Journal(error.into()))?;
        let open = Open::at(path).map_err(Error::Journal)?;
        let moving = path.with_extension("moving");
        Ok(Self { path: path.to_owned(), _lock: lock, moving, open: Mutex::new(open) })
    }

    /// Adds a line. When this returns, it will get into the log, whatever becomes of this process. Says whether so much
    /// waits now that it had better be moved at once.
    pub fn append(&self, entry: AuditEntry) -> Result<bool, Error> {
        let mut line = serde_json::to_vec(&entry).map_err(|error| Error::Journal(error.into()))?;
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let length = line.len() as u64;
        if open.bytes + length > LIMIT {
            return Err(Error::Journal(io::Error::new(ErrorKind::QuotaExceeded, "the audit journal is full")));
        }
        if let Err(error) = open.file.write_all(&line) {
            // Half a line must not spoil the next.
            let whole = open.bytes;
            open.file.set_len(whole).map_err(Error::Journal)?;
            return Err(Error::Journal(error));
        }
        open.bytes += length;
        if let Some(lines) = &mut open.lines {
            lines.push(entry);
        }
        Ok(open.bytes >= PRESSING)
    }

    /// How many bytes wait, those included that are being moved.
    pub fn waiting(&self) -> u64 {
        let moving = fs::metadata(&self.moving).map_or(0, |file| file.len());
        self.open.lock().unwrap_or_else(PoisonError::into_inner).bytes + moving
    }

    /// What waits, the oldest first; kept until [`Journal::done`]. Lines that were taken before and not done come again.
    pub fn take(&self) -> Result<Vec<AuditEntry>, Error> {
        self.read().map_err(Error::Journal)
    }

    /// What was taken is in the log.
    pub fn done(&self) -> Result<(), Error> {
        match fs::remove_file(&self.moving) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::Journal(error)),
            _ => Ok(()),
        }
    }

    fn read(&self) -> io::Result<Vec<AuditEntry>> {
        if !self.moving.exists() {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if open.bytes == 0 {
                return Ok(Vec::new());
            }
            fs::rename(&self.path, &self.moving)?;
            let next = Open::at(&self.path).or_else(|error| {
                // What comes goes on into the file that is open.
                fs::rename(&self.moving, &self.path)?;
                Err(error)
            })?;
            if let Some(lines) = std::mem::replace(&mut *open, next).lines {
                return Ok(lines);
            }
        }
        let text = fs::read(&self.moving)?;
        // Half a line at the end: its process was killed before anything was answered.
        let whole = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        whole.map(|line| serde_json::from_slice(line).map_err(io::Error::from)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AuditId, Instant};

    fn entry(number: u128) -> AuditEntry {
        AuditEntry {
            id: AuditId::from_bits(number),
            at: Instant::from_microseconds(1),
            actor: "tok".to_owned(),
            action: "scores.read".into(),
            object: "run".to_owned(),
            result: "done".to_owned(),
            origin: "127.0.0.1".to_owned(),
            document: None,
            cost: Some(3),
        }
    }

    #[test]
    fn lines_come_again_until_they_are_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.journal");
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.take().unwrap(), []);
        journal.append(entry(1)).unwrap();
        assert_eq!(journal.take().unwrap(), [entry(1)]);
        journal.append(entry(2)).unwrap();
        let moving = fs::metadata(path.with_extension("moving")).unwrap().len();
        assert_eq!(journal.waiting(), moving * 2, "both wait: the lines are as long");
        assert!(Journal::open(&path).is_err(), "two would take lines away from each other");
        drop(journal);
        // Another process, after this one was killed.
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.take().unwrap(), [entry(1)]);
        journal.done().unwrap();
        assert_eq!(journal.take().unwrap(), [entry(2)]);
        journal.done().unwrap();
        assert_eq!(journal.take().unwrap(), []);
    }

    #[test]
    fn half_a_line_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.journal");
        Journal::open(&path).unwrap().append(entry(1)).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"id\":").unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.take().unwrap(), [entry(1)]);
    }

    #[test]
    fn a_journal_that_nobody_empties_takes_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("audit.journal")).unwrap();
        let long = AuditEntry { object: "x".repeat(64 * 1024), ..entry(1) };
        let taken: Vec<bool> = (0..1_000).map_while(|_| journal.append(long.clone()).ok()).collect();
        assert!((100..128).contains(&taken.len()), "{}", taken.len());
        let pressing = taken.iter().position(|pressing| *pressing).unwrap();
        assert!((25..32).contains(&pressing) && taken[pressing..].iter().all(|pressing| *pressing), "{pressing}");
        journal.take().unwrap();
        assert!(!journal.append(long.clone()).unwrap());
    }
}
