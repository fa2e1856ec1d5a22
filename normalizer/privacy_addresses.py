"""Addresses of mail, accounts of social networks, links and passwords taken out, also when spelt for no machine."""

from __future__ import annotations

import re

from normalizer.contact import EMAIL, HANDLE
from normalizer.links import BARE, HOST_AND_PATH, WHOLE
from normalizer.name_words import (
    BRAND,
    CALLED,
    HEAD,
    NAME,
    NAMES,
    NEVER,
    OFFICE,
    RELATION,
    SHORT,
    TITLE,
    UNKNOWN,
    kind_of,
)
from normalizer.phrases import words_in
from normalizer.privacy_signs import LINK, MAIL, MENTION, NAMED_MAIL, NETWORK, SECRET

_AT = r"(?: ?[(\[{<*_'\"‘“] ?(?:at|et|a|@) ?[)\]}>*_'\"’”] ?| (?:at|et) | ?@ ?|(?-i:AT))"
_DOT = r"(?: ?[(\[{<*_] ?(?:dot|titik|\.) ?[)\]}>*_] ?| (?:dot|titik) |\.|,|(?-i:DOT))"
_SPELT_EMAIL = re.compile(
    rf"\b[\w+-]{{2,40}}(?:{_DOT}[\w+-]{{1,30}}){{0,3}}{_AT}"
    r"(?:(?:gmail|yahoo|ymail|hotmail|outlook|icloud)\b(?! ?[.(\[{]| dot | titik )(?: com\b)?"
    rf"|[a-z0-9-]{{2,30}}(?:(?:{_DOT}| \. )[a-z0-9-]{{1,30}}){{0,2}}?(?:{_DOT}| \. )"
    rf"(?:com|net|org|id|co|go|ac|my|info|biz|example|test|kom)\b(?:{_DOT}id\b)?)",
    re.IGNORECASE,
)
#: An address whose ending was forgotten: siti@gmail.
_CUT_EMAIL = re.compile(r"(?<!\w)[\w.+-]{1,64}@[\w-]{2,40}(?!\w)")
#: An account of a mail service named beside it, its sign a word or left away: "email sitic77", "siti di gmail".
_NAMED_EMAIL = re.compile(
    r"(\b(?:e-?mail|surel|imel|gmail|ymail)(?:nya)?"
    r"(?: (?:saya|sy|gue|gw|aku|kami|ibu|bapak|pelapor|my|is|adalah)\b){0,2} ?[:=]? ?)("
    r"(?=[\w.]*[\d_.]\w)[\w.]{4,40}\w(?![\w@])|[\w.]{3,40} (?:di|@) ?(?:gmail|yahoo|ymail|hotmail|outlook)\b"
    r"(?:(?: ?\.| dot| titik)? ?com\b)?)",
    re.IGNORECASE,
)
#: An account with a space behind its @; a price ("@ 5000") is none.
_PARTED_HANDLE = re.compile(
    r"(?<![\w.])@ (?=[a-z]\w*[_\d.]\w)[a-z][\w.]{3,40}(?![\w@]|\.\w)", re.IGNORECASE | re.ASCII
)
_NETWORK = (
    r"\b(?:ig|insta(?:gram)?|twitter|tiktok|telegram|tele|line|discord|threads|snapchat|skype|github|facebook"
    r"|fb|shopee|tokopedia|olx|youtube|yt|akun|username(?: jaki)?|user id|user jaki)"
)
_OWNER = r"(?:saya|sy|gue|gw|gua|aku|ane|aye|kula|abdi|ku|kami|nya|dia|ybs|pelaku|penipu|palsu|toko|jualan|akun|my)\b"
#: An account of a network named beside it, without @: with a colon any word, else one that looks like an account.
_ACCOUNT_NAME = re.compile(
    rf"({_NETWORK}(?:ku|nya)?\b(?:[ \-]?{_OWNER}){{0,2}})"
    r"(?:( ?(?:[:=]|->|=>) ?|/(?=@)| id:? )@?((?:live:)?[\w.]{3,30}\w)"
    r"|( (?:(?:di|adalah|yaitu|is|at|namanya|bernama) )?[\"'“‘]?)((?=[\w.]*(?:[\d_.]\w|#\d))[\w.]{4,30}\w))(?:#\d{4})?"
    r"(?![\w/@])",
    re.IGNORECASE,
)
#: "X" alone is a letter: only what looks like an account stands behind it.
_X_ACCOUNT = re.compile(
    r"((?<![\w/])(?:akun )?x(?: (?:saya|sy|gue|gw|aku|dia|pelaku)\b|(?<=akun x)| ?:) ?)"
    r"((?=\w*[\d_]\w)[A-Za-z]\w{3,30})(?![\w/@])",
    re.IGNORECASE,
)
#: One that looks like a word: it is an account when nobody's list holds the word.
_BARE_ACCOUNT = re.compile(
    r"(\b(?:(?:ig|insta(?:gram)?|twitter|tiktok|telegram|tele|facebook|fb|threads|username|user id|user jaki|id line"
    r"|line id|discord)(?:ku|nya)?\b"
    rf"|(?:line|skype|shopee|tokopedia|olx|github|youtube|yt)(?:ku|nya)?\b(?=[ \-]{_OWNER}))"
    rf"(?:[ \-]{_OWNER}|[ \-](?:id|di|adalah|yaitu|is|yg|yang|namanya|bernama)\b){{0,3}} )([a-z]\w{{4,29}})"
    r"(?![\w/@])",
    re.IGNORECASE,
)
#: "akun gue rizkynggakpake": of a word alone, only a long one or one that begins with a name is an account.
_OWN_ACCOUNT = re.compile(
    r"(\bakun(?:ku|nya| (?:saya|sy|gue|gw|gua|aku|ane|aye|kami|dia|pelaku)) (?:(?:di|adalah|yaitu|namanya) )?)"
    r"([a-z]{8,30})(?![\w/@])",
    re.IGNORECASE,
)
#: "mention siticontoh", "dm aja ke siti_contoh": to whom readers shall turn.
_MENTIONED = re.compile(
    r"(\b(mention|colek|tag|dm|follow|inbox)(?: [a-z]{2,4}){0,3}? )"
    r"((?=[\w.]*_)[a-z][\w.]{3,30}\w|[a-z]{8,30})(?![\w/@])",
    re.IGNORECASE,
)
#: "SitiMasak" behind a network's name: two words in one, both begun large.
_CAMEL_ACCOUNT = re.compile(
    r"(\b(?i:youtube|yt|tiktok|twitch)(?i:nya)? )([A-Z][a-z]+(?:[A-Z][a-z]+){1,3})(?![\w/@])"
)
#: As Discord writes accounts: "contoh#4471".
_TAGGED = re.compile(r"(?<![\w#&])[A-Za-z][\w.]{2,31}#\d{4}(?!\w)")
#: An address told by its words: "email siti titik contoh di surat.example.org".
_TOLD_EMAIL = re.compile(
    r"(\b(?:e-?mail|surel|imel)(?:nya|ku)?(?: (?:saya|sy|gue|gw|aku|kami|dia|ibu|bapak)\b)? ?[:=]? ?)"
    r"[\w-]{2,40}(?:(?: (?:titik|dot) |\.)[\w-]{1,30}){0,3} (?:di|at|et) "
    r"[\w-]{2,30}(?:(?: (?:titik|dot) |\.)[\w-]{2,20}){1,3}",
    re.IGNORECASE,
)
#: An account under a name, as Facebook's are: "fb ku Eneng Geulis Pisan".
_NAMED_ACCOUNT = re.compile(
    rf"(\b(?i:facebook|fb|youtube|yt|tiktok|ig|instagram|akun)(?i:ku|nya)?\b(?: (?i:{_OWNER})){{0,2}}"
    r"(?: (?i:channel|atas nama|a\.?n\.?|a/n|nama|namanya|bernama|id))? ?:? )"
    r"([A-Z][\w'’]+(?: [A-Z][\w'’.]*){1,3})(?!\w)"
)
#: A verb in a hurry that no list holds, rather than an account.
_VERB = re.compile(r"(?:di|ke|nge|ter)[a-z]{2,7}", re.IGNORECASE)
_VERB_BEGINS = re.compile(r"(?:di|ke|nge|ter|ber|me|pe|se)[a-z]", re.IGNORECASE)
_LONG = 13
_PASSWORD = re.compile(
    r"(\b(?:password|passwd|pwd|kata sandi|sandi|passcode)\b"
    r"(?: ?(?:saya|sy|nya|gue|gw|aku|is|adalah|wifi|email|akun|jaki)\b)*[ :=]{1,3})"
    r"((?=\S*\d)\S{4,40})",
    re.IGNORECASE,
)


