-- Instants are microseconds since 1970 (UTC), dates are YYYY-MM-DD text, digests 'sha256:…', ids hyphenated UUIDs.
-- JSON columns are RFC 8785 text. Outside names are bytes.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What arrived: one file, or one folder that was moved in.
CREATE TABLE delivery (
    id              TEXT PRIMARY KEY,
    station         TEXT NOT NULL,
    state           TEXT NOT NULL,
    -- relative to the drop folder
    source_name     BLOB NOT NULL,
    source_display  TEXT NOT NULL,
    -- where it was refused before it was copied, and so has no files: the name without its ending, as a sidecar shares it
    refused_stem    BLOB,
    -- JSON code and fields of a refusal or of what is missing
    problem         TEXT,
    -- no · yes · cannot · changed · gone
    source_released TEXT NOT NULL,
    -- counts deliveries as they come: their order, whatever the clock said, which ids are made by
    arrival         BIGINT NOT NULL,
    first_seen_at   BIGINT NOT NULL,
    -- which custody copy counts (a source that changed is copied again), and which of them was measured last
    copy            BIGINT NOT NULL DEFAULT 0,
    measured_copy   BIGINT NOT NULL DEFAULT 0,
    -- the instant at which the custody copy later found complete was durable
    taken_in_at     BIGINT,
    -- the session open at the station at that instant
    session         TEXT,
    -- equal bytes under equal circumstances: a further receipt of that delivery, with no document of its own
    receipt_of      TEXT,
    -- the earlier delivery that this one seems to continue or to replace: its document must not be filed in pieces
    regrown_from    TEXT,
    -- the earlier delivery of that name for which its sidecar or row may have been meant: it speaks only if a person agrees
    sidecar_doubt   TEXT,
    -- 1 where all of it is filed and its copy stays in custody: something that came beside its scans is in no record
    sidecar_kept    BIGINT NOT NULL DEFAULT 0,
    failures        BIGINT NOT NULL DEFAULT 0,
    retry_at        BIGINT,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX delivery_by_arrival ON delivery (arrival);
CREATE INDEX delivery_by_state ON delivery (state, arrival);
CREATE INDEX delivery_by_source ON delivery (station, source_name);
CREATE INDEX delivery_that_was_not_copied ON delivery (station, refused_stem, arrival) WHERE refused_stem IS NOT NULL;
-- Each turn of a station asks for these few; by its name alone, or by a state in which most end, all it ever had would be read.
CREATE INDEX delivery_that_is_not_taken ON delivery (station, id)
    WHERE state IN ('arriving', 'in-custody', 'incomplete', 'completeness-unknown');
CREATE INDEX delivery_with_source ON delivery (station, id) WHERE source_released IN ('no', 'cannot');
CREATE INDEX delivery_that_is_kept ON delivery (station) WHERE sidecar_kept = 1;

-- One file of a delivery, as custody holds it.
CREATE TABLE delivery_file (
    delivery     TEXT NOT NULL REFERENCES delivery (id),
    -- the delivery's: so the index alone finds the newest under a name
    arrival      BIGINT NOT NULL,
    ordinal      BIGINT NOT NULL,
    -- scan · sidecar · index
    role         TEXT NOT NULL,
    source_name  BLOB NOT NULL,
    -- the name without its ending: what a sidecar shares with its scan
    stem         BLOB NOT NULL,
    -- JSON: device, inode, size, times of the source when it was copied
    source_stat  TEXT NOT NULL,
    custody_name TEXT NOT NULL,
    content      TEXT NOT NULL,
    byte_length  BIGINT NOT NULL,
    PRIMARY KEY (delivery, ordinal)
);
CREATE INDEX delivery_file_by_content ON delivery_file (content);
CREATE INDEX delivery_file_by_source ON delivery_file (source_name, arrival);
CREATE INDEX delivery_file_by_stem ON delivery_file (stem, arrival);

-- Rows of a batch list in a drop folder that have spoken, each for one document. They never speak again.
CREATE TABLE used_row (
    station  TEXT NOT NULL,
    -- SHA-256 of the file's name and the row's bytes
    row      TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (station, row)
);
CREATE INDEX used_row_by_document ON used_row (document);

-- The notes that stand in a station's drop folder, by the matter they are about.
CREATE TABLE station_note (
    station TEXT NOT NULL,
    -- an id, or a word for what concerns the folder as a whole
    matter  TEXT NOT NULL,
    -- the name of the file
    note    TEXT NOT NULL,
    PRIMARY KEY (station, matter)
);

-- Bytes, by digest, and what was measured in them.
CREATE TABLE content (
    digest       TEXT PRIMARY KEY,
    byte_length  BIGINT NOT NULL,
    format       TEXT NOT NULL,
    page_count   BIGINT NOT NULL,
    -- the object that holds the measurements
    measurements TEXT NOT NULL
);
CREATE INDEX content_by_measurements ON content (measurements);

-- One patient and one kind.
CREATE TABLE document (
    id              TEXT PRIMARY KEY,
    station         TEXT NOT NULL,
    state           TEXT NOT NULL,
    -- a reason while it waits for somebody; the state is the one it resumes
    held            TEXT,
    held_detail     TEXT,
    document_type   TEXT,
    profile_id      TEXT,
    profile_version BIGINT,
    profile_digest  TEXT,
    patient_id      TEXT,
    obtained_on     TEXT,
    taken_in_at     BIGINT NOT NULL,
    -- 32 random bytes in hexadecimal: what the journal says of the document's state and record is digested with it
    salt            TEXT NOT NULL,
    identity        TEXT NOT NULL,
    claims          TEXT NOT NULL,
    -- JSON: what people stated about it, in order
    stated          TEXT NOT NULL DEFAULT '[]',
    judgement       TEXT,
    -- SHA-256 of the calendar.toml by which it was judged; the bytes are an object
    calendar        TEXT,
    -- JSON: what a person should know of the identity, as codes
    flags           TEXT NOT NULL DEFAULT '[]',
    -- 1 where this table was made anew, and what it was known to be is written nowhere else
    identity_lost   BIGINT NOT NULL DEFAULT 0,
    -- the next deadline that may be missed
    due_at          BIGINT,
    supersedes      TEXT,
    -- the document with equal bytes whose end it waits for
    waits_for       TEXT,
    assigned_to     TEXT,
    failures        BIGINT NOT NULL DEFAULT 0,
    retry_at        BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    -- counts moves and holds
    revision        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX document_by_state ON document (state, held, retry_at, created_at, id);
CREATE INDEX document_by_waiting ON document (waits_for);
CREATE INDEX document_by_patient ON document (patient_id, created_at);
CREATE INDEX document_that_supersedes ON document (supersedes) WHERE supersedes IS NOT NULL;
-- What is filed stays in the table for ever; whoever looks for what waits must not read it all.
CREATE INDEX document_that_is_held ON document (held, station) WHERE held IS NOT NULL;
CREATE INDEX document_that_is_open ON document (due_at, created_at, id)
    WHERE state NOT IN ('filed', 'sent-back', 'discarded', 'disposed');

-- The ordered page ranges a document consists of.
CREATE TABLE document_part (
    document       TEXT NOT NULL REFERENCES document (id),
    ordinal        BIGINT NOT NULL,
    delivery       TEXT NOT NULL REFERENCES delivery (id),
    content        TEXT NOT NULL REFERENCES content (digest),
    first_page     BIGINT NOT NULL,
    page_count     BIGINT NOT NULL,
    delivered_name TEXT NOT NULL,
    PRIMARY KEY (document, ordinal)
);
CREATE INDEX document_part_by_content ON document_part (content);
CREATE INDEX document_part_by_delivery ON document_part (delivery);

-- What came beside a document's files and is signed with it, in order: a sidecar, or its own rows of a batch list.
CREATE TABLE document_sidecar (
    document       TEXT NOT NULL REFERENCES document (id),
    ordinal        BIGINT NOT NULL,
    object         TEXT NOT NULL,
    delivered_name TEXT NOT NULL,
    -- the list's digest, where it is rows of one
    list           TEXT,
    -- 0 where rows that came with its delivery are missing in it
    whole          BIGINT NOT NULL,
    PRIMARY KEY (document, ordinal)
);
CREATE INDEX document_sidecar_by_object ON document_sidecar (object);

-- Signed acts on a document, in order; the journal has the act itself.
CREATE TABLE decision (
    document      TEXT NOT NULL REFERENCES document (id),
    journal_index BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    person        TEXT NOT NULL,
    reason        TEXT,
    entry_digest  TEXT NOT NULL,
    decided_at    BIGINT NOT NULL,
    -- Of a late release: from when the work was possible again.
    possible_again_at BIGINT,
    -- The state of the document that it was about.
    seen          TEXT NOT NULL,
    -- The certificates of those who signed the act.
    certificate   TEXT NOT NULL,
    second_certificate TEXT,
    -- The journal's entry of the revocation that undid it.
    undone_by     BIGINT,
    PRIMARY KEY (document, journal_index)
);
CREATE INDEX decision_by_certificate ON decision (certificate, decided_at);
CREATE INDEX decision_by_second_certificate ON decision (second_certificate, decided_at)
    WHERE second_certificate IS NOT NULL;
CREATE INDEX decision_by_person ON decision (person, document);
CREATE INDEX decision_that_is_undone ON decision (undone_by) WHERE undone_by IS NOT NULL;

-- One try to sign and stamp. An unused signature is kept.
CREATE TABLE attempt (
    id             TEXT PRIMARY KEY,
    document       TEXT NOT NULL REFERENCES document (id),
    number         BIGINT NOT NULL,
    -- signed · stamped · filed · missed
    state          TEXT NOT NULL,
    record         TEXT NOT NULL,
    manifest       TEXT NOT NULL,
    signer         TEXT NOT NULL,
    -- the information manager whom its record names
    manager        TEXT NOT NULL,
    session        TEXT NOT NULL,
    signed_at      BIGINT NOT NULL,
    timestamped_at BIGINT,
    stamp_due_at   BIGINT,
    UNIQUE (document, number)
);
CREATE INDEX attempt_by_session ON attempt (session, signed_at);
CREATE INDEX attempt_by_signature ON attempt (signed_at);
CREATE INDEX attempt_by_stamp ON attempt (timestamped_at) WHERE timestamped_at IS NOT NULL;
CREATE INDEX attempt_that_is_not_filed ON attempt (id) WHERE state <> 'filed';

-- Objects of the store.
CREATE TABLE object (
    digest      TEXT PRIMARY KEY,
    byte_length BIGINT NOT NULL,
    encoding    TEXT NOT NULL,
    key_id      TEXT,
    stored_at   BIGINT NOT NULL
);

-- One filed version of a document.
CREATE TABLE record (
    id             TEXT PRIMARY KEY,
    -- SHA-256 of the manifest
    digest         TEXT NOT NULL UNIQUE,
    document       TEXT NOT NULL REFERENCES document (id),
    version        BIGINT NOT NULL,
    previous       TEXT,
    station        TEXT NOT NULL,
    document_type  TEXT NOT NULL,
    profile_id     TEXT NOT NULL,
    profile_version BIGINT NOT NULL,
    patient_id     TEXT NOT NULL,
    patient_name   TEXT NOT NULL,
    obtained_on    TEXT,
    page_count     BIGINT NOT NULL,
    operator       TEXT,
    signer         TEXT NOT NULL,
    taken_in_at    BIGINT NOT NULL,
    signed_at      BIGINT NOT NULL,
    timestamped_at BIGINT,
    filed_at       BIGINT NOT NULL,
    journal_index  BIGINT NOT NULL,
    UNIQUE (document, version)
);
CREATE INDEX record_by_patient ON record (patient_id, filed_at);
CREATE INDEX record_by_filing ON record (filed_at);
CREATE INDEX record_by_signer ON record (signer, timestamped_at, filed_at);

-- A record's files. Evidence has generations, documents only the first.
CREATE TABLE record_member (
    record     TEXT NOT NULL REFERENCES record (id),
    name       TEXT NOT NULL,
    generation BIGINT NOT NULL,
    object     TEXT NOT NULL REFERENCES object (digest),
    media_type TEXT NOT NULL,
    PRIMARY KEY (record, name, generation)
);

-- Which patient list and calendar were in use last.
CREATE TABLE watched_file (
    name    TEXT PRIMARY KEY,
    digest  TEXT NOT NULL,
    entries BIGINT NOT NULL
);

CREATE TABLE person (
    id         TEXT PRIMARY KEY,
    login      TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kana       TEXT,
    occupation TEXT NOT NULL,
    department TEXT NOT NULL,
    -- active · suspended
    state      TEXT NOT NULL,
    created_by TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE certificate (
    fingerprint   TEXT PRIMARY KEY,
    person        TEXT NOT NULL REFERENCES person (id),
    der           BLOB NOT NULL,
    -- base64 of those between it and the root of an outside authority, with spaces between
    issuers       TEXT NOT NULL,
    suite         TEXT NOT NULL,
    key_file      TEXT NOT NULL,
    not_before    BIGINT NOT NULL,
    not_after     BIGINT NOT NULL,
    revoked_at    BIGINT,
    -- who revoked it alone, being somebody else than its owner
    stopped_by    TEXT,
    -- who had the home's own authority issue it; nobody for those of the genesis entry and of outside authorities
    issued_by     TEXT,
    issued_at     BIGINT NOT NULL,
    journal_index BIGINT NOT NULL
);

CREATE TABLE appointment (
    person        TEXT NOT NULL REFERENCES person (id),
    role          TEXT NOT NULL,
    -- 1 is the holder, 2 and on the substitutes in order
    rank          BIGINT NOT NULL,
    valid_from    BIGINT NOT NULL,
    valid_until   BIGINT,
    journal_index BIGINT NOT NULL,
    -- one that was taken back before it began ends when it would have begun, and may be followed by another
    PRIMARY KEY (person, role, valid_from, journal_index)
);

CREATE TABLE away (
    person        TEXT NOT NULL REFERENCES person (id),
    -- suspended · absent
    why           TEXT NOT NULL,
    valid_from    BIGINT NOT NULL,
    -- none while no end is set
    valid_until   BIGINT,
    journal_index BIGINT NOT NULL,
    PRIMARY KEY (person, why, valid_from, journal_index)
);

CREATE TABLE session (
    id            TEXT PRIMARY KEY,
    person        TEXT NOT NULL REFERENCES person (id),
    -- of the key that it was opened with: with another of the same person's nothing goes on
    certificate   TEXT NOT NULL,
    station       TEXT NOT NULL,
    opened_at     BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    most          BIGINT NOT NULL,
    signed        BIGINT NOT NULL DEFAULT 0,
    -- JSON: what the operator attested, by whom, when
    attestation   TEXT,
    obtained_on   TEXT,
    continues     TEXT,
    closed_at     BIGINT,
    close_reason  TEXT
);
CREATE INDEX session_by_station ON session (station, opened_at);
CREATE INDEX session_that_is_open ON session (opened_at) WHERE closed_at IS NULL;

-- Every version of a profile that was ever in force, byte for byte.
CREATE TABLE profile_version (
    id             TEXT NOT NULL,
    version        BIGINT NOT NULL,
    digest         TEXT NOT NULL,
    bytes          BLOB NOT NULL,
    -- draft · in-force · retired
    state          TEXT NOT NULL,
    journal_index  BIGINT NOT NULL,
    PRIMARY KEY (id, version)
);

-- The journal: exact bytes, the complete nodes of its RFC 6962 tree, and the newest checkpoint.
CREATE TABLE journal_entry (
    idx   BIGINT PRIMARY KEY,
    bytes BLOB NOT NULL,
    -- what the entry is about, for history and for verification both ways
    kind     TEXT NOT NULL,
    document TEXT,
    delivery TEXT,
    record   TEXT,
    person   TEXT,
    session  TEXT
);
CREATE INDEX journal_entry_by_document ON journal_entry (document, idx);
CREATE INDEX journal_entry_by_session ON journal_entry (session, kind, idx);
CREATE INDEX journal_entry_by_delivery ON journal_entry (delivery, idx);
-- Each verification asks for all that was ever said of people, and each status for the newest backup.
CREATE INDEX journal_entry_by_kind ON journal_entry (kind, idx);
CREATE TABLE journal_node (
    level BIGINT NOT NULL,
    idx   BIGINT NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, idx)
);
CREATE TABLE journal_head (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    size       BIGINT NOT NULL,
    root       TEXT NOT NULL,
    checkpoint TEXT NOT NULL
);
-- Personal text that entries commit to; lawful disposal erases it and every proof still stands.
CREATE TABLE journal_private (
    idx  BIGINT PRIMARY KEY REFERENCES journal_entry (idx),
    salt BLOB NOT NULL,
    text TEXT NOT NULL
);
