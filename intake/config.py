"""One TOML file and the environment become typed settings; a wrong setting is named, with the cure.

Order: built-in defaults, then the file (`--config`, else `KANAL_CONFIG`, else `kanal.toml` if it is there, else
`intake/default.toml`), then these environment variables: KANAL_DATA_DIR, KANAL_LISTEN, KANAL_PUBLIC_URL,
KANAL_AMQP_URL, KANAL_JOURNAL_URL. Credentials are never in the file: see `normalizer.settings`.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Account
from adapters.base import load as load_adapter
from complaint_queue.broker import Hosts
from complaint_queue.files_s3 import S3Place
from complaint_queue.keeping import RawKind
from intake.alarms.ways import AlarmsTable, ways_of
from normalizer.errors import Misconfigured
from normalizer.sentence import Sentence, because
from normalizer.settings import Secret, convert

Days = Annotated[int, Meta(ge=0, le=36_500)]
DEFAULT_FILE = Path(__file__).parent / "default.toml"
TABLES = (
    "gateway", "broker", "journal", "answers", "console", "alarms", "duplicates", "retention", "account",
)  # fmt: skip


class GatewaySettings(Struct, frozen=True, kw_only=True):
    """`listen` is host:port of the web server. `public_url` is how providers and citizens reach it. One sender's
    first `sender_burst` complaints are filed at once, then one in `sender_interval` seconds (see intake.fairness).
    `polygons`, `category_model` and `kind_model` are files: see docs/place.md and docs/classifying.md."""

    data_dir: str = "var"
    listen: str = "127.0.0.1:8080"
    public_url: str = ""
    max_body: int = 40 * 1024 * 1024
    max_connections: int = 2_000
    max_waiting: int = 20_000
    restart_grace: float = 15.0
    media_wait: float = 20.0
    sender_burst: Annotated[int, Meta(ge=1)] = 100
    sender_interval: Annotated[float, Meta(gt=0)] = 6.0
    polygons: str = ""
    category_model: str = ""
    kind_model: str = ""
    trusted_proxies: list[str] = []


class BrokerTable(Struct, frozen=True, kw_only=True):
    """RabbitMQ. With no `url`, one on localhost is used if it answers; else the journal holds everything.
    `url` is one address or a list, of the nodes of one cluster: references, or addresses without a password.
    `credentials` is "file:PATH" of a file with user:password; `ca_file`, `cert_file` and `key_file` are for amqps://
    (docs/high-availability.md).
    `single_active_consumer`: the CRM's queue serves one consumer at a time (docs/crm-events.md)."""

    url: Secret | None = None
    virtual_host: str = "kanal-aduan"
    crm_public_key: str = ""
    alarm_after: float = 60.0
    single_active_consumer: bool = False
    credentials: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def hosts(self) -> Hosts:
        """Where it is. Raises `Misconfigured` with the cure."""
        if self.credentials and not self.credentials.startswith("file:"):
            raise Misconfigured(
                "broker.credentials",
                "must be a reference to a file",
                'write user:password into a file, mode 600, and here "file:PATH"',
            )
        if self.cert_file and not self.key_file:
            raise Misconfigured(
                "broker.key_file", "is missing beside cert_file", "name the certificate's key"
            )
        urls = Hosts.of(self.url.reveal() if self.url else "").urls
        return Hosts.of(
            Hosts(
                urls=urls,
                credentials_file=self.credentials.removeprefix("file:"),
                ca_file=self.ca_file,
                cert_file=self.cert_file,
                key_file=self.key_file,
            )
        )


class S3Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The S3 service that `journal.files` is in; without `endpoint` it is Amazon's. Both keys are references."""

    access_key: Secret
    secret_key: Secret
    endpoint: str = ""
    region: str = "us-east-1"


class JournalTable(Struct, frozen=True, kw_only=True):
    """With no `url` the journal is a file in the data folder. `url` (postgresql://…) is one that several gateways
    share; `files` is then where all of them find the attachments: "s3://bucket/prefix", or a folder of which
    `files_shared` says that every gateway sees it. See docs/high-availability.md."""

    url: Secret | None = None
    files: str = ""
    files_shared: bool = False
    s3: S3Table | None = None


