//! Who did what and when; append-only, in a Merkle tree, checkpointed.
