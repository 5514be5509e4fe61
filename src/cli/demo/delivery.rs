//! Files on their way, and when people send them.

use jiff::civil::{Weekday, date};

use super::random::Stream;
use crate::domain::{AgbCode, Instant, Text};

/// One file that an organisation uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When, in the demo's own time.
    pub at: Instant,
    /// By whom, and about whom.
    pub agb_code: AgbCode,
    /// The code of the dataset.
    pub dataset: &'static str,
    /// The report year.
    pub year: i16,
    /// The name of the file.
    pub file_name: String,
    /// What is in it, byte for byte.
    pub bytes: Vec<u8>,
    /// What the intake should make of it.
    pub expected: Expectation,
    /// The code of the story it belongs to, where it belongs to one.
    pub story: Option<&'static str>,
}

/// What the intake should make of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// No errors. Should there be questions after all, they are about numbers that are strange but right.
    Accepted,
    /// No errors, and at least one question, to which this is the organisation's answer.
    AcceptedWithQuestions {
        /// What the organisation answers.
        explanation: Text,
    },
    /// At least one error: there is nothing to approve.
    Rejected,
}

/// The three sorts of files, in the order in which they are sent.
pub(super) const DATASETS: [&str; 3] = ["indicatoren", "personeel", "evaluaties"];

const DAY: i64 = 24 * 60 * 60;

/// A working moment between 1 February and 1 June after `year`, more often late than early.
pub(super) fn ordinary_moment(year: i16, stream: &mut Stream) -> Instant {
    // The larger of two draws: most people deliver in April and May.
    let days = stream.below(118).max(stream.below(118));
    working_moment(Instant::at_start_of(date(year + 1, 2, 1)).plus_seconds((2 + i64::from(days)) * DAY), stream)
}

/// A moment in working hours on this day, or on the Friday before it.
pub(super) fn working_moment(day: Instant, stream: &mut Stream) -> Instant {
    let back = match day.date().weekday() {
        Weekday::Saturday => 1,
        Weekday::Sunday => 2,
        _ => 0,
    };
    // From 07:00 to 14:40 UTC; the three files together take less than twenty minutes more.
    day.plus_seconds(-back * DAY + 7 * 3_600 + i64::from(stream.below(27_600)))
}
