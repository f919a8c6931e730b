//! Filed records and their objects: append, read, list; nothing is rewritten.
