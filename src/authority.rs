//! Time-stamps from an authority, RFC 3161 over HTTP.
