//! Business days, staffed hours, and the deadlines that follow from them.
