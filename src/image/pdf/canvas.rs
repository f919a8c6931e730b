//! Takes the drawing steps of one page: notes where images land, and counts everything else.

use std::panic::resume_unwind;
use std::rc::Rc;

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_syntax::object::Stream;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape as _};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, SoftMask};

use super::picture::{Pictures, Seen};
use crate::image::look::ToneCounter;
use crate::measurements::{Appearance, Decoded, Drawing, JpegFacts, Limit, PlacedImage, SizeUm, Tone};

/// One image that covers so much of a page speaks for it, in thousandths.
const SPEAKS_PERMILLE: u32 = 500;
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
    covered: Cover,
    drawing: Drawing,
    hidden_text: bool,
    /// What of the page may still be drawn on: boxes around the clips in force, each within the one before.
    clips: Vec<Rect>,
    /// Groups in force, and of them those that may let through what lies beneath.
    groups: Vec<bool>,
}

struct Drawn {
    placed: PlacedImage,
    seen: Rc<Seen>,
}

/// What a page came to.
pub(super) struct PageSeen {
    pub(super) images: Vec<PlacedImage>,
    pub(super) main: Option<PlacedImage>,
    pub(super) samples: u8,
    pub(super) jpeg: Option<JpegFacts>,
    pub(super) covered_ppm: u32,
    pub(super) drawing: Drawing,
    pub(super) decoded: Decoded,
    pub(super) tone: Option<Tone>,
    pub(super) appearance: Option<Appearance>,
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
            covered: Cover::new(),
            drawing: Drawing::default(),
            hidden_text: false,
            clips: Vec::new(),
            groups: Vec::new(),
        }
    }

    fn count(&mut self) {
        self.operations += 1;
        if self.operations > self.pictures.limits.operations {
            resume_unwind(Box::new(Stop(Limit::Operations)));
        }
    }

    fn clip(&self) -> Rect {
        self.clips.last().copied().unwrap_or(self.visible)
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
            mask,
            colour: seen.picture.colour,
            bits_per_sample: seen.picture.bits,
            compression: seen.compression.clone(),
            jpeg: seen.picture.jpeg,
            coverage_permille,
        };
        if !mask {
            self.covered.add(&to, self.visible, self.clip());
        }
        self.drawn.push(Drawn { placed, seen });
        coverage_permille
    }

    /// The share of the visible page under the image, in thousandths.
    fn coverage(&self, to: &Corners) -> u32 {
        let inside = to.bounds.intersect(self.clip());
        let inside = inside.width().max(0.0) * inside.height().max(0.0);
        // Of an image at an angle the box around it is larger than the image.
        let area = inside.min(to.area);
        let page = self.visible.width() * self.visible.height();
        whole(area * 1000.0 / page.max(f64::MIN_POSITIVE)).min(1000).try_into().unwrap_or(1000)
    }

    pub(super) fn finish(self) -> PageSeen {
        let pictures = || self.drawn.iter().filter(|drawn| !drawn.placed.mask);
        let main = main(&self.drawn);
        // One image that is the page speaks for it; of a page in strips all do.
        let (tone, appearance) = match main {
            Some(main) if main.placed.coverage_permille >= SPEAKS_PERMILLE => {
                (main.seen.tone.finish(), main.seen.appearance)
            }
            _ => {
                let mut sum = ToneCounter::new();
                pictures().for_each(|drawn| sum.add(&drawn.seen.tone));
                (sum.finish(), None)
            }
        };
        PageSeen {
            main: main.map(|drawn| drawn.placed.clone()),
            samples: main.map_or(1, |drawn| drawn.seen.picture.samples),
            jpeg: main.and_then(|drawn| drawn.seen.picture.jpeg),
            covered_ppm: self.covered.ppm(),
            drawing: self.drawing,
            decoded: self
                .drawn
                .iter()
                .map(|drawn| drawn.seen.picture.decoded.clone())
                .max_by_key(gravity)
                .unwrap_or(Decoded::NoImage),
            tone,
            appearance,
            anything_drawn: self.anything_drawn,
            hidden_text: self.hidden_text,
            images: self.drawn.into_iter().map(|drawn| drawn.placed).collect(),
        }
    }
}

/// The image that is the page: of those that cover most the finest, and a stencil only where there is no other.
fn main(drawn: &[Drawn]) -> Option<&Drawn> {
    let of = |stencils: bool| {
        let candidates = || drawn.iter().filter(move |drawn| !drawn.placed.mask && drawn.placed.stencil == stencils);
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
    points: [Point; 4],
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
            points: [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)].map(|corner| transform * Point::from(corner)),
        }
    }

    /// From where to where the image reaches on the line at this height.
    fn across(&self, y: f64) -> Option<(f64, f64)> {
        let next = self.points.iter().skip(1).chain(&self.points);
        let crossings = self.points.iter().zip(next).filter(|(a, b)| (a.y <= y) != (b.y <= y));
        let xs = crossings.map(|(a, b)| a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y));
        xs.fold(None, |range: Option<(f64, f64)>, x| match range {
            None => Some((x, x)),
            Some((least, most)) => Some((least.min(x), most.max(x))),
        })
    }
}

