"""Puts many records into a home whose daemon does not run, as if they had been filed before.

Two documents were really filed there. Every row about the first (delivery, content, document, attempt, record, their files,
the journal's entries) is written again and again, with other ids, digests, names and patients, one a minute up to now; what
both have in common (profile, calendar) stays one. The journal's tree grows over the entries as RFC 6962 has it. Each object
has its name in the store, but they share a few empty files, so these records cannot be verified: who measures verifies one that
was filed afterwards. The journal's second copy is for the daemon to make up, and the next entry signs the head.
"""

import hashlib
import os
import re
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

# Five records each.
OF_EACH = 5
# Microseconds from one to the next.
STEP = 60_000_000
AT_ONCE = 5000
# A file of ext4 has at most 65,000 names.
NAMES = 60_000
FIRST_PATIENT = 9_000_000
# About one document; the words are the columns that name it.
OF_DOCUMENT = {
    "delivery": "id IN (SELECT delivery FROM document_part WHERE document = :document)",
    "delivery_file": "delivery IN (SELECT delivery FROM document_part WHERE document = :document)",
    "content": "digest IN (SELECT content FROM document_part WHERE document = :document)",
    "document": "id = :document",
    "document_part": "document = :document",
    "attempt": "document = :document",
    "object": "digest IN (SELECT object FROM record_member WHERE record = :record)",
    "record": "document = :document",
    "record_member": "record = :record",
    "journal_entry": "document = :document OR record = :record OR delivery IN"
    " (SELECT delivery FROM document_part WHERE document = :document)",
}
UNIQUE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|sha256:[0-9a-f]{64}")


def grow(root, count):
    with closing(sqlite3.connect(root / "store/torikomi.db", isolation_level=None)) as database:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -3000000"):
            database.execute(f"PRAGMA {setting}")
        # Made once at the end, which is quicker.
        indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        objects = write(database, count)
        for _, sql in indexes:
            database.execute(sql)
        database.execute("PRAGMA locking_mode = NORMAL")
        database.execute("PRAGMA journal_mode = WAL")
    name_objects(root / "store/objects", objects, count)


def write(database, count):
    """Writes the rows; answers by which numbers objects are told from each other."""
    template = Template(database)
    size, root = database.execute("SELECT size, root FROM journal_head").fetchone()
    tree = Tree(database, size)
    assert tree.root() == root, "the tree is not as this script has it"
    inserts = {table: f"INSERT INTO {table} VALUES ({', '.join('?' * width)})" for table, width in template.widths.items()}
    for first in range(0, count, AT_ONCE):
        rows = {table: [] for table in inserts}
        nodes = []
        for number in range(first, min(first + AT_ONCE, count)):
            for table, made in template.rows(number, count, size):
                rows[table].append(made)
            for entry in rows["journal_entry"][-template.entries :]:
                nodes += tree.append(entry[1])
            size += template.entries
        database.execute("BEGIN")
        for table, sql in inserts.items():
            database.executemany(sql, rows[table])
        database.executemany("INSERT INTO journal_node VALUES (?, ?, ?)", nodes)
        database.execute("COMMIT")
    database.execute("UPDATE journal_head SET size = ?, root = ?", (size, tree.root()))
    return template.objects


