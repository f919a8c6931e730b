//! Torikomi (取込) takes in scanned hospital paper and film.
//!
//! A file is taken in, measured, identified, inspected, perhaps reviewed by a person, signed and time-stamped, filed,
//! and later verified or exported. The modules below stand in that order, and each names only what stands above it;
//! `tests/layers.rs` keeps it so.

// -- words: plain data, no input or output --
pub mod ids;
pub mod instant;
pub mod measurements;
pub mod paper;
pub mod identity;
pub mod toml_text;
pub mod requirement;
pub mod calendar;
pub mod judgement;
pub mod profile;
pub mod document;
pub mod evidence;

// -- instruments: one outside thing each --
pub mod system;
pub mod durable;
pub mod clock;
pub mod messages;
pub mod config;
pub mod image;
pub mod crypto;
pub mod keyring;
pub mod http;
pub mod authority;
pub mod database;
pub mod ledger;
pub mod journal;
pub mod store;
pub mod people;
pub mod patients;

// -- stages: one step each --
pub mod intake;
pub mod measuring;
pub mod identification;
pub mod inspection;
pub mod review;
pub mod signing;
pub mod filing;
pub mod verification;
pub mod export;

// -- order and doors --
pub mod pipeline;
pub mod upkeep;
pub mod control;
pub mod daemon;
pub mod cli;
