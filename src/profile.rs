//! What a hospital asks of one kind of document; the numbers live here.
