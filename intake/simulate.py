"""Real-shaped traffic at the gateway's own doors, by the adapters' simulators: for `kanal simulate` and the demo.

Reads the same configuration as the gateway, and so knows the accounts' secrets as their providers do.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct

from adapters.base import Gateway, Letter, Simulator, load, names
from intake.config import Config
from normalizer.errors import KanalError, Misconfigured, Unavailable
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import JAKARTA
from normalizer.settings import convert

#: Seconds that one letter of the console's demo mode may take.
PLAYED_WITHIN = 20.0
#: What invented citizens write when nobody says what.
TEXTS = (
    "Jalan berlubang di depan pasar, Kelurahan Kenari, Kecamatan Senen. Sudah dua minggu.",
    "Lampu jalan mati di RT 03 RW 05 Kelurahan Cakung Barat, gelap sekali kalau malam.",
    "Sampah menumpuk di pinggir kali, Kelurahan Kampung Melayu, baunya sampai ke sekolah.",
    "Saluran air mampet di Jalan Cempaka, Kelurahan Sunter Jaya, tiap hujan langsung banjir.",
    "Pohon tumbang menutup separuh jalan di Kelurahan Ragunan, tolong segera dipotong.",
)
#: The kelurahan that each of them speaks of, where the photos say that they were taken.
SEEN_IN = ("Kenari", "Cakung Barat", "Kampung Melayu", "Sunter Jaya", "Ragunan")


class Outcome(Struct, frozen=True, kw_only=True):
    """One letter sent: what the gateway answered, or why it refused; seconds until then."""

    number: int
    answer: str = ""
    error: str = ""
    seconds: float


def settings_of(config: Config, account: str) -> Any:
    """An account's settings as its adapter types them, secrets resolved. Raises `Misconfigured`."""
    found = config.account(account)
    where = f"account.{account}.settings"
    return convert(load(found.adapter).Settings, found.settings, where, config.resolve)


def account_of(config: Config, wanted: str) -> str:
    """The account called `wanted`, or the first one of the adapter of that name. Raises `Misconfigured`."""
    for account in config.accounts:
        if wanted == account.name:
            return account.name
    for account in config.accounts:
        if wanted == account.adapter:
            return account.name
    if wanted in names():
        raise Misconfigured(
            "account",
            "no account uses the adapter {wanted!r}",
            "add one to {file} (adapters/{wanted}/doc.md)",
            file=config.source,
            wanted=wanted,
        )
    known = ", ".join(f"{a.name} ({a.adapter})" for a in config.accounts)
    raise Misconfigured(
        "account",
        "neither an account nor an adapter is called {wanted!r}",
        "use one of: {known}",
        wanted=wanted,
        known=known,
    )


def load_simulator(config: Config, account: str, session: tuple[str, str] | None = None) -> Simulator:
    """The provider's side of one account; `session` is a member of staff for doors that need one."""
    found = config.account(account)
    module = importlib.import_module(f"adapters.{found.adapter}.simulate")
    gateway = Gateway(http=local_address(config), public_url=config.public_url, session=session)
    simulator: Simulator = module.simulator(found, settings_of(config, account), gateway)
    return simulator


def play(config: Config) -> Callable[[str], Awaitable[str]]:
    """What sends one invented letter to an account, as its provider would; the answer of its door.

    Raises `Misconfigured` unless nobody but this machine reaches the gateway: invented letters have no place in a
    real office's day.
    """
    for setting, host in (
        ("gateway.listen", config.host.strip("[]")),
        ("gateway.public_url", urlsplit(config.public_url).hostname or ""),
    ):
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise Misconfigured(
                "console.demo",
                "is on, and {setting} is reached from elsewhere",
                "set console.demo = false",
                setting=setting,
            )

    async def send_one(account: str) -> str:
        simulator = load_simulator(config, account)
        await simulator.start()
        try:
            number = int(time.time())
            letter = Letter(number=number, text=TEXTS[number % len(TEXTS)])
            async with asyncio.timeout(PLAYED_WITHIN):
                return await simulator.send(letter)
        except TimeoutError:
            raise Unavailable("no answer within {seconds:.0f} s", seconds=PLAYED_WITHIN) from None
        finally:
            await simulator.stop()

    return send_one


def local_address(config: Config) -> str:
    """The gateway's web server as this machine reaches it, whatever it listens on."""
    host = config.host
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{config.port}"


def photo(kelurahan: str = "", at: datetime | None = None, width: int = 640, height: int = 480) -> bytes:
    """A picture as a telephone sends it, drawn here: a grey road with a dark hole.

    `kelurahan` is where it says that it was taken, `at` when: Exif, as telephones write it in their own zone.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height), (150, 150, 145))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 3), fill=(120, 170, 210))
    draw.ellipse((width // 3, height // 2, width * 2 // 3, height * 4 // 5), fill=(50, 45, 40))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80, exif=_exif(kelurahan, at))
    return out.getvalue()


def _exif(kelurahan: str, at: datetime | None) -> bytes:
    from PIL import ExifTags, Image

    tags = Image.Exif()
    if at is not None:
        tags[ExifTags.Base.Make], tags[ExifTags.Base.Model] = "Contoh", "Telepon 1"
        local = at.astimezone(JAKARTA)
        camera = tags.get_ifd(ExifTags.IFD.Exif)
        camera[ExifTags.Base.DateTimeOriginal] = local.strftime("%Y:%m:%d %H:%M:%S")
        camera[ExifTags.Base.OffsetTimeOriginal] = "+07:00"
    where = next((k for k in kelurahan_table() if k.name == kelurahan), None)
    if where is not None:
        gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef] = "S" if where.latitude < 0 else "N"
        gps[ExifTags.GPS.GPSLatitude] = (abs(where.latitude), 0.0, 0.0)
        gps[ExifTags.GPS.GPSLongitudeRef] = "E"
        gps[ExifTags.GPS.GPSLongitude] = (where.longitude, 0.0, 0.0)
    return tags.tobytes() if len(tags) or where is not None else b""


def _photo_of(text: str, index: int) -> bytes:
    """Taken now; where, if the words are our own."""
    return photo("" if text else SEEN_IN[index % len(SEEN_IN)], datetime.now(UTC))


async def send(
    simulator: Simulator,
    *,
    count: int,
    rate: float,
    text: str = "",
    with_photo: bool = False,
    first: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Outcome]:
    """Send `count` letters, `rate` per second (0: as fast as they are answered); the outcome of each.

    Numbers start at `first`, else at the present second, so that a second run is not taken for a retry.
    """
    number = first if first is not None else int(time.time())
    began = clock()
    for index in range(count):
        if rate > 0:
            await asyncio.sleep(max(0.0, began + index / rate - clock()))
        letter = Letter(
            number=number + index,
            text=text or TEXTS[index % len(TEXTS)],
            photos=(_photo_of(text, index),) if with_photo else (),
        )
        started = clock()
        try:
            answer = await simulator.send(letter)
        except (KanalError, OSError, RuntimeError, aiohttp.ClientError) as error:
            yield Outcome(number=letter.number, error=str(error) or repr(error), seconds=clock() - started)
        else:
            yield Outcome(number=letter.number, answer=answer, seconds=clock() - started)
