//! The only place with SQL.
//!
//! One text per statement for both engines ([`STATEMENTS`]; a test prepares each on both), one [`Tx`] per unit of
//! work, everything but the turn-takers, the last use of tokens and sessions and sign-ins under way append-only. Lookups give `Option`; the caller decides what absence
//! means. Moments and identifiers come from the caller. The rules of portable SQL: docs/portable-sql.md.

#[macro_use]
mod database;
mod audit;
mod checks;
mod deliveries;
mod error;
mod idempotency;
mod journal;
mod learning;
mod mandates;
mod mark;
mod moment;
mod notices;
mod obligations;
mod observations;
mod organisations;
mod overrides;
mod parts;
mod receipts;
mod related;
mod runs;
mod scope;
mod sessions;
mod submissions;
mod tokens;
mod uploads;

pub use audit::{
    AuditBreak, AuditEntry, append as append_audit, append_once as append_audit_once, verify as verify_audit,
};
pub use checks::{
    RunningCheck, delete as delete_check, delete_old as delete_old_checks, find as find_check,
    find_by_key as find_check_by_key, save as save_check,
};
pub use database::{Connections, Database, STATEMENTS, Statement, Tx};
pub use deliveries::{
    Delivery, append as append_delivery, count as count_deliveries, in_force, last_turn, list as list_deliveries,
    list_of_period as list_deliveries_of_period, list_periods as list_delivered_periods,
    list_supervised as list_supervised_deliveries, take_turn,
};
pub use error::Error;
pub use idempotency::{
    KnownOutcome, delete_old as delete_old_outcomes, find as find_outcome, insert as insert_outcome,
};
pub use journal::Journal;
pub use learning::{
    insert as insert_learning, list_in_force as list_learning_in_force, list_of_submission as list_learning_of,
};
pub use mandates::{
    MandateFilter, insert as insert_mandate, insert_intermediary, list as list_mandates, list_intermediaries,
    list_open as list_mandated, withdraw as withdraw_mandate,
};
pub use mark::{Mark, Marks};
pub use notices::{Listener, Turn, Writer};
pub use obligations::{
    OpenSubmission, beat, decide_extension, insert_downtime, insert_exemption, insert_extension, insert_periods,
    list_downtime, list_exemptions, list_extensions, list_open,
};
pub use observations::{
    insert as insert_observation, list_in_force as list_observations_in_force,
    list_of_submission as list_observations_of,
};
pub use organisations::{
    find_by_agb as find_organisation_by_agb, find_by_id as find_organisation, insert as insert_organisation,
    insert_registration, list as list_organisations, list_registered as list_registered_organisations,
    list_registrations,
};
pub use overrides::{change as change_override, insert as insert_override, list as list_overrides};
pub use parts::{insert as insert_part, list_in_force as list_parts_in_force, list_of_submission as list_parts_of};
pub use receipts::{Receipt, find as find_receipt, insert as insert_receipt, insert_correction};
pub use related::{
    list_corrections, list_deliveries as list_deliveries_of_organisations, list_events as list_events_of,
    list_explanations as list_explanations_of, list_latest as list_latest_submissions, list_receipts, list_same,
    list_submissions as list_submissions_of, list_versions,
};
pub use runs::{
    Run, RunOutcome, find as find_run, find_latest as find_latest_run, insert as insert_run,
    insert_outcome as insert_run_outcome, list as list_runs, list_all as list_all_runs,
    list_outcomes as list_run_outcomes, list_since as list_runs_since,
};
pub use sessions::{
    Session, delete_old_sign_ins, end as end_session, find_by_secret as find_session_by_secret,
    insert as insert_session, insert_sign_in, note_use as note_session_use, take_sign_in,
};
pub use submissions::{
    Explanation, Submission, SubmissionEvent, SubmissionFilter, append_event as append_submission_event,
    explain as insert_explanation, find as find_submission, find_draft, find_of_upload as find_submission_of_upload,
    insert as insert_submission, insert_draft, list as list_submissions, list_changed as list_changed_submissions,
    list_events as list_submission_events, list_explanations,
};
pub use tokens::{
    Token, TokenRecord, find_by_secret as find_token_by_secret, insert as insert_token, list as list_tokens,
    note_use as note_token_use, revoke as revoke_token,
};
pub use uploads::{
    Sender, Upload, delete_expired as delete_expired_uploads, find as find_upload, forget_content,
    insert as insert_upload, load_content, save_content,
};
