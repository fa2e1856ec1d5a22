"""What may stand right between a word for birth and a year, or a day without one: few words, and a place of birth.

Patterns only, for `privacy_births.py`; they are to be compiled without regard to capitals.
"""

from __future__ import annotations

from normalizer.birth_dates import MONTH_ALONE

#: A person, "tanggal", "sekitar", what is written.
_LINK = (
    r"(?:pada|di|d|ing|dina|ti|tgl|tanggal|hari|bulan|saya|sy|aku|gue|gw|gua|ane|aye|kula|abdi|anak(?:nya|ku)?"
    r"|adik(?:nya)?|adek|cucu|istri|suami|ibu|bapak|bpk|dia|beliau|ybs|memang|emang|asli(?:nya)?|itu|kan|jg"
    r"|juga|pas|jatuh|sekitar|kira-?kira|kurang lebih|kl|awal|akhir|pertengahan|sih|ya"
    r"|kir[ae]2|kire-?kire|kr2|sktr|sekitaran|about|op|am"
    r"|yg|yang|adalah|is|was|on|in"
    r"|around|ping|kaping|kok|malah|sudah|udah|(?:di|ke|ter)(?:tulis|catat|cantum|ketik|cetak|tera)|jadi"
    r"|(?:se)?harusnya|salah|bener|benar|year|normal|caesar|sesar|prematur|kembar|malam"
    r"|senin|selasa|rabu|rebo|kamis|jum.?at|sabtu|minggu|ahad|pon|wage|kliwon|legi|pahing"
    r"|ke-? ?\d{1,3}|(?:jam|pukul) \d{1,2}[.:]\d\d)"
)
#: A place of birth: behind "di" or with capitals; before a year one word without. No word of it goes on with the story.
_NO_PLACE = (
    r"(?!(?:dan|lalu|terus|trs|sejak|sampai|sampe|hingga|pindah|tapi|tp|baru|belum|blm|karena|krn|saat|waktu|ketika|kerja"
    r"|no|nomor|nomer|rt|rw|jl|jln|jalan|blok|jam|rp|harga|kamar|km|tahun|taun|taon|thn?|dari|kemudian|untuk|sebelum"
    rf"|setelah|sesudah|ke|mana|angkatan|generasi|cuma|cuman|hanya|bawah|atas|khusus|min|max|tiap|setiap|selama|lewat"
    rf"|per|para|di|tidak|gak|ga|nggak|kalau|kalo|bukan|sekarang|skrg)\b|{MONTH_ALONE})"
)
_PLACE = (
    rf"(?:(?:di|d|ing|neng|nang|ring|ti|in|at|dl) {_NO_PLACE}[a-z'.\-]{{2,16}}(?: {_NO_PLACE}[a-z'.\-]{{2,16}}){{0,2}}"
    rf"|{_NO_PLACE}(?-i:[A-Z])[a-z'.\-]{{1,15}}(?: {_NO_PLACE}(?-i:[A-Z])[a-z'.\-]{{1,15}})?)"
)
_NO_WORD = r"(?!di[a-z]{4}|meng|ber(?!ebes|au)|operasi|sakit|kembali|tinggal|kemarin|kmrn|banyak)"
_ONE_WORD = rf"{_NO_PLACE}{_NO_WORD}[a-z]{{3,16}}"
_LINKS, _LINKS_BEHIND = rf"(?: ?[:=]| {_LINK}\b){{0,5}}", rf"(?: {_LINK}\b){{0,2}}(?:[ (]{{1,2}}|(?<=[:=]))"
TIGHT = rf"({_LINKS}(?: {_PLACE},?)?{_LINKS_BEHIND})"
TIGHT_TO_YEAR = rf"({_LINKS}(?: (?:{_PLACE}|{_ONE_WORD}),?)?{_LINKS_BEHIND})"
#: No number of things, no price, no age: "lahir 2000 bayi", "lahir 40 hari".
_THINGS = r"orang|jiwa|bayi|ekor|rupiah|perak|ribu|rb|juta|kali|gram|gr|kg"
NO_THINGS, NO_COUNT = rf"(?! ?(?:{_THINGS})\b)", rf"(?! ?(?:{_THINGS}|hari|minggu|bulan|bln|jam|tahun)\b)"
ENDED = r"(?=\s*(?:[,;)/\n]|\.(?!\d)|$))"
