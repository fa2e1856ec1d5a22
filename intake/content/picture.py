"""A photo: how large, when and where, what it looks like, and a copy of it that may be shown.

The copy is decoded and drawn anew, so that nothing of the original but its pixels is in it: no Exif, XMP, IPTC,
comments, colour profile, text chunks, embedded previews, and no film behind the photo. Its size is known before
anything is decoded; what is too large is not decoded at all.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

from msgspec.structs import replace
from PIL import Image, ImageCms, ImageFile

from intake.content.exif import Taken, taken
from intake.content.fingerprint import SIDE, perceptual_hash
from intake.content.frames import Found

#: Our own cap on what is decoded; Pillow's own error comes only at 179 megapixels.
MOST_PIXELS = 50_000_000
#: A JPEG that is not progressive may have this many: it is decoded at a half, a quarter or an eighth of its size, and
#: the newest telephones take such photos.
MOST_PIXELS_SCALED = 220_000_000
#: Pixels of the longer side, and JPEG's quality, of the copy that may be shown and of the small picture.
PUBLIC, PUBLIC_QUALITY = 2048, 85
THUMBNAIL, THUMBNAIL_QUALITY = 320, 80
#: Which of Pillow's decoders may look at a file of which type: no other is ever asked.
DECODERS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
}
_TURNED = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_ORIENTATION, _CAMERA, _GPS = 0x0112, 0x8769, 0x8825
#: Modes that Pillow averages as they are; of others it makes a second copy first, so that is done strip by strip.
_AVERAGES = ("L", "RGB", "CMYK", "YCbCr", "LAB", "HSV")
#: Half the time of Lanczos, and nobody sees the difference.
_FILTER = Image.Resampling.HAMMING
_LARGEST_PROFILE = 4 * 1024 * 1024
_SRGB = ImageCms.createProfile("sRGB")
_TOO_MUCH = "the picture takes too much memory to be opened"

# Ours is checked before anything is decoded, and after the metadata were read: those of a huge photo count too.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False


def prepare() -> None:
    """Load every decoder now: later the process can open no files."""
    Image.preinit()
    Image.init()
    try:
        from pi_heif import register_heif_opener
    except ImportError:  # there is no build of it for every machine: then an iPhone's photos stay as they are
        return
    register_heif_opener(thumbnails=False)


def rehearse() -> None:
    """Read a picture of every kind that we can make, so that whatever a decoder loads on its first use is there."""
    dot = Image.new("RGB", (8, 8))
    for media_type, decoder in DECODERS.items():
        if decoder in Image.SAVE:
            out = io.BytesIO()
            dot.save(out, decoder, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
            read_picture(io.BytesIO(out.getvalue()), media_type, lambda facts: None)


def read_picture(stream: BinaryIO, media_type: str, before: Callable[[Found], None]) -> Found:
    """Everything about a photo. What no decoder understands gives remarks, never an exception of its own.

    `before` is told what the head of the file says before its pixels are decoded: what may come to nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(stream, formats=(DECODERS[media_type],))
        except MemoryError:
            return Found(remarks=(_TOO_MUCH,))
        except Exception:
            return Found(remarks=("the picture cannot be read",))
        with image:
            facts = _head(image)
            before(facts)
            return _decoded(image, facts)


def _head(image: Image.Image) -> Found:
    said, orientation = _metadata(image)
    width, height = image.size
    if orientation >= 5:
        width, height = height, width
    return Found(
        width=width,
        height=height,
        captured_at=said.at,
        captured_place=said.place,
        reveals_place=said.speaks_of_place,
        remarks=said.remarks,
    )


def _decoded(image: Image.Image, facts: Found) -> Found:
    """The facts with what the pixels add."""

    def remarked(words: str) -> Found:
        return replace(facts, remarks=(*facts.remarks, words))

    _, orientation = _metadata(image)
    pixels = image.width * image.height
    # A JPEG is decoded at a half, a quarter or an eighth for the asking; a progressive one keeps all of itself
    # in memory all the same.
    image.draft(None, (PUBLIC, PUBLIC))
    cap = MOST_PIXELS if image.info.get("progressive") or image.format != "JPEG" else MOST_PIXELS_SCALED
    if pixels > cap or image.width * image.height > MOST_PIXELS:
        return remarked(f"a picture of {facts.width} × {facts.height} pixels is too large to be opened")
    try:
        shown = _upright(_small(image), orientation)
    except MemoryError:
        return remarked(_TOO_MUCH)
    except Exception as error:  # whatever a decoder says of a crafted file
        return remarked(f"the picture is cut off or damaged ({type(error).__name__})")
    if image.format == "PNG" and not facts.reveals_place:  # whose metadata may stand behind the pixels
        after = _head(image)
        facts = replace(after, width=facts.width, height=facts.height)
    if _moves(image):
        facts = remarked("the picture moves: its copy shows the first one")
    grey = shown.convert("L").resize((SIDE, SIDE), _FILTER)
    public = _jpeg(shown, PUBLIC_QUALITY)
    shown.thumbnail((THUMBNAIL, THUMBNAIL), _FILTER)
    return replace(
        facts,
        perceptual_hash=perceptual_hash(grey.tobytes()),
        public=public,
        thumbnail=_jpeg(shown, THUMBNAIL_QUALITY),
    )


