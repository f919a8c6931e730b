//! Keys, certificates, signatures and time-stamps: `make` encodes, `check` decodes.
