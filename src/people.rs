//! People, appointments, keys and sessions.
