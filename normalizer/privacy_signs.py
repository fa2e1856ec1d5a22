"""What a text holds signs of, found in one look (Aho-Corasick),
so that a dear pattern is tried only where it can match."""

from __future__ import annotations

from functools import lru_cache

from ahocorasick_rs import AhoCorasick

MAIL, LINK, NETWORK, PAPER, BORN, BLOCK, ESTATE, SECRET, SPELT, NAMED_MAIL, ADDRESS, MENTION = range(12)
NUMBERED, FLATS, STALL = range(12, 15)
_WORDS: dict[int, tuple[str, ...]] = {
    MAIL: (
        " at ", " et ", "(at", "[at", "{at", "<at", "*at", "_at", "( at", "[ at", "(et", "[et", "(a)", "[a]", "{a}",
        "'at", '"at', "‘at", "“at",
    ),
    NAMED_MAIL: ("mail", "surel", "imel"),
    ADDRESS: ("alamat", "almt", "domisili", "tinggal"),
    LINK: ("://", "www."),
    NETWORK: (
        " ig ", " ig-", " ignya", " igku", "ig:", "ig/", "fb/", "(ig", "\nig ", "/ig", " ig=",
        "insta", "twitter", "tiktok", "telegram",
        " tele ", "tele:", "/tele", " teleku", " telenya", "line ", "line:", " x saya", " x gue", " x gw", "akun x",
        " x:", "discord", "threads", "snapchat", "skype", "github", "username", "user id", "user jaki",
        "facebook", " fb", "(fb", "/fb", "\nfb", "fb:", "shopee ", "tokopedia ", "olx ", "youtube ", " yt ", "akun ",
    ),
    PAPER: (
        "unhcr", "paspor", "pasport", "passport", "paspoort", "kitas", "kitap",
        " itas", "rangka", "no mesin", "nomor mesin",
        "bpkb", "stnk", " sim ", "shm", "shgb", "girik", "letter c", "leter c", "sertifikat", "sertipikat", "ajb",
    ),
    STALL: ("kios", "lapak", " los ", " stan "),
    BORN: (
        "lahir", "lhr", "ttl", " tl ", "\ntl ", " t.l.", "born", "gebor", "geboort", "geburt",
        "dob", "d.o.b", "birth", "bday", "ultah",
        "ulang tahun", "(l.", "(b.", "lair", " lahr", ",lahr", "(lahr", "\nlahr", "lhir", "miyos", "brojol",
        "tglh", "hbd",
    ),
    BLOCK: ("blok", "kav", "block"),
    ESTATE: (
        "perum", "komp", "griya", "villa", "vila ", "cluster", "residence", "apart", "apt", "tower", "unit ", "ruko ",
    ),
    MENTION: ("mention ", "colek ", " tag ", " dm ", "follow ", "inbox "),
    NUMBERED: (
        "nomor ", "nomer ", "nomornya ", "nomernya ", "nomernye ", "nomere ", "nmr ", " no ", "number ", "unit ",
        "pintu ", "petak ", "kamar ", "panto ", "rumah ", "rume ", "omah ", "nomore ",
    ),
    FLATS: ("rusun", "apart", " apt", "tower", "unit ", "lift ", "flat ", "penthouse", "kondominium", "condo"),
    SECRET: ("passw", "passcode", "sandi", "pwd"),
}  # fmt: skip
#: Words for digits in the languages of Jakarta, and how many digits each one says.
NUMERALS: dict[str, int] = dict.fromkeys(
    (
        "nol", "kosong", "enol", "nul", "zero", "satu", "satoe", "atu", "siji", "hiji", "ato", "one", "dua", "due",
        "loro", "two", "tiga", "tige", "telu", "tilu", "three", "empat", "ampat", "mpat", "papat", "opat", "four",
        "lima", "lime", "limo", "five", "enam", "anem", "enem", "nem", "genep", "six", "tujuh", "tuju", "pitu",
        "seven",
        "delapan", "dlapan", "lapan", "wolu", "dalapan", "eight", "sembilan", "semilan", "sanga", "songo", "salapan",
        "nine", "puluh", "belas", "double", "dobel",
    ),
    1,
) | {
    "triple": 2, "tripel": 2, "sepuluh": 2, "sebelas": 2, "seribu": 1, "seratus": 1, "ratus": 0, "ribu": 0,
}  # fmt: skip
#: So far apart two words for digits, or one and a digit, may belong to one number.
_NEAR = 3
_NOTHING: frozenset[int] = frozenset()


@lru_cache(maxsize=1)
def _automaton() -> tuple[AhoCorasick, list[int]]:
    words = [(word, sign) for sign, group in _WORDS.items() for word in group]
    words += [(word, SPELT) for word in NUMERALS]
    return AhoCorasick([word for word, _ in words]), [sign for _, sign in words]


def signs(lowered: str) -> frozenset[int]:
    """Which of the signs a text in small letters holds; `SPELT` where a word for a digit has another one, or a digit,
    beside it."""
    automaton, meanings = _automaton()
    found = automaton.find_matches_as_indexes(f" {lowered} ", overlapping=True)
    if not found:
        return _NOTHING
    held = set()
    last = -_NEAR - 1
    for number, start, end in found:
        sign = meanings[number]
        if sign != SPELT or SPELT in held:
            held.add(sign)
            continue
        # One space was put before the text.
        beside = lowered[max(0, start - 1 - _NEAR) : max(0, start - 1)] + lowered[end - 1 : end - 1 + _NEAR]
        if start - last <= _NEAR < end - last or any(map(str.isdigit, beside)):
            held.add(SPELT)
        last = max(last, end)
    return frozenset(held)