class AnswersTable(Struct, frozen=True, kw_only=True):
    """What citizens are told by themselves. `silent_accounts` say nothing; `quiet_from` to `quiet_until` (HH:MM in
    Jakarta) nothing is said that can wait. `emergency_numbers` are more than 112, 110, 113 and 119, by their name.
    """

    enabled: bool = True
    silent_accounts: list[str] = []
    quiet_from: str = "21:00"
    quiet_until: str = "06:00"
    emergency_numbers: dict[str, str] = {}

    def quiet(self) -> tuple[time, time]:
        """The quiet hours. Raises `Misconfigured`."""
        return _clock("answers.quiet_from", self.quiet_from), _clock("answers.quiet_until", self.quiet_until)


class ConsoleTable(Struct, frozen=True, kw_only=True):
    """The console reads a store of its own, which forgets complaints after `keep_days`; the journal does not.
    `demo` has it play the providers (one invented letter at a click), where nobody but this machine reaches us."""

    keep_days: Annotated[int, Meta(ge=1)] = 400
    demo: bool = False


class RetentionTable(Struct, frozen=True, kw_only=True):
    """Days for which raw events are kept, by what became of them; 0: for ever. `read_days`: a message was read from
    it; `ignored_days`: nothing was in it for us; `ended_days`: an operator decided about it in quarantine. Work is
    done between `begin` and `end` (HH:MM in Jakarta), `step` raw events at a time."""

    read_days: Days = 730
    ignored_days: Days = 30
    ended_days: Days = 180
    begin: str = "22:00"
    end: str = "04:30"
    step: Annotated[int, Meta(ge=1, le=1_000)] = 100

    def hours(self) -> tuple[time, time]:
        """When work is done. Raises `Misconfigured`."""
        return _clock("retention.begin", self.begin), _clock("retention.end", self.end)

    def before(self, now: datetime) -> Mapping[RawKind, datetime]:
        """The moments before which each kind is too old."""
        days: dict[RawKind, int] = {
            "read": self.read_days,
            "ignored": self.ignored_days,
            "ended": self.ended_days,
        }
        return {kind: now - timedelta(days=count) for kind, count in days.items() if count}


class DuplicatesTable(Struct, frozen=True, kw_only=True):
    """A complaint is linked to earlier ones of the last `days` that perhaps tell of the same; at most `most` are
    remembered, about 1 KB each. See docs/duplicates.md."""

    enabled: bool = True
    days: Annotated[float, Meta(gt=0, le=60)] = 14
    most: Annotated[int, Meta(ge=100, le=500_000)] = 50_000


