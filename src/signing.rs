//! A person's signature, then a time-stamp, over one record.
