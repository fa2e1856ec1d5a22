#!/usr/bin/env python3
"""RunOnReceive program of gammu-smsd: hands every message to the gateway, and loses none while that is away.

It runs beside the modem, needs nothing but Python 3.9, and is not imported by the gateway:

    runonreceive = /usr/bin/python3 /opt/kanal/gammu_hook.py /etc/kanal-gammu.ini
    runonsent    = /usr/bin/python3 /opt/kanal/gammu_hook.py /etc/kanal-gammu.ini --sent
    runonfailure = /usr/bin/python3 /opt/kanal/gammu_hook.py /etc/kanal-gammu.ini --failed

The two others tell the gateway what became of its answers. A delivery report names a message by the modem's own
number alone; so what was sent to whom is remembered here, and the report gets the name that the gateway knows.

Gammu does not repeat a message. So the program first writes it into a spool folder, synced, then sends what is
there, oldest first, and removes a file only when the gateway says that it is stored. It ends with 0 when nothing
waits any more and with 75 (EX_TEMPFAIL) when something does. Called without a message (by cron, each minute), it
only sends. Environment: docs.gammu.org, "RunOnReceive Directive".

The file of settings, readable by smsd's user alone:

    [kanal]
    url = https://aduan.example.go.id/hooks/sms-gammu
    secret = ...at least 16 letters and digits...
    spool = /var/spool/kanal-gammu
    seconds = 30
"""

from __future__ import annotations

import configparser
import fcntl
import hmac
import http.client
import json
import os
import sys
import syslog
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

DONE, LATER, WRONG = 0, 75, 78  # sysexits.h: EX_TEMPFAIL, EX_CONFIG
#: The gateway's word. A 200 from anyone else, such as a portal of the network, is no receipt.
STORED = b"stored"
#: The same bytes will never be taken, so they make way for the others.
HOPELESS = (400, 413, 422)
MOST_PARTS = 1000
#: Messages that were sent and whose delivery reports may still come.
MOST_SENT = 1000


class Settings(NamedTuple):
    """`seconds` is how long one call may take: smsd waits for it, and no longer than two minutes."""

    url: str
    secret: str
    spool: Path
    seconds: float


def main(arguments: Sequence[str]) -> int:
    occupy_standard_descriptors()
    try:
        settings = read_settings(arguments[1])
    except (IndexError, KeyError, ValueError, OSError, configparser.Error) as error:
        syslog.syslog(syslog.LOG_ERR, f"kanal: no message is handed on, the settings are wrong: {error!r}")
        return WRONG
    event = arguments[2][2:] if arguments[2:3] in (["--sent"], ["--failed"]) else ""
    ids = arguments[3:] if event else arguments[2:]
    if event == "failed" and (not ids or ids[0] == "INIT"):
        syslog.syslog(syslog.LOG_ERR, "kanal: smsd could not start the modem")
        return DONE
    if event or b"SMS_MESSAGES" in os.environb:
        body = report(os.environb, ids, event, settings.spool)
        try:
            keep(settings.spool, body)
        except OSError as error:
            # The disk is full or gone. The gateway may still take it; gammu's own inbox has it besides.
            syslog.syslog(syslog.LOG_ERR, f"kanal: the spool cannot be written: {error}")
            return DONE if deliver(settings, body) == 200 else LATER
    try:
        return DONE if drain(settings) else LATER
    except OSError as error:
        syslog.syslog(syslog.LOG_ERR, f"kanal: the spool cannot be read: {error}")
        return LATER


def occupy_standard_descriptors() -> None:
    """smsd closes all descriptors; a socket that became number 2 would receive the next error message."""
    while True:
        number = os.open(os.devnull, os.O_RDWR)
        if number > 2:
            os.close(number)
            return


def read_settings(file: str) -> Settings:
    parser = configparser.ConfigParser(interpolation=None)
    with Path(file).open(encoding="utf-8") as lines:
        parser.read_file(lines)
    table = parser["kanal"]
    url = urlsplit(table["url"])
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:  # .port raises on nonsense
        raise ValueError("url is no address")
    if len(table["secret"]) < 16:
        raise ValueError("secret is shorter than 16 characters")
    return Settings(table["url"], table["secret"], Path(table["spool"]), table.getfloat("seconds", 30.0))


# --- what smsd says -------------------------------------------------------------------------------------------


def report(
    environment: Mapping[bytes, bytes], ids: Sequence[str], event: str = "", memory: Path | None = None
) -> bytes:
    """The message in smsd's environment as JSON, for the gateway.

    `event` is `sent` or `failed` for one that went out; `memory` is the folder that remembers what was sent.
    """
    found = described(environment, ids)
    if event:
        found["event"] = event
    if memory is not None:
        try:
            remember(memory, found) if event else name_report(memory, found)
        except OSError as error:
            # A receipt without its name is a small loss; the message itself goes on.
            syslog.syslog(syslog.LOG_WARNING, f"kanal: what was sent cannot be remembered: {error}")
    return json.dumps(found).encode()


