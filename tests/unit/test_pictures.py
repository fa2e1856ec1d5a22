"""What is read from photos: size, time, place, the copy that may be shown, and what tells a picture from another."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageEnhance, PngImagePlugin, TiffImagePlugin

from intake.content import picture
from intake.content.exif import Taken, taken
from intake.content.fingerprint import distance
from intake.content.frames import Found
from tests import pictures

picture.prepare()

#: As the camera's clock shows it, in Jakarta.
TAKEN = datetime(2026, 11, 20, 8, 15, 3, tzinfo=timezone(timedelta(hours=7)))


def read(content: bytes, media_type: str = "image/jpeg") -> Found:
    return picture.read_picture(io.BytesIO(content), media_type, lambda facts: None)


def metadata_of(content: bytes) -> set[str]:
    """Everything in a JPEG file beside pixels: its segments by name, and what follows its end."""
    assert content.startswith(b"\xff\xd8")
    found, at = set(), 2
    while content[at + 1] != 0xDA:
        assert content[at] == 0xFF
        kind, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xE1 <= kind <= 0xEF or kind == 0xFE:
            found.add(f"{kind:x}")
        at += 2 + size
    if content.rindex(b"\xff\xd9") != len(content) - 2:
        found.add("after the end")
    return found


class TestOfACamera:
    def test_time_zone_place_and_size_are_read(self) -> None:
        tags = pictures.exif(at=TAKEN, place=pictures.KENARI)
        found = read(pictures.saved(pictures.scene(1), exif=tags))
        assert (found.width, found.height) == (640, 480)
        assert found.captured_at == datetime(2026, 11, 20, 1, 15, 3, tzinfo=UTC)
        assert found.captured_place is not None and found.reveals_place
        assert (found.captured_place.latitude, found.captured_place.longitude) == pytest.approx(
            pictures.KENARI, abs=1e-5
        )
        assert found.remarks == ()

    def test_a_photo_held_upright_is_as_it_was_looked_at(self) -> None:
        wide = Image.new("RGB", (400, 200), "white")
        wide.paste((200, 0, 0), (0, 0, 100, 200))  # its left, and so the top once it is turned clockwise
        found = read(pictures.saved(wide, exif=pictures.exif(orientation=6)))
        assert (found.width, found.height) == (200, 400)
        shown = Image.open(io.BytesIO(found.public))
        assert shown.size == (200, 400)
        top, bottom = shown.getpixel((100, 20)), shown.getpixel((100, 380))
        assert isinstance(top, tuple) and isinstance(bottom, tuple)
        assert top[1] < 60 and bottom[1] > 200

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_way_of_holding_it_gives_the_same_copy(self, orientation: int) -> None:
        upright = pictures.scene(5, 640, 480)
        undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
        held = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
        found = read(pictures.saved(held, exif=pictures.exif(orientation=orientation), quality=95))
        straight = read(pictures.saved(upright, quality=95))
        assert (found.width, found.height) == (640, 480)
        assert distance(found.perceptual_hash, straight.perceptual_hash) <= 4

    def test_a_photo_that_says_nothing_gives_nothing(self) -> None:
        found = read(pictures.saved(pictures.scene(1)))
        assert (found.captured_at, found.captured_place, found.reveals_place) == (None, None, False)

    def test_png_and_webp_and_tiff_carry_it_too(self) -> None:
        tags, small = pictures.exif(at=TAKEN, place=pictures.KENARI), pictures.scene(2, 400, 300)
        for form, media_type in (("PNG", "image/png"), ("WEBP", "image/webp"), ("TIFF", "image/tiff")):
            options: dict[str, Any] = {"exif": tags}
            if form == "TIFF":
                info = TiffImagePlugin.ImageFileDirectory_v2()
                info[0x8769], info[0x8825] = dict(tags.get_ifd(0x8769)), pictures.gps_tags(*pictures.KENARI)
                options = {"tiffinfo": info}
            found = read(pictures.saved(small, form, **options), media_type)
            assert found.captured_at is not None and found.captured_place is not None, form
            assert found.public, form

    def test_an_iphones_heic_is_read_and_shown_as_jpeg(self) -> None:
        """The file was made by libheif from scene 11 with the tags of `pictures.exif`."""
        found = read((Path(__file__).parents[1] / "files" / "iphone.heic").read_bytes(), "image/heic")
        assert (found.width, found.height) == (160, 120)
        assert found.captured_at == datetime(2026, 11, 20, 1, 15, 3, tzinfo=UTC)
        assert found.captured_place is not None and metadata_of(found.public) == set()
        straight = read(pictures.saved(pictures.scene(11, 160, 120)))
        assert distance(found.perceptual_hash, straight.perceptual_hash) <= 8

    def test_a_place_in_xmp_alone_counts(self) -> None:
        xmp = b'<x:xmpmeta><rdf:Description exif:GPSLatitude="6,11.502S" exif:GPSLongitude="106,50.736E"/></x:xmpmeta>'
        found = read(pictures.saved(pictures.scene(1, 400, 300), xmp=xmp))
        assert found.reveals_place and found.captured_place is not None
        assert found.captured_place.latitude == pytest.approx(-6.1917, abs=1e-4)


class TestWhatCannotBe:
    """Values as cameras, editors and jokers write them; the photo itself is shown all the same."""

    @pytest.mark.parametrize(
        ("gps", "remark"),
        [
            (pictures.gps_tags(0.0, 0.0), "0, 0"),
            ({1: "N", 2: (200.0, 0.0, 0.0), 3: "E", 4: (300.0, 0.0, 0.0)}, "out of range"),
            ({1: "S", 2: (6.0, 99.0, 0.0), 3: "E", 4: (106.0, 50.0, 0.0)}, "no numbers"),
            ({2: (1.0, 2.0, 3.0)}, "no numbers"),
        ],
    )
    def test_a_place_that_cannot_be_is_no_place_but_betrays_the_sender(
        self, gps: dict[int, Any], remark: str
    ) -> None:
        found = read(pictures.saved(pictures.scene(1, 400, 300), exif=pictures.exif(gps=gps)))
        assert found.captured_place is None and found.reveals_place
        assert any(remark in words for words in found.remarks), found.remarks
        assert found.public

    def test_latitude_and_longitude_the_wrong_way_round_are_put_right_in_jakarta(self) -> None:
        gps = {1: "N", 2: (106.0, 50.0, 44.0), 3: "W", 4: (6.0, 11.0, 30.0)}
        found = read(pictures.saved(pictures.scene(1, 400, 300), exif=pictures.exif(gps=gps)))
        assert found.captured_place is not None and "swapped" in found.remarks[0]
        assert found.captured_place.latitude == pytest.approx(-6.1917, abs=1e-3)

    def test_a_hemisphere_that_was_forgotten_is_jakartas(self) -> None:
        gps = {2: (6.0, 11.0, 30.0), 4: (106.0, 50.0, 44.0)}
        found = read(pictures.saved(pictures.scene(1, 400, 300), exif=pictures.exif(gps=gps)))
        assert found.captured_place is not None and found.captured_place.latitude < 0

    @pytest.mark.parametrize(
        ("camera", "gps", "at", "remark"),
        [
            ({0x9003: "2026:11:20 08:15:03", 0x9011: "+08:00"}, {}, "2026-11-20T00:15:03Z", ""),
            ({0x9003: "2026:11:20 08:15:03"}, {}, "2026-11-20T01:15:03Z", "no time zone"),
            (
                {0x9003: "2026:11:20 09:15:03"},
                {7: (0.0, 14.0, 58.0), 29: "2026:11:20"},
                "2026-11-20T00:15:03Z",
                "",
            ),
            ({}, {7: (1.0, 2.0, 3.9), 29: "2026:11:20"}, "2026-11-20T01:02:03Z", ""),
            ({0x9003: "0000:00:00 00:00:00"}, {}, None, ""),
            ({0x9003: "2026:13:45 25:61:61"}, {}, None, "cannot be"),
            ({0x9003: "1980:01:01 00:03:00"}, {}, None, "never set"),
            ({0x9003: "2012:01:01 00:00:10"}, {}, None, "never set"),
            ({0x9003: "2026:01:01 00:00:10", 0x9011: "+07:00"}, {}, "2025-12-31T17:00:10Z", ""),
            ({0x9003: "2026:11:20 08:15:03", 0x9011: "+99:00"}, {}, "2026-11-20T01:15:03Z", "zone"),
            ({0x9003: 7, 0x9004: b"\xff\xfe"}, {7: (1.0,), 29: "2026"}, None, "cannot be"),
        ],
    )
    def test_times(self, camera: dict[int, Any], gps: dict[int, Any], at: str | None, remark: str) -> None:
        said = taken({}, camera, gps, b"")
        assert said.at == (datetime.fromisoformat(at) if at else None)
        assert any(remark in words for words in said.remarks) if remark else said.remarks == ()

    def test_nothing_at_all(self) -> None:
        assert taken({}, {}, {}, b"") == Taken()


class TestTheCopyThatMayBeShown:
    def test_nothing_but_pixels_is_in_it(self) -> None:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        original = pictures.saved(
            pictures.scene(3),
            exif=pictures.exif(at=TAKEN, place=pictures.KENARI),
            xmp=b"<x:xmpmeta>Siti Contoh</x:xmpmeta>",
            icc_profile=srgb,
            comment=b"Siti Contoh, 0812-0000-0001",
        )
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x10\x1c\x02P\x00\x0bSiti Contoh"
        original = original[:2] + b"\xff\xed" + (len(iptc) + 2).to_bytes(2, "big") + iptc + original[2:]
        original += b"\0\0\0\x18ftypmp42" + b"film behind the photo, Siti Contoh" * 100
        assert metadata_of(original) >= {"e1", "e2", "ed", "fe", "after the end"}
        found = read(original)
        assert metadata_of(found.public) == metadata_of(found.thumbnail) == set()
        for made in (found.public, found.thumbnail):
            assert b"Siti" not in made and b"Exif" not in made

    def test_the_words_in_a_png_and_the_comment_in_a_gif_stay_behind(self) -> None:
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", "Siti Contoh")
        words.add_itxt("Comment", "Siti Contoh", zip=True)
        small = pictures.scene(4, 400, 300)
        for made, media_type in (
            (pictures.saved(small, "PNG", pnginfo=words), "image/png"),
            (pictures.saved(small, "GIF", comment=b"Siti Contoh"), "image/gif"),
        ):
            found = read(made, media_type)
            assert metadata_of(found.public) == set() and b"Siti" not in found.public

    def test_metadata_behind_the_pixels_of_a_png_are_read_as_well(self) -> None:
        whole = pictures.saved(pictures.scene(4, 400, 300), "PNG")
        tags = pictures.exif(place=pictures.KENARI).tobytes().removeprefix(b"Exif\0\0")
        end = whole.rindex(b"IEND") - 4
        late = whole[:end] + pictures.chunk(b"eXIf", tags) + whole[end:]
        found = read(late, "image/png")
        assert found.reveals_place and found.captured_place is not None and found.public

    def test_its_sides_are_bounded(self) -> None:
        found = read(pictures.saved(pictures.scene(6, 2400, 1800)))
        assert Image.open(io.BytesIO(found.public)).size == (2048, 1536)
        assert Image.open(io.BytesIO(found.thumbnail)).size == (320, 240)
        assert (found.width, found.height) == (2400, 1800)
        small = read(pictures.saved(pictures.scene(6, 200, 150)))
        assert Image.open(io.BytesIO(small.public)).size == (200, 150)

    def test_colours_of_another_space_are_shown_as_meant(self) -> None:
        srgb = ImageCms.createProfile("sRGB")
        meant = Image.new("RGB", (64, 64), (200, 40, 40))
        linear = _linear_profile()
        told = ImageCms.profileToProfile(meant, srgb, ImageCms.ImageCmsProfile(io.BytesIO(linear)))
        assert told is not None
        content = pictures.saved(told, icc_profile=linear, quality=100, subsampling=0)
        shown = Image.open(io.BytesIO(read(content).public)).getpixel((32, 32))
        assert isinstance(shown, tuple)
        assert max(abs(int(a) - b) for a, b in zip(shown, (200, 40, 40), strict=True)) <= 12

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "I", "CMYK"])
    def test_every_kind_of_pixels_can_be_shown(self, mode: str) -> None:
        picture = pictures.scene(8, 400, 300)
        form, media_type = ("JPEG", "image/jpeg") if mode == "CMYK" else ("TIFF", "image/tiff")
        if mode in ("I;16", "I"):
            grey = picture.convert("L").convert("I").point(lambda level: level * 256)
            made = pictures.saved(grey if mode == "I" else grey.convert("I;16"), form)
        elif mode == "PA":
            made, media_type = pictures.saved(picture.convert("P"), "PNG", transparency=0), "image/png"
        elif mode == "RGBA":
            made, media_type = pictures.saved(picture.convert(mode), "WEBP", lossless=True), "image/webp"
        else:
            made = pictures.saved(picture.convert(mode), form)
        found, straight = read(made, media_type), read(pictures.saved(picture))
        assert found.remarks == () and found.public
        assert distance(found.perceptual_hash, straight.perceptual_hash) <= (14 if mode == "1" else 10)

    def test_what_is_transparent_is_white(self) -> None:
        clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
        found = read(pictures.saved(clear, "PNG"), "image/png")
        assert Image.open(io.BytesIO(found.public)).getpixel((50, 50)) == (255, 255, 255)

    def test_of_a_picture_that_moves_the_first_one(self) -> None:
        first, second = pictures.scene(1, 320, 240), pictures.scene(2, 320, 240)
        for form in ("GIF", "WEBP", "PNG"):
            made = pictures.saved(first, form, save_all=True, append_images=[second])
            found = read(made, f"image/{form.lower()}")
            assert "moves" in found.remarks[-1]
            assert distance(found.perceptual_hash, read(pictures.saved(first)).perceptual_hash) <= 8

    def test_the_same_photo_gives_the_same_copy(self) -> None:
        original = pictures.saved(pictures.scene(3, 800, 600))
        assert read(original) == read(original)


def _linear_profile() -> bytes:
    """An ICC profile (v2, matrix and curve) with sRGB's colours and a gamma of 1."""

    def fixed(value: float) -> bytes:
        return round(value * 65536).to_bytes(4, "big", signed=True)

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    curve = b"curv\0\0\0\0\0\0\0\1\1\0\0\0"
    text = b"text\0\0\0\0Contoh\0\0"
    description = b"desc\0\0\0\0\0\0\0\7Contoh\0" + b"\0" * 78
    tags = {
        b"desc": description + b"\0" * (-len(description) % 4),
        b"cprt": text,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7139),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + at.to_bytes(4, "big") + len(value).to_bytes(4, "big")
        body += value
        at += len(value)
    head = bytearray(128)
    head[0:4] = at.to_bytes(4, "big")
    head[8:12] = b"\x02\x10\0\0"
    head[12:24] = b"mntrRGB XYZ "
    head[36:40] = b"acsp"
    head[68:80] = b"".join(map(fixed, (0.9642, 1.0, 0.8249)))
    return bytes(head) + len(tags).to_bytes(4, "big") + table + body


