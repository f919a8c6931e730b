//! Proves a filed record from its bytes.