# --- metadata


def _metadata(image: Image.Image) -> tuple[Taken, int]:
    """When and where, and how the picture was turned (1 to 8). Whatever is wrong with it, the pixels are read."""
    try:
        tags = _tags(image)
        orientation = tags.get(_ORIENTATION)
        said = taken(tags, tags.get_ifd(_CAMERA), tags.get_ifd(_GPS), _xmp(image))
    except Exception as error:
        return Taken(remarks=(f"the photo's metadata are damaged ({type(error).__name__})",)), 1
    turned = orientation if isinstance(orientation, int) and orientation in _TURNED else 1
    if image.format in ("HEIF", "AVIF"):  # their decoders turn the picture themselves
        turned = 1
    return said, turned


def _tags(image: Image.Image) -> Image.Exif:
    """The Exif tags. Pillow would decode a PNG to its end to look whether some come after its pixels."""
    if image.format != "PNG":
        return image.getexif()
    tags = Image.Exif()
    if found := image.info.get("exif"):
        tags.load(found)
    return tags


def _xmp(image: Image.Image) -> bytes:
    for name in ("xmp", "XML:com.adobe.xmp"):
        found = image.info.get(name)
        if isinstance(found, str):
            found = found.encode("utf-8", "replace")
        if isinstance(found, bytes):
            return found[:262_144]
    return b""


def _moves(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:
        return False


# --- pixels


def _small(image: Image.Image) -> Image.Image:
    """The picture in RGB and sRGB, as large as it will be shown, without a second copy at full size on the way."""
    profile = image.info.get("icc_profile")
    image.load()
    factor = max(1, min(max(image.size) // PUBLIC, 16))
    small = _averaged(image, factor)
    if small.mode == "RGBA":
        small = _on_white(small)
    small.thumbnail((PUBLIC, PUBLIC), _FILTER)
    return _in_srgb(small, profile)


def _averaged(image: Image.Image, factor: int) -> Image.Image:
    """The picture shrunk to one part in `factor`, in a mode that can be averaged."""
    if image.mode in _AVERAGES and "transparency" not in image.info:
        return image.reduce(factor) if factor > 1 else image
    mode = _plain_mode(image)
    width, height = -(-image.width // factor), -(-image.height // factor)
    small = Image.new(mode, (width, height))
    step = factor * max(1, 1_000_000 // max(1, image.width * factor))
    for top in range(0, image.height, step):
        strip = _plain(image.crop((0, top, image.width, min(top + step, image.height))), mode)
        small.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return small


def _plain_mode(image: Image.Image) -> str:
    if image.mode.startswith(("I", "F")) or image.mode == "1":
        return "L"
    clear = "transparency" in image.info or image.mode in ("LA", "La", "RGBA", "RGBa", "PA")
    return "RGBA" if clear else "RGB"


def _plain(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = image.point(lambda level: level / 256)
    elif image.mode in ("I", "F"):
        # 16 bits to a channel are common, 32 are not: then the picture may come out white, but it comes out.
        image = image.point(lambda level: level / 256) if image.mode == "I" else image
    return image.convert(mode)


def _on_white(image: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", image.size, (255, 255, 255))
    sheet.paste(image, mask=image.getchannel("A"))
    return sheet


def _in_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """Its colours as a screen without the profile shows them."""
    if image.mode in ("RGB", "L", "CMYK") and isinstance(profile, bytes) and len(profile) <= _LARGEST_PROFILE:
        try:
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, meant, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    for way in _TURNED.get(orientation, ()):
        image = image.transpose(way)
    return image


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """A file of the pixels alone: Pillow would carry a comment over from the picture that it opened."""
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality)
    return out.getvalue()
