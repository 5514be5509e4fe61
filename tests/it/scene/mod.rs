//! Who takes part in the tests, and what they do: an organisation that delivers, an inspector who looks, and the
//! world they do it in. The world is the real router over a real socket, on a database of its own.

mod client;
mod files;
mod questions;
mod sector;
mod world;

pub(crate) use client::{Answer, Client, Organisation, Submission};
pub(crate) use files::{Indicators, LATER_PERIOD, PERIOD};
pub(crate) use questions::Questions;
pub(crate) use sector::Sector;
pub(crate) use world::{Tally, World};
