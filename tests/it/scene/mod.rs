//! Who takes part in the tests, and what they do: an organisation that delivers, an inspector who looks, and the
//! world they do it in. The world is the real router over a real socket, on a database of its own.

mod browser;
mod client;
mod expectations;
mod files;
mod live;
mod program;
mod questions;
mod sector;
mod tour;
mod trail;
mod wire;
mod world;

pub(crate) use browser::{Browser, Lobby, document_id};
pub(crate) use client::{Answer, Client, Organisation, Submission};
pub(crate) use expectations::{Expectations, Gets, Line, Mandates};
pub(crate) use files::{Indicators, PERIOD};
pub(crate) use live::{Event, Events, Heard, Socket};
pub(crate) use program::{Program, last_year};
pub(crate) use questions::Questions;
pub(crate) use sector::{Sector, agb_code, make_in_real_time};
pub(crate) use tour::{ADDRESS, Tour};
pub(crate) use trail::{Trail, kanarie, knock};
pub(crate) use wire::{Wire, until};
pub(crate) use world::{Tally, World};
