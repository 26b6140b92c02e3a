//! Pictures of people: whatever image is brought becomes two JPEGs without anything beside the picture. Pure.

use std::fmt;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::site::ObjectId;

/// Pixels of each side of the small one.
pub const SMALL: u32 = 96;
/// Pixels of the longer side of the large one, at most.
pub const LARGE: u32 = 400;
/// Octets of a file that is taken.
pub const MAX_FILE: usize = 10 << 20;
/// What both are.
pub const MEDIA_TYPE: &str = "image/jpeg";
/// What is taken.
pub const MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// Pixels of a side that are unpacked: more than cameras make, and few enough to unpack.
const MAX_SIDE: u32 = 12_000;
/// Pixels that are unpacked.
const MAX_PIXELS: u64 = 48_000_000;
/// Octets that a decoder may take.
const MAX_MEMORY: u64 = 256 << 20;
/// The longer side, in pixels, from which the quick way of making an image smaller goes first.
const ROUGHLY: u32 = 4 * LARGE;
/// Quality of what is written, of 100.
const QUALITY: u8 = 85;

/// That somebody has a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureOf {
    /// Who.
    pub user: ObjectId,
    /// Which picture: see [`version`].
    pub version: i64,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PictureSize {
    /// [`SMALL`] by [`SMALL`] pixels.
    Small,
    /// As large as it is kept.
    #[default]
    Large,
}

impl PictureSize {
    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PictureSize::Small => "small",
            PictureSize::Large => "large",
        }
    }
}

/// A picture of somebody in its two sizes, as JPEG.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// [`SMALL`] by [`SMALL`]: the middle of what was brought.
    pub small: Vec<u8>,
    /// As it was brought, [`LARGE`] at most on its longer side.
    pub large: Vec<u8>,
    /// See [`version`].
    pub version: i64,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Why a file is not taken as a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is something else.
    #[error("it is no JPEG, PNG or WebP image")]
    Format,
    /// Unpacking it would take too much.
    #[error("it has more than {0} megapixels")]
    Large(u64),
    /// It is broken.
    #[error("the image cannot be read")]
    Broken(#[source] ImageError),
}

/// A number that is another for another file. JavaScript has it, and it is above 0.
pub fn version(file: &[u8]) -> i64 {
    let hash = Sha256::digest(file);
    let octets = [hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]];
    (u64::from_be_bytes(octets) >> 12) as i64 + 1
}

/// Makes the picture of a file. How a camera was held is taken into account; that it was, where and when is not kept.
pub fn make(file: &[u8]) -> Result<Picture, PictureError> {
    let reader = ImageReader::new(Cursor::new(file));
    let mut reader = reader.with_guessed_format().map_err(|error| PictureError::Broken(error.into()))?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(PictureError::Format);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(PictureError::Broken)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::Large(MAX_PIXELS / 1_000_000));
    }
    // What says how the camera was held may be broken where the image is not.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(PictureError::Broken)?;
    if image.width().max(image.height()) > ROUGHLY {
        image = image.thumbnail(ROUGHLY, ROUGHLY);
    }
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let image = on_white(&image);
    let (width, height) = (image.width(), image.height());
    let side = width.min(height);
    let middle = DynamicImage::from(image.clone()).crop_imm((width - side) / 2, (height - side) / 2, side, side);
    let small = middle.resize_exact(SMALL, SMALL, FilterType::CatmullRom).into_rgb8();
    let large = match width.max(height) > LARGE {
        true => DynamicImage::from(image).resize(LARGE, LARGE, FilterType::CatmullRom).into_rgb8(),
        false => image,
    };
    Ok(Picture { small: written(&small)?, large: written(&large)?, version: version(file) })
}

/// JPEG has no transparency.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0.map(u32::from);
        Rgb([red, green, blue].map(|colour| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8))
    })
}