def described(environment: Mapping[bytes, bytes], ids: Sequence[str]) -> dict[str, Any]:
    """What smsd's variables say; one that is not set is null."""

    def value(name: str) -> str | None:
        found = environment.get(name.encode())
        if found is None:
            return None
        try:
            return found.decode("utf-8")
        except UnicodeDecodeError:
            return found.decode("cp1252", "replace")

    def count(name: str) -> range:
        written = value(name) or "0"
        return range(1, min(int(written), MOST_PARTS) + 1 if written.isdecimal() else 1)

    def fields(kind: str, number: int, names: Sequence[str]) -> dict[str, str | None]:
        return {name.lower(): value(f"{kind}_{number}_{name}") for name in names}

    message = ("NUMBER", "TEXT", "CLASS", "REFERENCE", "TIMESTAMP", "SMSC_TIMESTAMP")
    part = ("TEXT", "MMS_SENDER", "MMS_TITLE", "MMS_ADDRESS", "MMS_SIZE")
    locale = value("LC_ALL") or value("LC_CTYPE") or value("LANG") or ""
    if "utf" not in locale.lower():
        syslog.syslog(
            syslog.LOG_WARNING, "kanal: smsd runs without a UTF-8 locale and turns letters into '?'"
        )
    return {
        "phone": value("PHONE_ID"),
        "ran_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "ids": [written.encode("utf-8", "replace").decode() for written in ids],
        "messages": [fields("SMS", number, message) for number in count("SMS_MESSAGES")],
        "parts": [fields("DECODED", number, part) for number in count("DECODED_PARTS")],
    }


# --- what was sent --------------------------------------------------------------------------------------------


def remember(spool: Path, found: Mapping[str, Any]) -> None:
    """That smsd sent a message: to which number, under which of the modem's numbers, by which name."""
    messages = found["messages"]
    if found["event"] != "sent" or not messages or not found["ids"]:
        return
    entry = {
        "to": _last_digits(messages[0]["number"]),
        "references": [message["reference"] for message in messages],
        "id": Path(found["ids"][0]).name,
    }
    kept = [*_sent_before(spool), entry][-MOST_SENT:]
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = spool / f"sent-{os.getpid()}.part"
    unfinished.write_text(json.dumps(kept))
    unfinished.rename(spool / "sent.list")


def name_report(spool: Path, found: dict[str, Any]) -> None:
    """Give a delivery report the name of what it is about: the one it refers to, or the last to its number."""
    first = found["messages"][0] if found["messages"] else {}
    if first.get("reference") in (None, "", "0"):
        return
    to = _last_digits(first["number"])
    to_them = [entry for entry in _sent_before(spool) if entry["to"] == to]
    meant = [entry for entry in to_them if first["reference"] in entry["references"]] or to_them
    if meant:
        first["sent_id"] = meant[-1]["id"]


def _sent_before(spool: Path) -> list[dict[str, Any]]:
    try:
        kept: list[dict[str, Any]] = json.loads((spool / "sent.list").read_text())
        return kept if isinstance(kept, list) else []
    except (FileNotFoundError, ValueError):
        return []


def _last_digits(number: str | None) -> str:
    """What +62812… and 0812… have in common."""
    return "".join(letter for letter in number or "" if letter.isdigit())[-9:]


# --- the spool ------------------------------------------------------------------------------------------------


def keep(spool: Path, body: bytes) -> None:
    """`body` in the spool, on the disk together with its name. Raises `OSError`."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}"
    unfinished = spool / f"{name}.part"
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(spool / f"{name}.json")
    folder = os.open(spool, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def drain(settings: Settings) -> bool:
    """Send what waits, oldest first; whether nothing waits any more. One process at a time sends."""
    if not settings.spool.is_dir():
        return True
    until = time.monotonic() + settings.seconds
    with (settings.spool / ".lock").open("w") as lock:
        while not _locked(lock.fileno()):
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        while waiting := sorted(settings.spool.glob("*.json")):
            for file in waiting:
                if time.monotonic() > until or not _sent(settings, file):
                    syslog.syslog(
                        syslog.LOG_WARNING, f"kanal: {len(waiting)} messages or fewer wait for the gateway"
                    )
                    return False
    return True


def _locked(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sent(settings: Settings, file: Path) -> bool:
    """Whether `file` is out of the way: stored at the gateway, or refused for good and set aside."""
    status = deliver(settings, file.read_bytes())
    if status == 200:
        file.unlink()
        return True
    if status in HOPELESS:
        aside = settings.spool / "refused"
        aside.mkdir(mode=0o700, exist_ok=True)
        file.rename(aside / file.name)
        syslog.syslog(syslog.LOG_ERR, f"kanal: the gateway refused {file.name} for good ({status})")
        return True
    return False


def deliver(settings: Settings, body: bytes) -> int:
    """The gateway's HTTP status; 200 only with its receipt, 0 when there was no answer. Redirects are not followed."""
    url = urlsplit(settings.url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=min(10.0, settings.seconds))
    signature = hmac.new(settings.secret.encode(), body, "sha256").hexdigest()
    headers = {"Content-Type": "application/json", "X-Kanal-Signature": f"sha256={signature}"}
    try:
        connection.request("POST", url.path + (f"?{url.query}" if url.query else ""), body, headers)
        answer = connection.getresponse()
        receipt = answer.read(1000).strip()
    except (OSError, http.client.HTTPException) as error:
        syslog.syslog(syslog.LOG_WARNING, f"kanal: no answer from the gateway: {type(error).__name__}")
        return 0
    finally:
        connection.close()
    if answer.status == 200 and receipt != STORED:
        syslog.syslog(syslog.LOG_WARNING, "kanal: something answered that is not the gateway")
        return 0
    return answer.status


if __name__ == "__main__":
    sys.exit(main(sys.argv))
