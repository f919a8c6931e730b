"""A sheet of paper, drawn in millimetres: print, pen, seals."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

DPI = 300
BLACK = (28, 28, 30)
PEN_BLUE = (34, 48, 122)
SEAL_RED = (203, 38, 44)

PAPER_MM = {"A4": (210, 297), "A5": (148, 210), "A5-landscape": (210, 148)}

_FONT_FILES = {
    "gothic": "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "gothic-p": "/usr/share/fonts/opentype/ipafont-gothic/ipagp.ttf",
    "mincho": "/usr/share/fonts/opentype/ipafont-mincho/ipam.ttf",
    "pen": "/usr/share/fonts/truetype/klee/KleeOne-SemiBold.ttf",
}
_fonts = {}

# No line begins with one of these (行頭禁則).
_NOT_FIRST = "、。，．）」』・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％"


def px(mm):
    return round(mm * DPI / 25.4)


def font(face, points):
    key = (face, points)
    if key not in _fonts:
        _fonts[key] = ImageFont.truetype(_FONT_FILES[face], round(points * DPI / 72))
    return _fonts[key]


class Sheet:
    def __init__(self, paper, rng):
        self.width, self.height = PAPER_MM[paper]
        self.image = Image.new("RGB", (px(self.width), px(self.height)), (255, 255, 255))
        self.draw = ImageDraw.Draw(self.image)
        self.rng = rng

    # Print.

    def text(self, x, y, text, points=10.5, face="mincho", ink=BLACK, anchor="la"):
        self.draw.text((px(x), px(y)), text, font=font(face, points), fill=ink, anchor=anchor)

    def paragraph(self, x, y, width, text, points=10.5, face="mincho", leading=1.55, ink=BLACK):
        """Wraps `text` into `width` and returns the y below it."""
        step = points * leading * 25.4 / 72
        for line in wrap(text, font(face, points), px(width)):
            self.text(x, y, line, points, face, ink)
            y += step
        return y

    def line(self, x1, y1, x2, y2, weight=0.2, ink=BLACK):
        self.draw.line((px(x1), px(y1), px(x2), px(y2)), fill=ink, width=max(1, px(weight)))

    def box(self, x, y, width, height, weight=0.25, fill=None):
        self.draw.rectangle(
            (px(x), px(y), px(x + width), px(y + height)), outline=BLACK, width=max(1, px(weight)), fill=fill
        )

    def table(self, x, y, widths, rows, row_height=7.0, points=9.5, face="gothic", head=True):
        """Draws a ruled table and returns the y below it."""
        total = sum(widths)
        for number, row in enumerate(rows):
            top = y + number * row_height
            if head and number == 0:
                self.draw.rectangle((px(x), px(top), px(x + total), px(top + row_height)), fill=(226, 226, 226))
            left = x
            for width, cell in zip(widths, row):
                self.box(left, top, width, row_height, 0.15)
                self.text(left + 1.5, top + row_height / 2, cell, points, face, anchor="lm")
                left += width
        self.box(x, y, total, row_height * len(rows), 0.35)
        return y + row_height * len(rows)

    def seal_place(self, x, y):
        """The printed ring that asks for a seal."""
        radius = px(1.9)
        self.draw.ellipse((px(x) - radius, px(y) - radius, px(x) + radius, px(y) + radius), outline=BLACK, width=2)
        self.text(x, y, "印", 8, anchor="mm")

    def code39(self, x, y, data, height=9.0, narrow=0.25):
        """A real Code 39 symbol with its text below."""
        left = px(x)
        for character in f"*{data}*":
            for index, wide in enumerate(_CODE39[character]):
                width = px(narrow * (2.5 if wide == "1" else 1))
                if index % 2 == 0:
                    self.draw.rectangle((left, px(y), left + width - 1, px(y + height)), fill=BLACK)
                left += width
            left += px(narrow)
        self.text((x + left * 25.4 / DPI) / 2, y + height + 0.8, data, 9, "gothic", anchor="ma")

    # Pen and seal.

    def date_by_hand(self, x, y, before, numbers, ink=PEN_BLUE):
        """令和 _ 年 _ 月 _ 日, the blanks filled in with a pen."""
        for printed, number in zip((before, "年", "月", "日"), (*numbers, None)):
            self.text(x, y, printed, 11)
            x += font("mincho", 11).getlength(printed) * 25.4 / DPI
            if number is not None:
                self.pen(x + 1.6, y + 1.9, str(number), 12.5, ink)
                x += 9

    def pen(self, x, y, text, points=14, ink=PEN_BLUE):
        """Writes by hand: each character a little off its place, size and angle."""
        for character in text:
            size = points * self.rng.uniform(0.94, 1.07)
            glyph_font = ImageFont.truetype(_FONT_FILES["pen"], round(size * DPI / 72))
            side = round(size * DPI / 72 * 1.6)
            glyph = Image.new("L", (side, side), 0)
            ImageDraw.Draw(glyph).text((side / 2, side / 2), character, font=glyph_font, fill=255, anchor="mm")
            glyph = glyph.rotate(self.rng.uniform(-5, 5), Image.Resampling.BICUBIC)
            advance = glyph_font.getlength(character) * 25.4 / DPI
            drop = self.rng.uniform(-0.35, 0.35)
            self._ink(glyph, px(x + advance / 2) - side // 2, px(y + drop) - side // 2, ink, pressure=0.18)
            x += advance * self.rng.uniform(0.96, 1.06)

    def tick(self, x, y, size=4.5, ink=PEN_BLUE):
        self.stroke([(x, y), (x + size * 0.35, y + size * 0.45), (x + size, y - size * 0.6)], ink)

    def ring(self, x, y, width, height, ink=PEN_BLUE):
        """A word circled by hand: an ellipse that does not quite close where it began."""
        points = []
        start = self.rng.uniform(-2.0, -1.2)
        for step in range(41):
            angle = start + step / 40 * 2 * math.pi * 1.04
            swell = 1 + 0.05 * math.sin(2 * angle + start) + step * 0.0012
            points.append((x + math.cos(angle) * width / 2 * swell, y + math.sin(angle) * height / 2 * swell))
        self.stroke(points, ink)

    def stroke(self, points, ink=PEN_BLUE, weight=0.45):
        mask = Image.new("L", self.image.size, 0)
        draw = ImageDraw.Draw(mask)
        draw.line([(px(a), px(b)) for a, b in points], fill=255, width=px(weight), joint="curve")
        for a, b in (points[0], points[-1]):
            radius = px(weight) / 2
            draw.ellipse((px(a) - radius, px(b) - radius, px(a) + radius, px(b) + radius), fill=255)
        box = mask.getbbox()
        self._ink(mask.crop(box), box[0], box[1], ink, pressure=0.15)

    def round_seal(self, x, y, name, diameter=10.5, ink=SEAL_RED):
        """A personal seal (認印), its characters one above the other, unevenly inked and a little turned."""
        side = px(diameter * 1.3)
        mask = Image.new("L", (side, side), 0)
        draw = ImageDraw.Draw(mask)
        margin = (side - px(diameter)) // 2
        draw.ellipse((margin, margin, side - margin, side - margin), outline=255, width=px(0.6))
        points = diameter * 72 / 25.4 * (0.34 if len(name) == 2 else 0.6)
        step = px(diameter) * 0.36
        for index, character in enumerate(name):
            offset = (index - (len(name) - 1) / 2) * step
            place = (side / 2, side / 2 + offset)
            draw.text(place, character, font=font("mincho", round(points)), fill=255, anchor="mm", stroke_width=1)
        self._stamp(mask, x, y, ink)

    def square_seal(self, x, y, rows, size=21.0, ink=SEAL_RED):
        """A hospital's seal (角印), columns read from the right."""
        side = px(size * 1.15)
        mask = Image.new("L", (side, side), 0)
        draw = ImageDraw.Draw(mask)
        margin = (side - px(size)) // 2
        draw.rectangle((margin, margin, side - margin, side - margin), outline=255, width=px(0.9))
        cell = px(size * 0.9) / max(len(rows), max(len(row) for row in rows))
        for column, row in enumerate(rows):
            for index, character in enumerate(row):
                place = (
                    side / 2 + ((len(rows) - 1) / 2 - column) * cell,
                    side / 2 + (index - (len(row) - 1) / 2) * cell,
                )
                points = round(cell * 72 / DPI * 0.9)
                draw.text(place, character, font=font("mincho", points), fill=255, anchor="mm", stroke_width=2)
        self._stamp(mask, x, y, ink)

    def _stamp(self, mask, x, y, ink):
        mask = mask.rotate(self.rng.uniform(-7, 7), Image.Resampling.BICUBIC)
        side = mask.size[0]
        self._ink(mask, px(x) - side // 2, px(y) - side // 2, ink, pressure=0.45)

    def _ink(self, mask, left, top, ink, pressure):
        """Multiplies ink onto the paper, thinner in blotches: what lies beneath stays to be seen."""
        mask = np.asarray(mask, dtype=np.float32) / 255
        height, width = mask.shape
        coarse = self.rng.random((height // 14 + 2, width // 14 + 2)).astype(np.float32)
        blotches = Image.fromarray((coarse * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
        mask = mask * (1 - pressure * np.asarray(blotches, dtype=np.float32) / 255)
        top, left = max(0, top), max(0, left)
        page = self.image.crop((left, top, left + width, top + height))
        paper = np.asarray(page, dtype=np.float32) / 255
        colour = np.array(ink, dtype=np.float32) / 255
        inked = paper * (1 - mask[..., None] * (1 - colour))
        self.image.paste(Image.fromarray((inked * 255 + 0.5).astype(np.uint8)), (left, top))


def wrap(text, face, width):
    lines = []
    for source in text.split("\n"):
        line = ""
        for character in source:
            if face.getlength(line + character) > width and character not in _NOT_FIRST:
                lines.append(line)
                line = ""
            line += character
        lines.append(line)
    return lines


# Bars and gaps in turn, 1 for wide.
_CODE39 = {
    "0": "000110100", "1": "100100001", "2": "001100001", "3": "101100000", "4": "000110001",
    "5": "100110000", "6": "001110000", "7": "000100101", "8": "100100100", "9": "001100100",
    "*": "010010100",
}
