"""What an operator states about LAPOR's integration interface, whose documentation is not public.

Everything that the documentation would tell is a setting: addresses, paging, proofs, and where in an item each field
lies. The defaults describe the interface that the fake server (`fake.py`) speaks. `doc.md` shows how another shape is
described. A path is dotted (`pelapor.nama`, `lampiran.0.url`) or a JSON pointer (RFC 6901: `/pelapor/nama`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from normalizer.settings import Secret

Path = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\[\]-]{0,100}$")]
Header = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,100}$")]
#: An address below `api_base_url`; `{id}` is the report's number.
Below = Annotated[str, Meta(pattern=r"^/[^?#\s]*$")]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]

#: Where the fake stands, and http without TLS may be spoken.
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Role = Literal["reporter", "office", "other"]
KindOf = Literal["report", "comment", "office", "ignored"]


# What is assumed until LAPOR's documentation says otherwise; an operator's own table replaces the whole.
_ROLES: dict[str, Role] = {
    "pelapor": "reporter",
    "instansi": "office",
    "admin": "office",
    "sistem": "office",
    "publik": "other",
}
_KINDS: dict[str, KindOf] = {
    "laporan": "report",
    "pengaduan": "report",
    "aspirasi": "report",
    "permintaan_informasi": "report",
    "tanggapan": "comment",
    "tindak_lanjut": "office",
    "status": "ignored",
}
_CATEGORIES: dict[str, str] = {
    "infrastruktur jalan": "jalan_rusak",
    "penerangan jalan umum": "lampu_jalan",
    "persampahan": "sampah",
    "banjir": "banjir_genangan",
    "drainase": "saluran_air",
    "perparkiran": "parkir_liar",
    "lalu lintas": "lalu_lintas",
    "transportasi umum": "transportasi_publik",
    "air bersih": "air_bersih",
    "kesehatan": "kesehatan",
    "pendidikan": "pendidikan",
    "bantuan sosial": "bantuan_sosial",
    "administrasi kependudukan": "kependudukan",
    "pertanahan": "pertanahan",
    "ketertiban umum": "ketertiban",
}
_STATUSES: dict[str, str] = {
    "Menunggu": "Belum Diproses",
    "Koordinasi": "Diproses",
    "Disposisi": "Diproses",
    "Selesai": "Selesai",
}


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration in which a misspelt name is an error."""


class Auth(Strict, frozen=True):
    """How we prove ourselves: the token in `header` after `scheme`, in the query as `name`, or as `user`'s password."""

    kind: Literal["header", "query", "basic"] = "header"
    header: Header = "Authorization"
    scheme: str = "Bearer"
    name: Name = "KEYTOKEN"
    user: str = ""


class Pull(Strict, frozen=True):
    """How reports are listed. Names are those of query parameters; an empty one is not sent.

    `paging`: `next` (the answer holds, at the path `next`, a token for `page` or the next page's address), `number`
    (1, 2, 3 until a page is empty), `offset` (how many were read), `none`. `mark` is the path of what `since` counts
    by: a time, or with `since_format = "number"` a number. `overlap` is in seconds, or in numbers.
    """

    path: Below = "/api/v1/disposisi"
    items: Path = "data"
    query: dict[str, str] = {}
    since: Name = "sejak"
    since_format: str = "iso"
    mark: Path = "diperbarui"
    paging: Literal["next", "number", "offset", "none"] = "next"
    page: Name = "kursor"
    next: Path = "kursor_berikutnya"
    size: Name = "jumlah"
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 100
    seconds: Seconds = 60.0
    overlap: Annotated[float, Meta(ge=0, le=31 * 86_400)] = 3600.0
    first_hours: Annotated[float, Meta(ge=0, le=24 * 366)] = 168.0


class Proof(Strict, frozen=True):
    """What proves a push: `hmac` over the raw body, or `header` that holds the key itself, both after `prefix`."""

    kind: Literal["hmac", "header"] = "hmac"
    header: Header = "X-Lapor-Signature"
    prefix: str = "sha256="
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"


class Push(Strict, frozen=True):
    """What LAPOR posts to `/hooks/<account>`, and what it hears when all is stored. `items` empty: one, or a list."""

    items: Path = "data"
    proof: Proof = Proof()
    status: Annotated[int, Meta(ge=200, le=299)] = 200
    body: str = '{"diterima": true}'
    content_type: str = "application/json"


