//! The one integration binary: a harness, then a module per area.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod answers;
mod architecture;
mod audit_reads;
mod callers;
mod cli;
mod contracts;
mod copies;
mod crash;
mod demo;
mod exports;
mod failures;
mod half_way;
mod harness;
mod http;
mod inputs;
mod known_at;
mod learning;
mod levels;
mod life_approval;
mod life_obligations;
mod life_plausibility;
mod live;
mod live_clients;
mod live_processes;
mod live_scope;
mod live_socket;
mod mandates;
mod matrix;
mod multipart;
mod once;
mod openapi;
mod outcome;
mod overrides;
mod plans;
mod scene;
mod scope;
mod score_table;
mod security;
mod sign_in;
mod sign_in_provider;
mod submissions;
mod verify;
mod walls;
