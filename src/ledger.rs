//! Where each delivery and document is; the queue of every stage.