class Template:
    """The rows of one document, as a function of a number."""

    def __init__(self, database):
        database.row_factory = sqlite3.Row
        first, second = database.execute("SELECT id AS record, document, patient_id FROM record ORDER BY filed_at").fetchall()
        of_first, of_second = ({
            table: [dict(row) for row in database.execute(f"SELECT * FROM {table} WHERE {where}", dict(about))]
            for table, where in OF_DOCUMENT.items()
        } for about in (first, second))
        database.row_factory = None
        shared = set(UNIQUE.findall(text_of(of_second)))
        own = sorted(set(UNIQUE.findall(text_of(of_first))) - shared)
        # Measurements of equal pictures are equal; here each has its own.
        own += sorted({row["measurements"] for row in of_first["content"]} & shared)
        of_first["object"] = [row for row in of_first["object"] if row["digest"] in own]
        names = {row["delivered_name"] for row in of_first["document_part"]}
        self.own = {text: f"own({place}, number, count)" for place, text in enumerate(own)}
        self.own |= {name: "name(number)" for name in names} | {first["patient_id"]: "patient(number)"}
        kept = {row["digest"] for row in of_first["object"]} | {row["measurements"] for row in of_first["content"]}
        self.objects = [place for place, text in enumerate(own) if text in kept]
        self.widths = {table: len(rows[0]) for table, rows in of_first.items() if rows}
        self.entries = len(of_first["journal_entry"])
        self.first_entry = {row["idx"]: place for place, row in enumerate(of_first["journal_entry"])}
        made = [
            f"({table!r}, ({', '.join(self.column(name, value) for name, value in row.items())},))"
            for table, rows in of_first.items()
            for row in rows
        ]
        called = {call: f"v{place}" for place, call in enumerate(dict.fromkeys(self.own.values()))}
        lines = [f"    {variable} = {call}" for call, variable in called.items()]
        body = ", ".join(made)
        for call, variable in called.items():
            body = body.replace(f"<{call}>", variable)
        code = "\n".join(["def rows(number, count, size):", *lines, "    back = (count - number) * STEP", f"    return [{body}]"])
        scope = {"own": self.made_own(own), "name": name_of, "patient": patient_of, "STEP": STEP}
        exec(code, scope)
        self.rows = scope["rows"]

    def column(self, name, value):
        """The Python expression that makes this column."""
        if name in ("idx", "journal_index"):
            return f"size + {self.first_entry[value]}"
        if name.endswith("_at") and value is not None:
            return f"{value} - back"
        if isinstance(value, bytes):
            try:
                return f"({self.text(value.decode())}).encode()"
            except UnicodeDecodeError:
                return repr(value)
        return self.text(value) if isinstance(value, str) else repr(value)

    def text(self, value):
        places = "|".join(re.escape(text) for text in sorted(self.own, key=len, reverse=True))
        pieces = []
        for piece in re.split(f'({places}|"index":[0-9]+)', value):
            if piece in self.own:
                pieces.append(f"<{self.own[piece]}>")
            elif piece.startswith('"index":') and int(piece[8:]) in self.first_entry:
                pieces.append(f"'\"index\":' + str(size + {self.first_entry[int(piece[8:])]})")
            elif piece:
                pieces.append(repr(piece))
        return " + ".join(pieces) or "''"

    @staticmethod
    def made_own(own):
        """An id of its time (UUIDv7), or a digest."""
        now = int(time.time() * 1000)

        def make(place, number, count):
            if own[place].startswith("sha256:"):
                return digest(place, number)
            at = now - (count - number) * (STEP // 1000)
            return f"{at >> 16:08x}-{at & 0xFFFF:04x}-7{place:03x}-8000-{number:012x}"

        return make


def text_of(rows):
    values = [value for table in rows.values() for row in table for value in row.values()]
    values = [value.decode(errors="replace") if isinstance(value, bytes) else value for value in values]
    return "\n".join(value for value in values if isinstance(value, str))


def digest(place, number):
    return "sha256:" + hashlib.sha256(b"%d %d" % (place, number)).hexdigest()


def patient_of(number):
    return str(FIRST_PATIENT + number // OF_EACH)


def name_of(number):
    return f"{patient_of(number)}_{number}.tif"


class Tree:
    """The right edge of an RFC 6962 tree."""

    def __init__(self, database, size):
        self.size, self.edge = size, {}
        for level in range(size.bit_length()):
            if size >> level & 1:
                at = (level, (size >> level) - 1)
                (self.edge[level],) = database.execute("SELECT hash FROM journal_node WHERE level = ? AND idx = ?", at).fetchone()

    def append(self, entry):
        """Answers the nodes that are complete with it."""
        level, index, made = 0, self.size, hashlib.sha256(b"\0" + entry).digest()
        nodes = [(level, index, made)]
        while index & 1:
            made = hashlib.sha256(b"\1" + self.edge.pop(level) + made).digest()
            level, index = level + 1, index >> 1
            nodes.append((level, index, made))
        self.edge[level] = made
        self.size += 1
        return nodes

    def root(self):
        made = None
        for level in sorted(self.edge):
            made = self.edge[level] if made is None else hashlib.sha256(b"\1" + self.edge[level] + made).digest()
        return "sha256:" + made.hex()


def name_objects(store, places, count):
    """Gives each object its name in the store."""
    for shard in range(256):
        (store / f"{shard:02x}").mkdir(exist_ok=True)
    names, file = NAMES, None
    for number in range(count):
        for place in places:
            if names == NAMES:
                names, file = 0, store.parent / f"empty-{number}-{place}"
                file.touch()
            name = digest(place, number).removeprefix("sha256:")
            os.link(file, f"{store}/{name[:2]}/{name}")
            names += 1
    for file in store.parent.glob("empty-*"):
        file.unlink()


if __name__ == "__main__":
    grow(Path(sys.argv[1]), int(sys.argv[2]))