def _jpeg(picture: Image.Image, quality: int, **options: Any) -> bytes:
    return pictures.saved(picture.convert("RGB"), "JPEG", quality=quality, **options)


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "saved anew": lambda p: _jpeg(p, 60),
    "saved badly": lambda p: _jpeg(p, 25),
    "as WhatsApp does": lambda p: _jpeg(p.resize((p.width * 2 // 3, p.height * 2 // 3)), 70),
    "as a thumbnail": lambda p: _jpeg(p.resize((160, 120)), 75),
    "in another shape": lambda p: _jpeg(p.resize((400, 360)), 80),
    "brighter": lambda p: _jpeg(ImageEnhance.Brightness(p).enhance(1.2), 85),
    "darker": lambda p: _jpeg(ImageEnhance.Brightness(p).enhance(0.8), 85),
    "with more contrast": lambda p: _jpeg(ImageEnhance.Contrast(p).enhance(1.25), 85),
    "cut by two in a hundred": lambda p: _jpeg(
        p.crop((p.width // 100, p.height // 100, p.width * 99 // 100, p.height * 99 // 100)), 85
    ),
    "in grey": lambda p: _jpeg(p.convert("L"), 85),
    "as a PNG": lambda p: pictures.saved(p, "PNG"),
}


@cache
def hash_of(seed: int) -> str:
    return read(_jpeg(pictures.scene(seed, 400, 300), 90)).perceptual_hash


class TestOnePictureOrAnother:
    @pytest.mark.parametrize("copy", COPIES)
    def test_a_copy_is_near(self, copy: str) -> None:
        for seed in range(4):
            made = COPIES[copy](pictures.scene(seed, 400, 300))
            found = read(made, "image/png" if copy == "as a PNG" else "image/jpeg")
            assert distance(found.perceptual_hash, hash_of(seed)) <= 8, (copy, seed)

    def test_another_picture_is_far(self) -> None:
        near = [(a, b) for a in range(24) for b in range(a) if distance(hash_of(a), hash_of(b)) <= 12]
        assert near == []

    def test_a_wall_and_the_night_are_nobodys_double(self) -> None:
        for plain in (Image.new("RGB", (400, 300), (90, 90, 90)), Image.new("RGB", (400, 300))):
            assert read(_jpeg(plain, 80)).perceptual_hash == ""

    def test_it_is_sixteen_digits(self) -> None:
        assert all(len(hash_of(seed)) == 16 and int(hash_of(seed), 16) >= 0 for seed in range(24))
