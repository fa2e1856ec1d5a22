"""Where a word written small that might be a name stands as one: in a form, a signature, a list, a greeting.

"nama lengkap sesuai KTP juminten", "kulo paijem saking RW 4", "jamal, ucok, sama butet", a line that is nothing else.
`name_tagger.py` weighs such a word; elsewhere an unknown word written small is rather a misspelt one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from normalizer.name_words import INTRO, NAME, NAMES, RELATION, SELF, UNKNOWN

if TYPE_CHECKING:
    from normalizer.name_tagger import Words

#: Words between "nama" and the name: "nama lengkap sesuai KTP: Siti Contoh", "nama anak saya Siti".
_FIELD = frozenset(
    (
        "lengkap", "asli", "panggilan", "sesuai", "sesuaikan", "ktp", "kk", "di", "dlm", "dalam", "kartu",
        "keluarga", "identitas", "jelas", "terang", "saya", "sy", "aku", "gue", "gw", "gua", "ane", "aye",
        "kami", "beliau", "ku", "akun", "fb", "facebook", "warga", "wrg", "seluruh", "pasien", "siswa",
        "murid", "korban", "pelaku", "kecil", "tua", "kandung", "pengirim", "penerima", "tertera", "tertulis",
        "tercantum", "yg", "yang", "pd", "pada", "akta", "sertifikat", "is", "are", "was", "sertipikat",
        "rekening", "pemilik", "sekolah", "kontak", "person", "warganya", "almarhum",
    )
)  # fmt: skip
_LONGEST_FIELD = 5
#: What stands behind somebody who says who is speaking: "kulo Paijem saking RW 4".
_FROM = frozenset(
    (
        "dari", "dr", "saking", "ti", "warga", "wrg", "rt", "rw", "umur", "usia", "di", "tinggal", "anak",
        "ketua", "from", "here", "nih", "ni", "pak", "bu", "min", "bang", "kak", "mas", "mbak", "yg", "yang",
        "nyang", "kuli", "tukang", "sopir", "supir", "ojek", "ojol", "pedagang", "penjual", "dagang", "satpam",
        "karyawan", "guru", "pemilik", "penghuni", "pengurus", "penjaga", "jukir", "kader", "mahasiswa", "pelajar",
    )
)  # fmt: skip
LISTING = frozenset(
    ("dan", "sama", "ama", "serta", "dg", "dgn", "dengan", "n", "and", "karo", "jeung", "kalih", "lan")
)
_SAYS = frozenset(
    ("kata", "kate", "ujar", "ucap", "menurut", "jare", "ceuk", "said", "sebut", "tanya", "jawab", "lapor")
)
#: Shops that people call after whoever keeps them, and (`KEEPERS`) titles of somebody alive: "bengkel Koh Aliong".
SHOPS = frozenset(
    (
        "bengkel", "bakso", "bakmi", "soto", "sate", "sop", "sup", "pecel", "gudeg", "martabak", "roti",
        "kopi", "kantin", "karaoke", "kafe", "cafe", "resto", "kedai", "laundry",
        "apotek", "apotik", "spbu", "gudang", "kontrakan", "grup",
    )
)  # fmt: skip
KEEPERS = frozenset(
    (
        "koh", "ko", "engkoh", "cik", "ci", "cici", "encik", "mpok", "empok", "bang", "abang", "pak", "pa",
        "bu", "buk", "mbak", "mba", "mas", "mang", "kang", "teh", "teteh", "mak", "emak", "om", "tante",
        "engkong", "babe", "babeh", "cing", "encing", "mbok", "mbah", "pakde", "bude", "lik", "cak", "bli",
        "uda", "uni", "lae", "ito", "bpk", "ibu", "bapak", "juragan", "bos", "boss", "ncang", "ncing", "nyak",
        "wak", "uwak", "opa", "oma", "nci",
    )
)  # fmt: skip
#: Who sells what a shop is called after: "tukang bakso Mamad".
SELLERS = frozenset(("tukang", "penjual", "pedagang", "pengusaha", "karyawan", "pegawai"))
FIELD = frozenset(("koordinator", "petugas", "pengawas", "tim", "staf", "staff", "korlap", "kepala", "orang"))
#: Where people work that is called after its place, and places with a name that people bear.
OFFICES = frozenset(
    (
        "kelurahan", "kel", "kecamatan", "kec", "puskesmas", "rsud", "halte", "stasiun", "terminal", "mal",
        "mall", "grup", "posyandu",
    )
)  # fmt: skip
PLACES_TOO = frozenset(("guntur", "kamal", "wijaya", "kusuma", "citra", "kartini", "komarudin"))
#: An unknown word may be a name too; what a line of a signature is made of, and what parts the last two of a list.
NAMES_OR_UNKNOWN = NAMES | {UNKNOWN}
_SIGNED = NAMES_OR_UNKNOWN | frozenset("Ttl")
_PARTED, _BEGINS = frozenset(" \n(~*"), frozenset(".\n()~-–—*:")
_ITEM = re.compile(r"\d[.)](?!\d)")
#: The dot of "09.00" opens nothing.
_OPENS = re.compile(r"[\n()~–—*]|[.:\-](?!\d)")
_SAID = frozenset((" ", ". ", ": ", " : ", ":", "."))
#: Drawn out, without a vowel or shortened, a word is nobody's name: "parahhh", "tlg", "brhenti".
_NO_WORD = re.compile(
    r"(.)\1\1|^[^aeiouy]+$|^(?!tj|dj|nj|dz|ts|zh|rh|jh|bj|hw|kh|sy|ng|ny|th|ph|ch|sh|wh|mb|nd|mc)[bcdfghjkmnpqrstvwxz]{2}(?<![bcdfgkpst][rlwh])"
    r"(?<!s[kmnpt])[a-z]|^(?!tjh|ngg|sch|chr|ndr|str|mbr|mcd)[bcdfghjklmnpqrstvwxz]{3}"
)


def pronounced(word: str) -> bool:
    """Whether a word, in small letters, can be said, as names can."""
    return _NO_WORD.search(word) is None


_LISTED = frozenset((" ", ", ", " , "))

#: Whatever may announce a name, of the words that are none and no titles.
_CUES = _FIELD | LISTING | _SAYS | {"n", "p"}


def stands_for_a_name(words: Words, i: int) -> bool:
    """Whether word `i`, written small, stands where a form, a signature, a list or a greeting names somebody."""
    kind, low, sep, behind = words.kind, words.low, words.seps[i], words.seps[i + 1]
    if i and sep == " " and behind[-1:] != "[" and kind[i - 1] in "ox" and low[i - 1] not in _CUES:
        return False  # most words of most texts
    if not pronounced(low[i]):
        return False
    if _begins(words, i) and _alone(words, i):
        return True
    if behind.endswith("[") and low[i + 1 : i + 3] == ["nomor", "telepon"]:
        return True
    if not i:
        return False
    before, last = kind[i - 1], low[i - 1]
    if last in ("n", "p") and low[i - 2 : i - 1] in (["a"], ["u"]):  # "a.n. juminten", "u.p. juminten"
        return True
    if before == RELATION:
        if ":" in sep or ("," in sep and behind[:1] == ","):  # "warga: juminten", "istri, juminten, jatuh"
            return True
        if kind[i] in NAMES and kind[i + 1 : i + 2] == [NAME] and behind in _LISTED:
            return True  # "korban asep, dadang"
    if before == SELF:
        if sep in _SAID and (behind[:1] in (",", "(") or (behind == " " and low[i + 1] in _FROM)):
            return True
        if sep == ", " and behind[:1] == ",":
            return True
    if last in _SAYS and sep == " " and behind[:1] == ",":
        return True
    if last in LISTING and sep == " ":
        return i > 1 and kind[i - 2] in NAMES_OR_UNKNOWN and words.seps[i - 1] in _LISTED
    if last in _FIELD or before == RELATION:
        for at in range(i - 1, max(-1, i - 1 - _LONGEST_FIELD), -1):
            if kind[at] == INTRO:
                return True
            if low[at] not in _FIELD and kind[at] != RELATION:
                return False
    return False


def _begins(words: Words, i: int) -> bool:
    """Whether a line, an item of a list, a bracket or a sentence begins with word `i`."""
    sep = words.seps[i]
    if not i:
        return words.mode == "l"
    return sep[-1:] in _PARTED and not _BEGINS.isdisjoint(sep) and _OPENS.search(sep) is not None


def _alone(words: Words, i: int) -> bool:
    """Whether a line, an item or the end of the text is nothing but the few words from `i` on, none of which is of
    everyday use: a signature's."""
    for at in range(i, min(i + 4, len(words.words))):
        initial = at > i and len(words.low[at]) == 1  # "indah s."
        if words.kind[at] not in _SIGNED and not initial:
            return False
        behind = words.seps[at + 1]
        if at + 1 == len(words.words):
            return i > 0
        if behind != " ":
            return "\n" in behind or ")" in behind or _ITEM.search(behind) is not None
    return False
