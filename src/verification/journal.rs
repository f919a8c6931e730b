//! The whole journal.
