//! Who accepts a document: a person, or the profile's own policy.