def without_addresses(text: str, held: frozenset[int]) -> str:
    """`text`, which holds the signs `held`, without addresses and accounts. Linear time."""
    if "@" in text:
        text = EMAIL.sub("[email]", text)
        text = HANDLE.sub(lambda m: m[0] if m[0].lower() in words_in("our handles") else "[akun]", text)
        text = _PARTED_HANDLE.sub("[akun]", text)
    if MAIL in held or "AT" in text or "@" in text:
        text = _SPELT_EMAIL.sub("[email]", text)
        if "@" in text:
            text = _CUT_EMAIL.sub("[email]", text)
    if NAMED_MAIL in held:
        text = _NAMED_EMAIL.sub(r"\1[email]", _TOLD_EMAIL.sub(r"\1[email]", text))
    if LINK in held:
        text = WHOLE.sub(lambda m: f"[tautan {m[1].lower()}]", text)
    if HOST_AND_PATH.search(text):
        text = BARE.sub(lambda m: f"[tautan {m[1].lower()}]", text)
    if NETWORK in held:
        text = _ACCOUNT_NAME.sub(lambda m: f"{m[1]}{m[2] or m[4]}[akun]", text)
        text = _X_ACCOUNT.sub(r"\1[akun]", text)
        text = _BARE_ACCOUNT.sub(lambda m: f"{m[1]}[akun]" if _unheard(m[2]) else m[0], text)
        text = _OWN_ACCOUNT.sub(lambda m: f"{m[1]}[akun]" if _glued(m[2].lower()) else m[0], text)
        text = _CAMEL_ACCOUNT.sub(lambda m: f"{m[1]}[akun]" if _unheard(m[2]) else m[0], text)
        if "#" in text and "discord" in text.lower():
            text = _TAGGED.sub("[akun]", text)
        text = _NAMED_ACCOUNT.sub(lambda m: f"{m[1]}[akun]" if _named(m[2].split()) else m[0], text)
    if MENTION in held:
        text = _MENTIONED.sub(
            lambda m: f"{m[1]}[akun]" if _mentioned(m[2].lower(), m[3].lower()) else m[0], text
        )
    if SECRET in held:
        text = _PASSWORD.sub(r"\1[nomor]", text)
    return text


