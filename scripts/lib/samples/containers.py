"""Writes pictures as the files that scanners deliver. The same pictures give the same bytes."""

import io
import subprocess
import tempfile
import zlib
from pathlib import Path

from PIL import TiffImagePlugin

from sheet import DPI


def tiff(images, compression="group4", dpi=DPI):
    """A TIFF, one page an image. `dpi` None leaves the resolution tags out."""
    options = {"compression": compression}
    if dpi is not None:
        options["dpi"] = (dpi, dpi)
    if compression == "group4":
        options["tiffinfo"] = _G4_TAGS
    if compression == "tiff_adobe_deflate":
        options["tiffinfo"] = {TiffImagePlugin.PREDICTOR: 2}
    pages = []
    for image in images:
        out = io.BytesIO()
        image.save(out, "TIFF", **options)
        pages.append(out.getvalue())
    return pages[0] if len(pages) == 1 else _joined(pages)


def _joined(pages):
    """TIFFs of one page each as one file. Not Pillow's way, which pads the file's end."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number}.tif") for number in range(len(pages))]
        for file, data in zip(files, pages):
            file.write_bytes(data)
        target = Path(folder, "all.tif")
        subprocess.run(["tiffcp", *files, target], check=True)
        return target.read_bytes()


# As scanners write it: one strip, and paper (the long runs) is 0. Pillow turns the bits round when it sees this tag.
_G4_TAGS = {TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: 0, TiffImagePlugin.ROWSPERSTRIP: 65_535}


def jpeg(image, quality=85, dpi=DPI, subsampling="4:2:0"):
    out = io.BytesIO()
    options = {} if dpi is None else {"dpi": (dpi, dpi)}
    image.save(out, "JPEG", quality=quality, subsampling=subsampling, optimize=True, **options)
    return out.getvalue()


def png(image, dpi=DPI):
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, dpi=(dpi, dpi))
    return out.getvalue()


def pdf_of_jpegs(pages, script=None):
    """A scanned PDF: each page one DCT image that fills it. `pages` are (jpeg bytes, image)."""
    return _pdf(
        [
            (data, image.size, f"/ColorSpace /{'DeviceGray' if image.mode == 'L' else 'DeviceRGB'} "
                               "/BitsPerComponent 8 /Filter /DCTDecode")
            for data, image in pages
        ],
        script,
    )


def pdf_of_g4(images, script=None):
    """A scanned PDF: each page one CCITT group 4 image that fills it."""
    pages = []
    for image in images:
        width, height = image.size
        parameters = f"<< /K -1 /Columns {width} /Rows {height} /BlackIs1 false >>"
        entry = f"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms {parameters}"
        pages.append((_g4_strip(image), image.size, entry))
    return _pdf(pages, script)


def _g4_strip(image):
    """The bare group 4 data of a picture, taken out of a TIFF of one strip."""
    data = tiff([image])
    tags = TiffImagePlugin.TiffImageFile(io.BytesIO(data)).tag_v2
    (offset,), (count,) = tags[TiffImagePlugin.STRIPOFFSETS], tags[TiffImagePlugin.STRIPBYTECOUNTS]
    return data[offset : offset + count]


def _pdf(pages, script):
    objects = []

    def add(body, stream=None):
        if stream is not None:
            body = f"<< {body} /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream"
        objects.append(body if isinstance(body, bytes) else body.encode())
        return len(objects)

    catalog, tree = add(""), add("")
    kids = []
    for data, (width, height), entry in pages:
        image = add(f"/Type /XObject /Subtype /Image /Width {width} /Height {height} {entry}", data)
        points = (f"{width * 72 / DPI:.3f}", f"{height * 72 / DPI:.3f}")
        content = zlib.compress(f"q {points[0]} 0 0 {points[1]} 0 0 cm /Im0 Do Q".encode(), 9)
        contents = add("/Filter /FlateDecode", content)
        kids.append(
            add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {points[0]} {points[1]}] "
                f"/Resources << /XObject << /Im0 {image} 0 R >> >> /Contents {contents} 0 R >>"
            )
        )
    action = "" if script is None else f" /OpenAction << /S /JavaScript /JS ({script}) >>"
    objects[catalog - 1] = f"<< /Type /Catalog /Pages {tree} 0 R{action} >>".encode()
    references = " ".join(f"{kid} 0 R" for kid in kids)
    objects[tree - 1] = f"<< /Type /Pages /Kids [{references}] /Count {len(kids)} >>".encode()

    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root {catalog} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
