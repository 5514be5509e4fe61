//! What this process did since it started and how it is doing, as numbers without a name: for whoever watches over it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Service;
use crate::store::Connections;

/// What happened, in numbers that only grow.
#[derive(Debug, Default)]
pub(super) struct Counts {
    accepted: AtomicU64,
    rejected: AtomicU64,
    approvals: AtomicU64,
    withdrawals: AtomicU64,
    runs: AtomicU64,
    again: AtomicU64,
}

/// What this process did since it started, and how it is doing now.
#[derive(Clone, Copy, Debug)]
pub struct ServiceTally {
    /// Files that were checked and have no errors.
    pub accepted: u64,
    /// Files that were checked and have errors.
    pub rejected: u64,
    /// Submissions that were approved.
    pub approvals: u64,
    /// Submissions that were withdrawn.
    pub withdrawals: u64,
    /// Scoring runs that were made.
    pub runs: u64,
    /// Answers that were given again from memory.
    pub again: u64,
    /// Bytes of the journal of reads that wait for the audit log.
    pub journal_bytes: u64,
    /// The connections to the database.
    pub connections: Connections,
}

impl Counts {
    pub(super) fn checked(&self, accepted: bool) {
        let count = if accepted { &self.accepted } else { &self.rejected };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn approved(&self, submissions: usize, runs: usize) {
        self.approvals.fetch_add(submissions as u64, Ordering::Relaxed);
        self.made_runs(runs);
    }

    pub(super) fn withdrew(&self, runs: usize) {
        self.withdrawals.fetch_add(1, Ordering::Relaxed);
        self.made_runs(runs);
    }

    pub(super) fn gave_again(&self) {
        self.again.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn made_runs(&self, runs: usize) {
        self.runs.fetch_add(runs as u64, Ordering::Relaxed);
    }
}

impl Service {
    /// What this process did and how it is doing. Asks no database.
    pub fn tally(&self) -> ServiceTally {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { accepted, rejected, approvals, withdrawals, runs, again } = &*self.counts;
        ServiceTally {
            accepted: read(accepted),
            rejected: read(rejected),
            approvals: read(approvals),
            withdrawals: read(withdrawals),
            runs: read(runs),
            again: read(again),
            journal_bytes: self.journal_bytes(),
            connections: self.database.connections(),
        }
    }
}
