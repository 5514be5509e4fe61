//! The one integration binary: a harness, then a module per area.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod architecture;
mod cli;
mod contracts;
mod crash;
mod demo;
mod failures;
mod half_way;
mod harness;
mod http;
mod known_at;
mod life_approval;
mod life_obligations;
mod life_plausibility;
mod outcome;
mod scene;
mod scope;
mod score_table;
mod submissions;
mod verify;
