//! Takes the drawing steps of one page: notes where images land, and counts everything else.

use std::panic::resume_unwind;
use std::rc::Rc;

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_syntax::object::Stream;
use hayro_interpret::kurbo::{Affine, BezPath, Rect, Shape as _};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, SoftMask};

use super::picture::{Pictures, Seen};
use crate::image::tone::ToneCounter;
use crate::measurements::{Decoded, JpegFacts, Limit, PlacedImage, SizeUm, Tone};

/// Covers so much of a page that what lies beneath cannot be read, in thousandths.
const HIDING_PERMILLE: u32 = 950;
/// Images are as good as equal in area within this, in thousandths of the page.
const EQUAL_PERMILLE: u32 = 20;

/// Ends the drawing of a page from within; carried by an unwinding that is no panic of the interpreter's.
pub(super) struct Stop(pub(super) Limit);

pub(super) struct Canvas<'m> {
    visible: Rect,
    unit: f64,
    pictures: &'m mut Pictures,
    drawn: Vec<Drawn>,
    operations: u64,
    anything_drawn: bool,
    visible_text: bool,
    hidden_text: bool,
}

struct Drawn {
    placed: PlacedImage,
    seen: Rc<Seen>,
    /// A mask shapes the picture before it; it is no picture of its own.
    mask: bool,
}

/// What a page came to.
pub(super) struct PageSeen {
    pub(super) images: Vec<PlacedImage>,
    pub(super) main: Option<PlacedImage>,
    pub(super) samples: u8,
    pub(super) jpeg: Option<JpegFacts>,
    pub(super) coverage_permille: u32,
    pub(super) decoded: Decoded,
    pub(super) tone: Option<Tone>,
    pub(super) anything_drawn: bool,
    pub(super) hidden_text: bool,
}

impl<'m> Canvas<'m> {
    pub(super) fn new(visible: Rect, unit: f64, pictures: &'m mut Pictures) -> Self {
        Self {
            visible,
            unit,
            pictures,
            drawn: Vec::new(),
            operations: 0,
            anything_drawn: false,
            visible_text: false,
            hidden_text: false,
        }
    }

    fn count(&mut self) {
        self.operations += 1;
        if self.operations > self.pictures.limits.operations {
            resume_unwind(Box::new(Stop(Limit::Operations)));
        }
    }

    fn place(&mut self, seen: Rc<Seen>, to: Corners, mask: bool) -> u32 {
        if !self.pictures.one_more() {
            resume_unwind(Box::new(Stop(Limit::Operations)));
        }
        let coverage_permille = self.coverage(&to);
        let placed = PlacedImage {
            width_px: seen.picture.width,
            height_px: seen.picture.height,
            placed: size(to.width, to.height, self.unit),
            stencil: seen.stencil,
            colour: seen.picture.colour,
            bits_per_sample: seen.picture.bits,
            compression: seen.compression.clone(),
            coverage_permille,
        };
        self.drawn.push(Drawn { placed, seen, mask });
        coverage_permille
    }

    /// The share of the visible page under the image, in thousandths.
    fn coverage(&self, to: &Corners) -> u32 {
        let inside = to.bounds.intersect(self.visible);
        let inside = inside.width().max(0.0) * inside.height().max(0.0);
        // Of an image at an angle the box around it is larger than the image.
        let area = inside.min(to.area);
        let page = self.visible.width() * self.visible.height();
        whole(area * 1000.0 / page.max(f64::MIN_POSITIVE)).min(1000).try_into().unwrap_or(1000)
    }

    pub(super) fn finish(self) -> PageSeen {
        let pictures = || self.drawn.iter().filter(|drawn| !drawn.mask);
        let coverage = pictures().map(|drawn| drawn.placed.coverage_permille).fold(0, u32::saturating_add).min(1000);
        let main = main(&self.drawn);
        // One image that is the page speaks for it; of a page in strips all do.
        let tone = match main {
            Some(main) if main.placed.coverage_permille >= 500 => main.seen.tone.finish(),
            _ => {
                let mut sum = ToneCounter::new();
                pictures().for_each(|drawn| sum.add(&drawn.seen.tone));
                sum.finish()
            }
        };
        PageSeen {
            main: main.map(|drawn| drawn.placed.clone()),
            samples: main.map_or(1, |drawn| drawn.seen.picture.samples),
            jpeg: main.and_then(|drawn| drawn.seen.picture.jpeg),
            coverage_permille: coverage,
            decoded: self
                .drawn
                .iter()
                .map(|drawn| drawn.seen.picture.decoded.clone())
                .max_by_key(gravity)
                .unwrap_or(Decoded::NoImage),
            tone,
            anything_drawn: self.anything_drawn,
            hidden_text: self.hidden_text,
            images: self.drawn.into_iter().map(|drawn| drawn.placed).collect(),
        }
    }
}

