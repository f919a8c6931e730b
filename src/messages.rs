//! Codes into sentences, in Japanese and English, from one catalogue.