fn written(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut octets = Vec::new();
    JpegEncoder::new_with_quality(&mut octets, QUALITY).encode_image(image).map_err(PictureError::Broken)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use image::codecs::webp::WebPEncoder;
    use image::{ExtendedColorType, ImageEncoder, Rgba, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    /// The left half red, the right half blue.
    fn halves(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
    }

    fn as_png(image: &DynamicImage) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    fn as_webp(image: &RgbImage) -> Vec<u8> {
        let mut file = Vec::new();
        let (width, height) = image.dimensions();
        WebPEncoder::new_lossless(&mut file).write_image(image, width, height, ExtendedColorType::Rgb8).unwrap();
        file
    }

    fn unpacked(file: &[u8]) -> RgbImage {
        assert_eq!(image::guess_format(file).unwrap(), ImageFormat::Jpeg);
        image::load_from_memory(file).unwrap().into_rgb8()
    }

    fn is_red(pixel: &Rgb<u8>) -> bool {
        pixel.0[0] > 150 && pixel.0[2] < 100
    }

    /// A JPEG with what cameras write: how it was held (turned right by a quarter), and a place.
    fn from_camera(image: &RgbImage) -> Vec<u8> {
        let plain = written(image).unwrap();
        let tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0SECRET PLACE";
        let mut exif = b"Exif\0\0".to_vec();
        exif.extend_from_slice(tiff);
        let mut file = plain[..2].to_vec();
        file.extend_from_slice(&[0xff, 0xe1]);
        file.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        file.extend_from_slice(&exif);
        file.extend_from_slice(&plain[2..]);
        file
    }

    #[test]
    fn each_kind_of_file_becomes_two_sizes() {
        let image = halves(900, 600);
        let files = [written(&image).unwrap(), as_png(&image.clone().into()), as_webp(&image)];
        for file in files {
            let picture = make(&file).unwrap();
            let (small, large) = (unpacked(&picture.small), unpacked(&picture.large));
            assert_eq!((small.dimensions(), large.dimensions()), ((96, 96), (400, 267)));
            for shown in [small, large] {
                assert!(is_red(shown.get_pixel(4, 4)));
                assert!(!is_red(shown.get_pixel(shown.width() - 5, 4)));
            }
            assert_eq!(picture.version, version(&file));
        }
    }

    #[test]
    fn a_small_image_is_not_made_larger_than_it_has_to_be() {
        let picture = make(&as_png(&halves(40, 20).into())).unwrap();
        assert_eq!(unpacked(&picture.small).dimensions(), (96, 96));
        assert_eq!(unpacked(&picture.large).dimensions(), (40, 20));
    }

    #[test]
    fn a_camera_may_be_held_any_way_and_nothing_but_the_picture_is_kept() {
        let file = from_camera(&halves(600, 300));
        assert!(file.windows(6).any(|part| part == b"SECRET"));
        let picture = make(&file).unwrap();
        let large = unpacked(&picture.large);
        assert_eq!(large.dimensions(), (200, 400), "it stands");
        assert!(is_red(large.get_pixel(100, 10)) && !is_red(large.get_pixel(100, 390)));
        for made in [&picture.small, &picture.large] {
            assert!(!made.windows(6).any(|part| part == b"SECRET" || part == b"Exif\0\0"));
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        let image = RgbaImage::from_pixel(120, 120, Rgba([0, 0, 0, 0]));
        let picture = make(&as_png(&image.into())).unwrap();
        assert!(unpacked(&picture.small).pixels().all(|pixel| pixel.0.iter().all(|part| *part > 250)));
    }

    #[test]
    fn an_image_that_unpacks_to_more_than_fits_is_refused_before_it_is_unpacked() {
        // A PNG's header with its sum; the decoder reads no further.
        let mut file = as_png(&halves(2, 2).into());
        file[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        file[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let sum = crc32(&file[12..29]);
        file[29..33].copy_from_slice(&sum.to_be_bytes());
        assert!(matches!(make(&file), Err(PictureError::Large(48))), "{:?}", make(&file));
        // Long and thin: few pixels, and a side that no screen has.
        let thin = as_png(&RgbImage::new(1, MAX_SIDE + 1).into());
        assert!(matches!(make(&thin), Err(PictureError::Large(_))));
        let picture = make(&as_png(&RgbImage::new(1, MAX_SIDE).into())).unwrap();
        assert_eq!(unpacked(&picture.small).dimensions(), (96, 96));
    }

    fn crc32(octets: &[u8]) -> u32 {
        !octets.iter().fold(!0, |crc, octet| {
            (0..8).fold(crc ^ u32::from(*octet), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }

    #[test]
    fn what_is_no_image_is_refused() {
        for file in [b"".as_slice(), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a\x01\0\x01\0\0\0\0;", b"BM"]
        {
            assert!(matches!(make(file), Err(PictureError::Format)), "{file:?}");
        }
        for whole in [written(&halves(64, 64)).unwrap(), as_png(&halves(64, 64).into()), as_webp(&halves(64, 64))] {
            assert!(matches!(make(&whole[..24]), Err(PictureError::Broken(_))));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_broken_file_never_panics(kind in 0..3_usize, places in prop::collection::vec((any::<u16>(), any::<u8>()), 1..12), cut in any::<u16>()) {
            let image = halves(24, 24);
            let mut file = match kind {
                0 => from_camera(&image),
                1 => as_png(&image.into()),
                _ => as_webp(&image),
            };
            for (place, octet) in places {
                let place = usize::from(place) % file.len();
                file[place] = octet;
            }
            file.truncate(usize::from(cut) % (2 * file.len()) + 1);
            let _ = make(&file);
        }
    }
}