/// The image that is the page: of those that cover most the finest, and a stencil only where there is no other.
fn main(drawn: &[Drawn]) -> Option<&Drawn> {
    let of = |stencils: bool| {
        let candidates = || drawn.iter().filter(move |drawn| !drawn.mask && drawn.placed.stencil == stencils);
        let most = candidates().map(|drawn| drawn.placed.coverage_permille).max()?;
        candidates()
            .filter(|drawn| drawn.placed.coverage_permille + EQUAL_PERMILLE >= most)
            .max_by_key(|drawn| u64::from(drawn.placed.width_px) * u64::from(drawn.placed.height_px))
    };
    match (of(false), of(true)) {
        // A logo beside a page that is one large stencil is not the page.
        (Some(raster), Some(stencil)) if raster.placed.coverage_permille * 4 < stencil.placed.coverage_permille => {
            Some(stencil)
        }
        (Some(raster), _) => Some(raster),
        (None, stencil) => stencil,
    }
}

/// A page is as good as the worst of its images.
fn gravity(decoded: &Decoded) -> u8 {
    match decoded {
        Decoded::NoImage => 0,
        Decoded::Whole => 1,
        Decoded::Unsupported { .. } => 2,
        Decoded::Refused { .. } => 3,
        Decoded::Failed { .. } => 4,
        Decoded::Damaged { .. } => 5,
    }
}

/// Where the unit square of an image lands, in points of the page.
struct Corners {
    width: f64,
    height: f64,
    area: f64,
    bounds: Rect,
}

impl Corners {
    fn of(transform: Affine, width_px: u32, height_px: u32) -> Self {
        let [a, b, c, d, _, _] = transform.as_coeffs();
        let (wide, high) = (f64::from(width_px), f64::from(height_px));
        Self {
            width: a.hypot(b) * wide,
            height: c.hypot(d) * high,
            area: (a * d - b * c).abs() * wide * high,
            bounds: transform.transform_rect_bbox(Rect::new(0.0, 0.0, wide, high)),
        }
    }
}

pub(super) fn size(width_pt: f64, height_pt: f64, unit: f64) -> SizeUm {
    let micrometres = |points: f64| whole(points * unit * 25_400.0 / 72.0).min(1_000_000_000);
    SizeUm { width_um: micrometres(width_pt), height_um: micrometres(height_pt) }
}

/// The nearest whole number; nothing that is no number, or below nought, counts.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates, as is wanted")]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

impl<'a> Device<'a> for Canvas<'_> {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.count();
        // White rectangles behind a scan, and paths outside the page, are drawn all the same; only empty ones are not.
        self.anything_drawn |= !path.is_empty() && path.bounding_box().overlaps(self.visible);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.count();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.count();
    }

    fn draw_glyph_run(&mut self, glyphs: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        self.count();
        if glyphs.glyphs().is_empty() {
            return;
        }
        if matches!(mode, DrawMode::Invisible) {
            self.hidden_text = true;
        } else {
            self.anything_drawn = true;
            self.visible_text = true;
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count();
        self.anything_drawn = true;
        let to = |image: &Image<'_, '_>| Corners::of(props.transform, image.width(), image.height());
        let corners = to(&image);
        let seen = match &image {
            Image::Stencil(stencil) => self.pictures.see(stencil.stream(), |tone| {
                stencil.with_stencil(
                    |mask, _| {
                        let painted: Vec<u8> = mask.data.iter().map(|level| 255 - level).collect();
                        tone.grey(&painted);
                    },
                    None,
                );
            }),
            Image::Raster(raster) => self.pictures.see(raster.stream(), |tone| {
                raster.with_rgba(
                    |pixels, _| match pixels {
                        ImageData::Rgb(rgb) => tone.rgb(&rgb.data),
                        ImageData::Luma(luma) => tone.grey(&luma.data),
                    },
                    None,
                );
            }),
        };
        let stencil = matches!(image, Image::Stencil(_));
        let covered = self.place(seen, corners, false);
        if !stencil && covered >= HIDING_PERMILLE {
            self.hidden_text |= self.visible_text;
        }
        // Masks come with their image and are drawn by no step of their own.
        if let Image::Raster(raster) = &image {
            for key in [&b"SMask"[..], b"Mask"] {
                let Some(mask) = raster.stream().dict().get::<Stream<'_>>(key) else { continue };
                let seen = self.pictures.see(&mask, |_| {});
                self.place(seen, to(&image), true);
            }
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
