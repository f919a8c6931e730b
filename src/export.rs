//! A record and its proof, for someone outside.
