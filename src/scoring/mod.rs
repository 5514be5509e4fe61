//! Observations to explained signals and scores (method.md).
//!
//! A pure function: the same [`Sector`] gives the same [`Outcome`] to the last bit, whatever the order of what is
//! handed in. [`score`] arranges the figures (`arrange`, `derive`), reads them by kind (`value`), compares them with
//! peers (`peers`, `method`) and combines what comes out (`correlation`, `combine`, `rank`).

mod account;
mod arrange;
mod backtest;
mod change;
mod chart;
mod column;
mod combine;
mod correlation;
mod credit;
mod derive;
mod drift;
mod engine;
mod located;
mod method;
mod outcome;
mod past;
mod peers;
mod quality;
mod rank;
mod run;
mod sector;
mod sentence;
mod signal;
mod simulate;
mod slip;
mod small;
mod succession;
mod table;
mod value;

pub use account::{Account, FlagRate, KindRate, Size, SizeRate, Tally};
pub use backtest::{
    AreaFigure, Backtest, BacktestColumns, BinFigure, CALIBRATED_FROM, Figures, Group, LeftOut, ShareFigure,
    Top as TopVisits, Visit, backtest, read_outcomes,
};
pub use change::Change;
pub use chart::{Chart, ChartLimits, ChartPoint, ChartSums, chart};
pub use column::{Column, judge_proportions, judge_values};
pub use drift::{Drift, Step, TypicalValue};
pub use engine::{score, score_periods};
pub use located::{Fault, Faults};
pub use outcome::{
    AtMost, ChangeNeeded, Contribution, Correlation, Dispersion, Fit, Headline, Insufficiency, Interval,
    NormComparison, OrganisationOutcome, Outcome, PeerGroup, Pooled, Score, Signal, Slip, Thresholds, Top, TypingError,
};
pub use quality::{DataFinding, DataInputs, DataQuality, DeliveredDataset, data_sentence, data_signal_sentence};
pub use run::{ENGINE_VERSION, RunKey, input_hash};
pub use sector::{Measure, Member, Method, Override, Sector, Settings, Threshold};
pub use sentence::{
    Reader, account_sentence, change_sentence, override_sentence, overrides_sentence, score_sentence, signal_sentence,
};
pub use simulate::{Alarms, FalseAlarms, LevelAlarms, Simulation};
pub use succession::counted_together;
pub use table::{ScoreTable, TableConfig, TableFaults, seventeen_digits};

#[cfg(test)]
mod tests;