def _unheard(word: str) -> bool:
    """Whether a word beside a network's name is an account: no list holds it, or it is somebody's name."""
    return kind_of()[word.lower()] in (UNKNOWN, NAME) and _VERB.fullmatch(word) is None


def _mentioned(how: str, word: str) -> bool:
    """Whether `word` is the account to which readers shall turn: behind "mention" one that no list holds, else rather
    a message is told ("dm")."""
    if "_" in word or _glued(word):
        return True
    return how in ("mention", "colek") and kind_of()[word] == UNKNOWN and _VERB_BEGINS.match(word) is None


def _glued(word: str) -> bool:
    """Whether an unknown word begins with somebody's name, or is longer than words are and no verb."""
    if kind_of()[word] != UNKNOWN or _VERB_BEGINS.match(word):
        return False
    return len(word) >= _LONG or any(kind_of()[word[:n]] == NAME for n in range(4, len(word) - 2))


def _named(words: list[str]) -> bool:
    """Whether large words beside a network's name are what somebody calls an account."""
    kinds = [kind_of()[word.lower().rstrip(".")] for word in words]
    return kinds[0] in _CALLED or (
        kinds[0] not in _CLOSED and any(kind == UNKNOWN or kind in NAMES for kind in kinds)
    )


def without_contact(text: str, contact: str) -> str:
    """`text` without the reporter's own address or handle, however large or small it is written."""
    bare = contact.strip().lstrip("@")
    if len(bare) < _SHORTEST:
        return text
    return re.sub(rf"(?<![\w.])@?{re.escape(bare)}(?!\w)", "[akun]", text, flags=re.IGNORECASE)


#: Kinds of words that begin an account's name ("Bunda Zidan"), and that begin none.
_CALLED = frozenset((TITLE, SHORT, RELATION))
_CLOSED = frozenset((BRAND, CALLED, HEAD, NEVER, OFFICE))
#: A shorter handle is rather a word.
_SHORTEST = 4
