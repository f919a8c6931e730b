"""Makes many scans out of the samples: each with bytes of its own, all with the sample's picture.

Only a comment differs, so that every file costs a decoder the same, and none is taken for a second copy of another.
"""

import struct


def jpeg(sample: bytes, comment: bytes) -> bytes:
    """With a comment segment behind the first segment, which JFIF demands to be its own."""
    first = 4 + struct.unpack(">H", sample[4:6])[0]
    return sample[:first] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + sample[first:]


def tiff(sample: bytes, comment: bytes) -> bytes:
    """With an ImageDescription, in a new directory at the end; the one page stays where it is."""
    assert sample[:4] == b"II*\0"
    (directory,) = struct.unpack("<I", sample[4:8])
    (count,) = struct.unpack("<H", sample[directory : directory + 2])
    rows = sample[directory + 2 : directory + 2 + 12 * count]
    entries = [rows[at : at + 12] for at in range(0, len(rows), 12)]
    description = 270
    entries = [entry for entry in entries if struct.unpack("<H", entry[:2])[0] != description]
    text = comment + b"\0"
    text += b"\0" * (-(len(sample) + len(text)) % 2)
    entries.append(struct.pack("<HHII", description, 2, len(text), len(sample)))
    entries.sort(key=lambda entry: struct.unpack("<H", entry[:2])[0])
    new = struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", 0)
    return sample[:4] + struct.pack("<I", len(sample) + len(text)) + sample[8:] + text + new
