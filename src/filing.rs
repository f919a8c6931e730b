//! Into the store, under one transaction.
