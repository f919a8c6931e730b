"""What a scanner makes of a sheet: a slight turn, paper tone, shading, blur, dust, noise."""

import numpy as np
from PIL import Image, ImageFilter


def scan(sheet, rng, angle=0.3, tone=(251, 249, 243), noise=1.0, blur=0.7, dust=14, shading=0.025):
    """The sheet as a colour scan of the same size in pixels."""
    image = sheet.image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    image = image.filter(ImageFilter.GaussianBlur(blur))
    page = np.asarray(image, dtype=np.float32) * (np.array(tone, dtype=np.float32) / 255)
    height, width = page.shape[:2]

    # The lamp is weaker towards one side, and the page lifts off the glass near its spine.
    across = np.linspace(0, 1, width, dtype=np.float32)
    down = np.linspace(0, 1, height, dtype=np.float32)
    light = 1 - shading * (0.6 * across[None, :] + 0.4 * down[:, None] ** 2)
    light -= 0.05 * np.exp(-across * 90)[None, :]
    page *= light[..., None]

    for _ in range(dust):
        x, y = rng.integers(8, width - 8), rng.integers(8, height - 8)
        radius = rng.uniform(0.8, 2.6)
        yy, xx = np.mgrid[-6:7, -6:7]
        speck = np.exp(-(xx**2 + yy**2 * rng.uniform(0.5, 1.5)) / (radius**2))
        page[y - 6 : y + 7, x - 6 : x + 7] *= (1 - rng.uniform(0.3, 0.75) * speck)[..., None]

    if noise:
        # The same grain in all three channels: sensors and JPEG both treat brightness finer than colour.
        grain = rng.normal(0, noise, (height, width)).astype(np.float32)
        page += ((grain + np.roll(grain, 1, axis=0) + np.roll(grain, 1, axis=1)) / 1.73)[..., None]
    return Image.fromarray(np.clip(page + 0.5, 0, 255).astype(np.uint8))


def bitonal(image, threshold=150):
    return image.convert("L").point(lambda value: 255 if value > threshold else 0).convert("1", dither=Image.Dither.NONE)


def cleaned(image, black=24, white=228, steps=None):
    """Clips paper to white and ink to black, as scanners do with 'background removal'; fewer tones on request."""
    scale = 255 / (white - black)

    def level(value):
        value = min(255, max(0, (value - black) * scale))
        return round(round(value / 255 * (steps - 1)) * 255 / (steps - 1)) if steps else round(value)

    return image.point([level(value) for value in range(256)] * len(image.getbands()))
