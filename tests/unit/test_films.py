"""Length, size, time and place of films and sounds, from heads as the standards and telephones write them."""

from __future__ import annotations

import io
import wave
from datetime import UTC, datetime

import pytest

from intake.content.films import read_film
from intake.content.frames import Found
from intake.content.sounds import read_sound
from normalizer.media import sniff
from tests import films

MADE = datetime(2026, 11, 20, 1, 15, 3, tzinfo=UTC)


def film(content: bytes) -> Found:
    media_type = sniff(content)
    assert media_type.startswith("video/"), media_type
    return read_film(io.BytesIO(content), media_type, len(content))


def sound(content: bytes, media_type: str = "") -> Found:
    media_type = media_type or sniff(content)
    assert media_type.startswith("audio/"), media_type
    return read_sound(io.BytesIO(content), media_type, len(content))


class TestMp4AndItsKin:
    @pytest.mark.parametrize("brand", [b"mp42", b"qt  ", b"3gp5", b"isom"])
    @pytest.mark.parametrize("film_first", [True, False])
    def test_length_and_size(self, brand: bytes, film_first: bool) -> None:
        found = film(films.movie(brand=brand, film_first=film_first, made=MADE))
        assert (found.duration, found.width, found.height) == (12.5, 1920, 1080)
        assert found.captured_at == MADE and not found.reveals_place and found.remarks == ()

    def test_lengths_of_64_bits(self) -> None:
        assert film(films.movie(version=1, seconds=7200.25, made=MADE)).duration == 7200.25

    def test_a_film_held_upright_is_as_it_is_looked_at(self) -> None:
        found = film(films.movie(turned=True))
        assert (found.width, found.height) == (1080, 1920)

    def test_the_place_as_android_writes_it(self) -> None:
        found = film(films.movie(place="-06.1917+106.8456/"))
        assert found.reveals_place and found.captured_place is not None
        assert (found.captured_place.latitude, found.captured_place.longitude) == (-6.1917, 106.8456)

    def test_place_and_time_as_an_iphone_writes_them(self) -> None:
        found = film(
            films.movie(
                brand=b"qt  ",
                apple={
                    b"com.apple.quicktime.make": b"Contoh",
                    b"com.apple.quicktime.location.ISO6709": b"-06.1917+106.8456+017.000/",
                    b"com.apple.quicktime.creationdate": b"2026-11-20T08:15:03+0700",
                },
            )
        )
        assert found.captured_place is not None and found.captured_at == MADE

    def test_the_place_of_3gpp(self) -> None:
        loci = (
            bytes(4)
            + b"\x15\xc7"
            + b"Kenari\0"
            + b"\0"
            + b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in (106.8456, -6.1917, 0))
        )
        content = films.box(b"ftyp", b"3gp5") + films.box(
            b"moov", films.box(b"mvhd", bytes(100)), films.box(b"udta", films.box(b"loci", loci))
        )
        found = film(content)
        assert found.captured_place is not None
        assert found.captured_place.latitude == pytest.approx(-6.1917, abs=1e-4)

    def test_null_island_is_no_place(self) -> None:
        found = film(films.movie(place="+00.0000+000.0000/"))
        assert found.captured_place is None and found.reveals_place
        assert found.remarks == ("the film's coordinates 0, 0 are a device's default",)

    @pytest.mark.parametrize(
        "content",
        [
            films.box(b"ftyp", b"mp42"),
            films.box(b"ftyp", b"mp42") + films.box(b"mdat", bytes(100)),
            films.box(b"ftyp", b"mp42") + b"\0\0\0\3moov",
            films.movie()[:-300],
            films.box(b"ftyp", b"mp42") + b"\0\0\0\1moov" + b"\xff" * 8 + bytes(100),
            films.box(b"ftyp", b"mp42") + films.box(b"free") * 30_000,
            films.box(b"ftyp", b"mp42") + films.box(b"moov", films.box(b"trak", films.box(b"tkhd"))),
        ],
    )
    def test_what_is_cut_off_or_crafted_says_so(self, content: bytes) -> None:
        assert film(content) == Found(remarks=("the film's head is cut off or damaged",))

    def test_a_length_of_a_hundred_years_is_none(self) -> None:
        assert film(films.movie(seconds=4_000_000)).duration is None


class TestMatroska:
    @pytest.mark.parametrize("kind", [b"webm", b"matroska"])
    def test_length_and_size(self, kind: bytes) -> None:
        found = film(films.matroska(kind=kind))
        assert (found.duration, found.width, found.height) == (8.0, 1280, 720)

    def test_as_a_browser_records_it_without_a_length(self) -> None:
        found = film(films.matroska(seconds=None))
        assert (found.duration, found.width) == (9.0, 1280)
        assert "states no length" in found.remarks[0]

    def test_crafted_numbers(self) -> None:
        for tail in (b"\0" * 20, b"\x18\x53\x80\x67\x00", b"\x18\x53\x80\x67\xff", b"\xff" * 40):
            assert film(films.element("1a45dfa3", films.element("4282", b"webm")) + tail).duration is None


class TestAvi:
    def test_length_and_size(self) -> None:
        found = film(films.avi())
        assert (found.duration, found.width, found.height) == (10.0, 640, 480)

    def test_cut_off(self) -> None:
        assert film(films.avi()[:60]).remarks


class TestVoices:
    def test_a_voice_note_of_a_messenger(self) -> None:
        assert sound(films.voice(4.0)).duration == 4.0

    def test_an_m4a(self) -> None:
        assert sound(films.movie(brand=b"M4A ", seconds=30)).duration == 30

    def test_amr_narrow_and_wide(self) -> None:
        assert sound(films.amr(3.0)).duration == 3.0
        wide = b"#!AMR-WB\n" + (b"\x1c" + bytes(36)) * 50
        assert sound(wide).duration == 1.0

    def test_adts(self) -> None:
        frame = b"\xff\xf1\x50\x80" + bytes([(107 >> 3) & 0xFF, (107 & 7) << 5 | 0x1F, 0xFC]) + bytes(100)
        assert sound(frame * 430).duration == pytest.approx(430 * 1024 / 44100, abs=0.01)

    def test_wav_and_mp3(self) -> None:
        out = io.BytesIO()
        with wave.open(out, "wb") as made:
            made.setnchannels(1)
            made.setsampwidth(2)
            made.setframerate(8000)
            made.writeframes(bytes(16_000 * 2))
        assert sound(out.getvalue()).duration == 2.0
        mp3 = (b"\xff\xfb\x90\x00" + bytes(413)) * 100  # 128 kbit/s, 44,100 Hz: 1152 samples a frame
        assert sound(mp3, "audio/mpeg").duration == pytest.approx(100 * 1152 / 44100, abs=0.1)

    @pytest.mark.parametrize(
        "content", [b"OggS" + bytes(10), b"#!AMR\n", b"ID3" + b"\xff" * 200, b"\xff\xf1" * 50]
    )
    def test_what_tells_nothing_says_so(self, content: bytes) -> None:
        assert sound(
            content, sniff(content) if sniff(content).startswith("audio/") else "audio/aac"
        ) == Found(remarks=("the length of the sound cannot be told",))
