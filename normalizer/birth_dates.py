"""How dates of birth are written: in digits, with the names of months, and in words of the languages of Jakarta.

Patterns only, for `privacy_births.py` and `privacy_births_again.py`; all are to be compiled without regard to capitals.
"""

from __future__ import annotations

from normalizer.privacy_spelt import COUNTED as _DIGITS_IN_WORDS

#: A month's name as it begins, and in the spelling of before 1947.
MONTH = (
    r"(?:(?:jan|feb|peb|mar|apr|mei|may|jun|jul|agu|ags|agt|ago|aug|sep|okt|oct|nov|nop|des|dec|dj(?:an|oen|oel|un|ul))"
    r"[a-z]{0,7}|d[eé]s[eé]mber|p[eé]bruari)"
)
#: The same where nothing but the name tells that it is one: "9 maret", not "9 marah".
MONTH_ALONE = (
    r"(?:jan(?:uar[iy])?|[fp]eb(?:r?uar[iy])?|mar(?:et|t|ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|ag(?:u?s(?:tus)?|t|u)"
    r"|aug(?:ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|no[vp](?:ember)?|de[sc](?:ember)?)\b"
)
_MOSLEM_MONTH = (
    r"(?:muharr?am|suro?|s[ao]far|sapar|rabiul (?:awal|akhir)|ma?ul[iu]d|jumadil (?:awal|akhir)|rajab|rejeb|sya['’]?ban"
    r"|ruwah|r[ao]madh?[ao]n|puas[ae]|poso|syawal|sawal|d?zul(?:kaidah|qa['’]?dah|hijj?ah)|haji|besar)"
)
IN_MONTH = r"(?:bulan|bln|sasih?|wulan)\.?"
_ROMAN = r"(?:X(?:II?)?|IX|IV|VI{0,3}|I{1,3})"
YEAR_WORD = r"(?:tahun|tahoen|taun|taon|thn?|tn)\b\.?"
#: A year in which somebody who is spoken of may have been born.
YEAR = r"(?:18[5-9]\d|19\d\d|20[0-2]\d)(?!\d|[\-/.]\d)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"

#: Day, month and year, the month named or numbered: "3 Mei 1990", "14 bln 6 th 1967", "13 / VII / 1985".
DATE = (
    rf"(?:(?:{_DAY}(?: of)?(?: {IN_MONTH})?[ \-./]{{0,2}}{MONTH}|\b{MONTH} {_DAY}(?!\d))"
    rf"[ ,\-./']{{0,3}}(?:{YEAR_WORD} ?)?\d{{2,4}}\b"
    rf"|\d{{1,2}} ?{IN_MONTH} ?(?:\d{{1,2}}|{_MOSLEM_MONTH})[ ,]{{1,2}}(?:{YEAR_WORD} ?)?\d{{2,4}}\b"
    rf"|\d{{1,2}} {_MOSLEM_MONTH} (?:{YEAR_WORD} ?)?\d{{2,4}}\b(?: h\b)?"
    rf"|\d{{1,2}} ?[/\-.] ?{_ROMAN} ?[/\-.] ?\d{{2,4}}\b|\d{{1,2}} (?-i:{_ROMAN}) \d{{2,4}}\b)"
)
IN_DIGITS = (
    r"(?:\d{1,2}[\-/.]\d{1,2}[\-/.](?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d[\-/.]\d{1,2}[\-/.]\d{1,2}"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d)(?![\d\-/.]\d|\d)"
)
#: Day, month and two digits of the year with nothing between.
SIX_DIGITS = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d(?![.,\-/]?\d)"
#: Day and month, and no year behind.
DAY_AND_MONTH = (
    rf"(?:{_DAY}(?: of)?(?: {IN_MONTH})?[ \-]?{MONTH_ALONE}|{MONTH_ALONE} {_DAY}\b)"
    rf"(?![ ,\-./']{{0,3}}(?:{YEAR_WORD} ?)?\d{{4}}\b)"
)
DAY_AND_MONTH_IN_DIGITS = r"(?:0?[1-9]|[12]\d|3[01])[/\-](?:0?[1-9]|1[0-2])(?![/\-]|[.,]?\d)"

#: Words that dates are told in: of Indonesian, Betawi, Sundanese, and both manners of Javanese.
COUNTED = (
    r"(?:sepuluh|sapuluh|sedasa|s[ea]belas|sewelas|(?:ro|telu|pat|lima|nem|pitu|wolu|sanga)(?:be)?las"
    r"|(?:se|ro|telu|pat|nem|pitu|wolu|sanga)likur|selawe|seket|s[ea]widak|belas|welas|puluh?|puloh|dasa|likur"
    r"|(?:dua|due|tiga|tige|empat|ampat|lima|lime|enam|anem|tujuh|tuju|delapan|lapan|sembilan)(?:puluh?|belas|ratus|r[ie]bu)"
    r"|s[ea]ratus|satus|ratus|atus|s[ea]ribu|s[ea]rebu|sewu|ribu|rebu|ewu|setunggal|rong|ro|kalih|telung|tigang|patang"
    rf"|pat|sekawan|limang|gangsal|nenem|pitung|wolung|sangang|{_DIGITS_IN_WORDS})\b"
)
#: A year in words: two of them at least ("enam lima"), or one that is a number of tens.
YEAR_IN_WORDS = rf"(?:(?:{COUNTED}[ \-]){{1,7}}{COUNTED}|seket\b|s[ea]widak\b)"
#: A year in words that nobody takes for anything else.
WHOLE_YEAR_IN_WORDS = (
    r"(?:(?:sembilan|semilan|salapan) ?belas|(?:s[ea]ribu|sarebu|sewu) (?:sembilan|semilan|salapan|sangang)|"
    rf"(?:dua|due) (?:ribu|rebu)|(?:rong|kalih) ewu)(?: {COUNTED}){{1,6}}"
)
_DAY_IN_WORDS = rf"(?:(?:{COUNTED} ){{1,3}}|\d{{1,2}} )(?:(?:{IN_MONTH} )?{MONTH}|{IN_MONTH} {COUNTED})"
DATE_IN_WORDS = (
    rf"(?<!\d){_DAY_IN_WORDS}[ ,]{{1,2}}(?:{YEAR_WORD} )?"
    rf"(?:{COUNTED}(?:[ ,\-]{{1,2}}{COUNTED}){{0,7}}|\d{{2,4}}\b)"
)
DAY_AND_MONTH_IN_WORDS = rf"(?:{COUNTED} ){{1,3}}(?:{IN_MONTH} )?{MONTH_ALONE}"