class Config(Struct, frozen=True, kw_only=True):
    """Everything that `intake.service` needs. `source` is the file it came from, for messages."""

    gateway: GatewaySettings
    broker: BrokerTable
    accounts: tuple[Account, ...]
    answers: AnswersTable = AnswersTable()
    journal: JournalTable = JournalTable()
    console: ConsoleTable = ConsoleTable()
    duplicates: DuplicatesTable = DuplicatesTable()
    alarms: AlarmsTable = AlarmsTable()
    retention: RetentionTable = RetentionTable()
    source: str = ""

    @property
    def data_dir(self) -> Path:
        return Path(self.gateway.data_dir)

    @property
    def files_dir(self) -> Path:
        """Where attachments and large raw events are, unless they are in S3."""
        own = self.s3 is not None or not self.journal.files
        return self.data_dir / "files" if own else Path(self.journal.files)

    @property
    def s3(self) -> S3Place | None:
        """The bucket that they are in. Raises `Misconfigured`."""
        if not self.journal.files.startswith("s3:"):
            return None
        found = urlsplit(self.journal.files)
        if not found.netloc or self.journal.files != f"s3://{found.netloc}{found.path}":
            raise Misconfigured(
                "journal.files",
                "{place} names no bucket",
                "write s3://bucket/prefix",
                place=self.journal.files,
            )
        if self.journal.s3 is None:
            raise Misconfigured(
                "journal.s3",
                "is missing: S3 needs its keys",
                'write [journal.s3] access_key = "env:NAME", secret_key = "file:PATH", endpoint, region',
            )
        return S3Place(
            bucket=found.netloc,
            prefix=found.path.strip("/"),
            endpoint=self.journal.s3.endpoint,
            region=self.journal.s3.region,
            access_key=self.journal.s3.access_key.reveal(),
            secret_key=self.journal.s3.secret_key.reveal(),
        )

    @property
    def host(self) -> str:
        return self.gateway.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.gateway.listen.rpartition(":")[2])

    @property
    def public_url(self) -> str:
        return (self.gateway.public_url or f"http://{self.gateway.listen}").rstrip("/")

    @property
    def crm_key(self) -> bytes | None:
        """The CRM's public key (X25519, 32 bytes), to which confidential identities are sealed."""
        if not self.broker.crm_public_key:
            return None
        try:
            key = base64.b64decode(self.broker.crm_public_key, validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise Misconfigured(
                "broker.crm_public_key", "is not 32 bytes in base64", "copy the key as the CRM team gave it"
            )
        return key

    def account(self, name: str) -> Account:
        for account in self.accounts:
            if account.name == name:
                return account
        known = ", ".join(a.name for a in self.accounts)
        raise Misconfigured(
            "account.name", "no account is called {name!r}", "use one of: {known}", name=name, known=known
        )

    def resolve(self, reference: str) -> str:
        """The value behind `env:NAME`, `file:PATH` or `auto:NAME`. Raises `Misconfigured` with the cure."""
        scheme, _, rest = reference.partition(":")
        if scheme == "env":
            value = os.environ.get(rest, "")
            if not value:
                raise Misconfigured(
                    reference, "the environment variable is not set", "export {rest}=…", rest=rest
                )
            return value
        if scheme == "file":
            try:
                return Path(rest).read_text().strip()
            except OSError as error:
                raise Misconfigured(
                    reference,
                    "cannot be read ({why})",
                    "write the secret into that file, mode 600",
                    why=because(error),
                ) from None
        if scheme == "auto" and rest.replace("-", "").replace("_", "").isalnum():
            return _own_secret(self.data_dir / "secrets" / rest)
        raise Misconfigured(
            "secret",
            "a credential must not stand in the configuration",
            'write a reference: "env:NAME", "file:PATH", or "auto:NAME" for a door of our own',
        )


def _own_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise Misconfigured(
            "gateway.data_dir",
            "cannot write {path} ({why})",
            "give the gateway's user the right to write there, or set KANAL_DATA_DIR",
            path=path,
            why=because(error),
        ) from None
    with os.fdopen(descriptor, "w") as file:
        value = secrets.token_urlsafe(24)
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    return value


def find_file(path: Path | None, environment: Mapping[str, str]) -> Path:
    """Which file rules: the one asked for, `KANAL_CONFIG`, ./kanal.toml, or the built-in default."""
    if path is not None:
        return path
    if environment.get("KANAL_CONFIG"):
        return Path(environment["KANAL_CONFIG"])
    own = Path("kanal.toml")
    return own if own.is_file() else DEFAULT_FILE


def load(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the settings. Raises `Misconfigured` for a file that is absent, not TOML, or holds a wrong setting."""
    source = find_file(path, environment)
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(
            "--config",
            "cannot read {source} ({why})",
            "name a readable file",
            source=source,
            why=because(error),
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(
            str(source), "is not TOML: {why}", "correct the line that it names", why=_place_in(error)
        ) from None
    for name in table:
        if name not in TABLES:
            known = ", ".join(f"[{table}]" for table in TABLES[:-1])
            raise Misconfigured(name, "there is no such table", "use {known} and [[account]]", known=known)
    gateway = convert(GatewaySettings, table.get("gateway", {}), "gateway", _no_secret)
    for variable, field in (
        ("KANAL_DATA_DIR", "data_dir"),
        ("KANAL_LISTEN", "listen"),
        ("KANAL_PUBLIC_URL", "public_url"),
    ):
        if environment.get(variable):
            gateway = replace(gateway, **{field: environment[variable]})
    _check_listen(gateway.listen)
    accounts = _accounts(table.get("account", []))
    config = Config(gateway=gateway, broker=BrokerTable(), accounts=accounts, source=str(source))
    broker = convert(BrokerTable, _joined(table.get("broker", {})), "broker", partial(_broker_url, config))
    if environment.get("KANAL_AMQP_URL"):
        broker = replace(broker, url=Secret(environment["KANAL_AMQP_URL"]))
    if broker.url:
        broker.hosts()
    journal = convert(JournalTable, table.get("journal", {}), "journal", partial(_journal_url, config))
    if environment.get("KANAL_JOURNAL_URL"):
        journal = replace(journal, url=Secret(environment["KANAL_JOURNAL_URL"]))
    _ = replace(config, journal=journal).s3
    answers = convert(AnswersTable, table.get("answers", {}), "answers", _no_secret)
    answers.quiet()
    for name in answers.silent_accounts:
        config.account(name)
    console = convert(ConsoleTable, table.get("console", {}), "console", _no_secret)
    alarms = convert(AlarmsTable, table.get("alarms", {}), "alarms", config.resolve)
    ways_of(alarms)
    retention = convert(RetentionTable, table.get("retention", {}), "retention", _no_secret)
    retention.hours()
    duplicates = convert(DuplicatesTable, table.get("duplicates", {}), "duplicates", _no_secret)
    return replace(
        config,
        broker=broker,
        answers=answers,
        journal=journal,
        console=console,
        alarms=alarms,
        retention=retention,
        duplicates=duplicates,
    )


def _joined(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The broker's table with several addresses as one text."""
    url = table.get("url")
    if not isinstance(url, list) or not url or not all(isinstance(one, str) for one in url):
        return table
    return {**table, "url": ",".join(url)}


def _broker_url(config: Config, references: str) -> str:
    """What stands behind each of them; an address itself may stand there if no password is in it."""
    found: list[str] = []
    for reference in references.split(","):
        reference = reference.strip()
        if not reference.startswith(("amqp://", "amqps://")):
            found.append(config.resolve(reference))
            continue
        if urlsplit(reference).password:
            raise Misconfigured(
                "broker.url",
                "a password must not stand in the configuration",
                'put user:password into a file and write credentials = "file:PATH"; or "env:NAME" for all of it',
            )
        found.append(reference)
    return ",".join(found)


def _journal_url(config: Config, reference: str) -> str:
    """A reference to the address, or the address itself if no password stands in it."""
    if not reference.startswith(("postgresql://", "postgres://")):
        return config.resolve(reference)
    if urlsplit(reference).password or "password=" in reference:
        raise Misconfigured(
            "journal.url",
            "a password must not stand in the configuration",
            'write the whole address into an environment variable or a file: "env:NAME" or "file:PATH"',
        )
    return reference


def _accounts(tables: Any) -> tuple[Account, ...]:
    if not isinstance(tables, list):
        raise Misconfigured("account", "must be a list", "write each account as [[account]]")
    accounts: list[Account] = []
    for number, table in enumerate(tables, 1):
        table = dict(table)
        where = f"account.{table.get('name', number)}"
        own = {key: table.pop(key) for key in ("name", "adapter", "channel") if key in table}
        account = convert(Account, {**own, "settings": table.pop("settings", {})}, where, _no_secret)
        for name in table:
            raise Misconfigured(
                f"{where}.{name}", "there is no such setting", "put it into [{where}.settings]?", where=where
            )
        if not account.name.replace("-", "").replace("_", "").isalnum():
            raise Misconfigured(f"{where}.name", "is used in addresses", "use letters, digits, - and _")
        if account.name in {a.name for a in accounts}:
            raise Misconfigured(f"{where}.name", "is used twice", "give each account a name of its own")
        adapter = load_adapter(account.adapter)
        accounts.append(replace(account, channel=account.channel or adapter.default_channel))
    return tuple(accounts)


_AT = re.compile(
    r"(?P<what>.+) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)", re.DOTALL
)


def _place_in(error: Exception) -> Sentence:
    """What tomllib says, and where; `words.id.toml` knows its commonest sentences."""
    found = _AT.fullmatch(str(error))
    if found is None:
        return Sentence("{why}", why=error)
    what = Sentence.of(found["what"])
    if found["line"] is None:
        return Sentence("{what} (at end of document)", what=what)
    return Sentence(
        "{what} (at line {line}, column {column})", what=what, line=found["line"], column=found["column"]
    )


def _clock(setting: str, text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Misconfigured(setting, "{text!r} is no time of day", "write it as 21:00", text=text) from None


def _check_listen(listen: str) -> None:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Misconfigured(
            "gateway.listen", "{text!r} is no address", "write host:port, as 127.0.0.1:8080", text=listen
        )


def _no_secret(_: str) -> str:
    raise Misconfigured("secret", "does not belong here", "put it into the account's settings")
