"""`kanal explain` of a photo: what the gateway would read in it, and what that says of the place."""

from __future__ import annotations

import json
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from intake.config import Config
from intake.evaluation import explaining
from normalizer.identity import JAKARTA
from tests import films, pictures


def no_config() -> Config:
    raise AssertionError("a file needs no configuration")


def test_a_photo_is_explained_alone_and_in_a_mail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = datetime.now(JAKARTA)
    content = pictures.saved(pictures.scene(1), exif=pictures.exif(at=taken, place=pictures.KENARI))
    photo, mail = tmp_path / "IMG_0001.bin", tmp_path / "surat.eml"
    photo.write_bytes(content)
    letter = EmailMessage()
    letter["Subject"] = "Jalan berlubang"
    letter.set_content("Mohon diperbaiki, fotonya terlampir.")
    letter.add_attachment(content, maintype="image", subtype="jpeg", filename="jalan.jpg")
    mail.write_bytes(letter.as_bytes())
    for path, name in ((photo, "IMG_0001.bin"), (mail, "jalan.jpg")):
        (one,) = explaining.find(str(path), no_config)
        said = {(e.step, e.result) for e in one.record.evidence}
        assert ("media", f"taken {taken:%Y-%m-%d %H:%M} in Jakarta's time") in said
        assert one.record.place.method == "photo"
        assert one.record.place.kelurahan is not None and one.record.place.kelurahan.name == "Kenari"
        assert one.record.attachments[0].name == name
        explaining.show(one, as_json=True)
        shown = json.loads(capsys.readouterr().out)["result"]["file 1"]
        assert shown.startswith("image/jpeg, 640 × 480, taken ")
        assert shown.endswith("copy without metadata")


def test_masks_and_what_looks_like_markup_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = "Tanya Mang Ade [/red] di pasar, telp 0812-0000-1234 [bold]"
    (one,) = explaining.find(text, no_config)
    explaining.show(one, as_json=False)
    shown = " ".join(capsys.readouterr().out.split())
    for sign in ("[nama]", "[/red]", "[nomor telepon]", "[bold]"):
        assert sign in shown, shown


def test_a_film_longer_than_a_message_may_be_is_taken(tmp_path: Path) -> None:
    film = tmp_path / "rekaman.mp4"
    film.write_bytes(films.movie(seconds=42) + bytes(2 * 1024 * 1024))
    (one,) = explaining.find(str(film), no_config)
    assert one.record.attachments[0].duration == 42
    assert any(e.result == "lasts 42 s" for e in one.record.evidence)
