//! Takes custody of what has come to rest in a drop folder.