/// Which parts of the visible page lie under an image, on a grid of points: images that overlap count once. An A4 page
/// has a point every half millimetre.
struct Cover(Vec<[u64; GRID / 64]>);

const GRID: usize = 512;

impl Cover {
    fn new() -> Self {
        Self(vec![[0; GRID / 64]; GRID])
    }

    fn add(&mut self, image: &Corners, visible: Rect, clip: Rect) {
        #[expect(clippy::cast_precision_loss, reason = "at most 512")]
        let middle = |number: usize| (number as f64 + 0.5) / GRID as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the grid")]
        // The first point that lies at or beyond this place.
        let point = |x: f64| {
            let place = (x - visible.x0) / visible.width().max(f64::MIN_POSITIVE) * GRID as f64;
            (place - 0.5).ceil().clamp(0.0, GRID as f64) as usize
        };
        for (number, row) in self.0.iter_mut().enumerate() {
            let y = visible.y0 + middle(number) * visible.height();
            let Some((left, right)) = image.across(y).filter(|_| clip.y0 <= y && y <= clip.y1) else { continue };
            let (from, to) = (point(left.max(clip.x0)), point(right.min(clip.x1)));
            for (word, first) in row.iter_mut().zip((0..GRID).step_by(64)) {
                let bits = |end: usize| match end.saturating_sub(first) {
                    64.. => u64::MAX,
                    some => (1 << some) - 1,
                };
                *word |= bits(to) & !bits(from);
            }
        }
    }

    fn ppm(&self) -> u32 {
        let covered: u64 = self.0.iter().flatten().map(|word| u64::from(word.count_ones())).sum();
        u32::try_from(covered * 1_000_000 / (GRID * GRID) as u64).unwrap_or(1_000_000)
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
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        self.count();
        // White paths are drawn all the same, and may hide something; only empty ones, and those outside the page, are not.
        let drawn = !path.is_empty() && props.transform.transform_rect_bbox(path.bounding_box()).overlaps(self.clip());
        self.anything_drawn |= drawn;
        self.drawing.lines |= drawn;
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.count();
        let inside = clip.path.bounding_box().intersect(self.clip());
        self.clips.push(inside);
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        self.count();
        self.groups.push(opacity < 1.0 || mask.is_some() || blend != BlendMode::Normal);
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
            self.drawing.text = true;
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count();
        self.anything_drawn = true;
        let see_through =
            self.groups.contains(&true) || props.soft_mask.is_some() || props.blend_mode != BlendMode::Normal;
        let to = |image: &Image<'_, '_>| Corners::of(props.transform, image.width(), image.height());
        let corners = to(&image);
        let is_page = self.coverage(&corners) >= SPEAKS_PERMILLE;
        let seen = match &image {
            Image::Stencil(stencil) => self.pictures.see(stencil.stream(), is_page, |look| {
                stencil.with_stencil(
                    |mask, _| {
                        let painted: Vec<u8> = mask.data.iter().map(|level| 255 - level).collect();
                        look.grey(&painted);
                    },
                    None,
                );
            }),
            Image::Raster(raster) => self.pictures.see(raster.stream(), is_page, |look| {
                raster.with_rgba(
                    |pixels, _| match pixels {
                        ImageData::Rgb(rgb) => look.rgb(&rgb.data),
                        ImageData::Luma(luma) => look.grey(&luma.data),
                    },
                    None,
                );
            }),
        };
        let covered = self.place(seen, corners, false);
        let opaque = match &image {
            Image::Stencil(_) => false,
            Image::Raster(raster) => {
                let dict = raster.stream().dict();
                !see_through && ![&b"SMask"[..], b"Mask", b"SMaskInData"].iter().any(|key| dict.contains_key(*key))
            }
        };
        if opaque && covered >= HIDING_PERMILLE {
            // A white rectangle behind a scan, or text under it, is no longer seen.
            self.hidden_text |= self.drawing.text;
            self.drawing = Drawing::default();
        }
        // Masks come with their image and are drawn by no step of their own.
        if let Image::Raster(raster) = &image {
            for key in [&b"SMask"[..], b"Mask"] {
                let Some(mask) = raster.stream().dict().get::<Stream<'_>>(key) else { continue };
                let seen = self.pictures.see(&mask, false, |_| {});
                self.place(seen, to(&image), true);
            }
        }
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }
}