class Fields(Strict, frozen=True):
    """Where in an item each field lies; an empty path means that LAPOR does not send it.

    `number` is LAPOR's own number of the report (tracking id), in comments as well. `version` grows with each edit of
    the reporter's words; absent, or `first_version`, it is the report as it was first written. `kind` is read by the
    table `kinds`; without it an item is a report.
    """

    number: Path = "tracking_id"
    kind: Path = "jenis"
    title: Path = "judul"
    text: Path = "isi"
    category: Path = "kategori.nama"
    sender_id: Path = "pelapor.id"
    sender_name: Path = "pelapor.nama"
    sender_phone: Path = "pelapor.telepon"
    sender_email: Path = "pelapor.email"
    sender_nik: Path = ""
    confidential: Path = "rahasia"
    anonymous: Path = "anonim"
    time: Path = "tanggal"
    version: Path = "versi"
    first_version: str = "1"
    latitude: Path = "lokasi.lat"
    longitude: Path = "lokasi.lng"
    address: Path = "lokasi.alamat"
    kelurahan_code: Path = "lokasi.kode_kelurahan"
    permalink: Path = "url"
    comment_id: Path = "id_tanggapan"


class Attached(Strict, frozen=True):
    """The list of attachments in an item (or update). An entry is an object, or with `url = ""` the address itself."""

    items: Path = "lampiran"
    url: Path = "url"
    name: Path = "nama"
    type: Path = "tipe"


class Updates(Strict, frozen=True):
    """The list of what was said later, inside of a report; `roles` tells who speaks. Attachments as in the report."""

    items: Path = "tindak_lanjut"
    id: Path = "id"
    text: Path = "isi"
    time: Path = "tanggal"
    role: Path = "oleh"
    roles: dict[str, Role] = field(default_factory=_ROLES.copy)


class Call(Strict, frozen=True):
    """A call of ours, filled with what stands in braces.

    `path` may name `{id}`; `body` also `{text}`, `{key}`, `{ticket}`, `{status}`, `{stage}`, and as a whole value
    `{private}` or `{public}`, which become true or false. `result` is where the answer holds the id of what was made;
    `done` are further HTTP statuses that say "it is there already".
    """

    path: Below
    body: dict[str, Any]
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    format: Literal["json", "form"] = "json"
    result: Path = "id"
    done: tuple[int, ...] = (409,)


class LaporSettings(Struct, frozen=True, kw_only=True):
    """One integration account at LAPOR. `token` is LAPOR's, for our calls; `push_key` proves LAPOR's calls to us.

    `kinds` and `categories` are read without regard to case. `categories` maps LAPOR's words or numbers to codes of
    the CRM; a word without a code is left out. `statuses` maps the CRM's stages to LAPOR's words; an empty word is
    not sent. `no` are the words of a flag that is not set: any other word sets it.
    """

    token: Secret = Secret("")
    push_key: Secret = Secret("")
    modes: tuple[Literal["pull", "push"], ...] = ("pull",)
    api_base_url: Annotated[str, Meta(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$")] = "http://127.0.0.1:8446"
    format: Literal["json", "xml"] = "json"
    auth: Auth = Auth()
    pull: Pull = Pull()
    push: Push = Push()
    fields: Fields = Fields()
    attachments: Attached = Attached()
    updates: Updates = Updates()
    kinds: dict[str, KindOf] = field(default_factory=_KINDS.copy)
    categories: dict[str, str] = field(default_factory=_CATEGORIES.copy)
    no: tuple[str, ...] = ("", "0", "false", "tidak", "tdk", "no", "n", "off", "null")
    time_zone: str = "Asia/Jakarta"
    time_format: str = ""
    follow_up: Call = Call(
        path="/api/v1/laporan/{id}/tindak-lanjut",
        body={"isi": "{text}", "rahasia": "{private}", "kunci": "{key}"},
    )
    status: Call = Call(
        path="/api/v1/laporan/{id}/status",
        body={"status": "{status}", "keterangan": "{text}", "kunci": "{key}"},
    )
    statuses: dict[str, str] = field(default_factory=_STATUSES.copy)
    idempotency_header: str = "Idempotency-Key"
    calls_per_minute: Annotated[float, Meta(gt=0, le=6000)] = 60.0
    media_hosts: tuple[str, ...] = ()
