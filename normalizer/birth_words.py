"""Words for birth, and what stands between them and a date: whether it is somebody's date of birth, or one of a death,
of a letter, of a town's birthday, or of a complaint."""

from __future__ import annotations

import re

#: Who owns it may be written behind the word: "lahirnya", "lhr nya", "ultahku".
_OWNED = r"(?: ?(?:nya|nye|nyah|ny|na|ne|ipun)|e|ku|mu|lah)?"
#: Words for a birth, and for the day when it is remembered.
BORN_WORDS = (
    rf"(?:(?:di)?lahir(?:an|kan)?|la?hr|lhir|tgllhr|tglh?r|lair(?:an)?|k[ae]lah?iran|miyos|brojol|ultah|ulang tahun)"
    rf"{_OWNED}|ttl|born|geboren|geboortedatum|geburtsdatum|dob|d\.o\.b|birth(?:day|date)?|bday|hbd"
)
REMEMBERED = re.compile(r"ultah|ulang tahun|bday|birthday|hbd", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?:(?:{BORN_WORDS})\b|l\.)[^\d\n]{{0,52}}$|\(b\. ?$", re.IGNORECASE)

#: What is no person and has such a day too.
_FOUNDED = re.compile(
    r"\b(?:ultah|ulang tahun)(?:nya)? (?:ke ?)?(?:kota|jakarta|dki|ri|kemerdekaan|republik|rw|rt|kelurahan|kecamatan"
    r"|sekolah|masjid|gereja|pkk|tni|polri|partai|perusahaan|karang taruna|kantor|pt|koperasi|kampung|pasar|bank"
    r"|yayasan|persija|transjakarta|perumahan|komplek|sdn?|smpn?|sman?|kampus|universitas|mall?|emas|perak|komunitas"
    r"|organisasi|paguyuban|posyandu|puskesmas|klub|(?:per)?nikahan|perkawinan|toko|warung|rusun)"
    r"|\blahir(?:nya)? (?:pancasila|perda|pergub|perpres|undang|uu|peraturan|keputusan|kebijakan|aturan|program|partai"
    r"|organisasi|republik|negara|bangsa|indonesia|gerakan|kota|komunitas|rancangan|masalah|banyak|ide|gagasan|wacana"
    r"|konflik|kesepakatan|bpjs|kjp|jaki|jaklingko|transjakarta|mrt|lrt|(?:dan |& |n )?batin)\b",
    re.IGNORECASE,
)
_FOUNDED_BEFORE = re.compile(
    r"\b(?:perda|pergub|perpres|uu|undang|peraturan|keputusan|kebijakan|aturan|program|partai|organisasi|proyek|gerakan"
    r"|izin|sk|komunitas|rancangan(?:nya)?|paguyuban|koperasi|karang taruna|ide|gagasan|wacana|forum|aplikasi|tradisi"
    r"|festival|jaki|jaklingko|transjakarta|mrt|lrt|hpl|perkiraan|taksiran|batas)"
    r"(?: (?!tgl|tanggal|tempat|tahun|anak|saya|sy|aku|ibu|ayah|bapak|istri|suami|data|di)[\w.\-/]{1,12})?"
    r"(?: (?:itu|ini|tersebut|tsb|yang|yg|baru))? $"
    r"|\b(?:grup|pasar|taman|masjid|mushol+a|gereja|puskesmas|posyandu|sekolah|jembatan|kantor|kampung|toko|warung|klub"
    r"|perusahaan|yayasan|layanan|lembaga)(?: \w{1,12})? (?:ini|itu|kami|kita) $|\bhari $",
    re.IGNORECASE,
)
#: "hari lahir saya" is a person's, "hari lahir Pancasila" is not.
_OWN_DAY = re.compile(
    r"\w+(?:nya|ku|mu)\b|\w+ (?:saya|sy|aku|gue|gw|anak|ibu|ayah|bapak|istri|suami|dia)\b", re.IGNORECASE
)
#: A party is held on a day, and is complained of.
_PARTY = re.compile(
    r"\b(?:acara|pesta|perayaan|merayakan|rayain|ngerayain|undangan|hajatan|bikin|kado|kue|panggung|hiburan|party)"
    r"(?: \w{2,12})? $",
    re.IGNORECASE,
)
#: Between a word for birth and a date, these tell that the date is another one: of a death, a marriage, a letter. The
#: paper about a marriage may have a date of birth as well.
_ANOTHER_DAY = re.compile(
    r"\b(?<!buku )(?<!surat )(?<!akta )(?<!akte )(?:meninggal(?: dunia)?|wafat|mati|pejah|maot|mangkat|tutup usia"
    r"|berpulang|dimakamkan|dikubur|died|passed away|deceased|(?:me)?nikah(?:nya)?|kawin|married|cerai(?:nya)?"
    r"|pindah(?:nya|an)?|moved|tertanggal|terbit(?:nya|an)?|diterbitkan|dikeluarkan|issued|diajukan|mengajukan|ajukan"
    r"|pengajuan|diurus|ngurus|mengurus|(?:men)?daftar|didaftar(?:kan)?|lapor|melapor|dilaporkan|submitted|applied"
    r"|dirawat|masuk|lulus|hilang|cair|berlaku|selesai|jadwal|dijadwalkan|surat no|surat nomor)\b",
    re.IGNORECASE,
)
#: A date that bounds the births that are meant is nobody's: "lahir sebelum 1 Juli 2019".
_BOUND = re.compile(
    r"\b(?:sebelum|seblm|sblm|setelah|sesudah|sejak|di ?bawah|di ?atas|minimal|maksimal|maks?|paling lambat"
    r"|batas(?:nya)?|antara|mulai|sampai|sampe|hingga|s/?d|before|after|since|until|between)"
    r"(?: (?:dengan|tgl|tanggal|tahun|taun|taon|thn?|bulan))*[ :]*$",
    re.IGNORECASE,
)
#: Behind a date of birth, words with which the story goes on, to a date of its own.
_STORY = re.compile(
    r"\b(?:dr|dari|ke|kmrn|kemarin|sejak|sampai|sampe|saat|waktu|ketika|pas|tadi|mulai|acara|rapat|kejadian|datang|dtg"
    r"|hari|from|on|since|when|(?:ter)?jatuh|kecelakaan|(?:di|ter)(?:pukul|tabrak|tolak|rujuk|culik|serempet|gigit)"
    r"|operasi|opname|kontrol|(?:pe)?rekam(?:an)?|dibuat|dicetak|sakit|stroke|kejang|vaksin|imunisasi|sekolah|wisuda"
    r"|pensiun|tinggal|kos|ngontrak|antri|banjir|kebakaran|hamil|kuliah|kerja|berangkat|pulang|diperiksa|periksa)\b",
    re.IGNORECASE,
)
_NEAR = 48


def of_an_institution(found: str, text: str, start: int) -> bool:
    """Whether `found`, at `start` of `text`, tells the birthday of a town or a law, or a day that is kept: nobody's."""
    if _FOUNDED.search(found) is not None:
        return True
    before = text[max(0, start - _NEAR) : start]
    if REMEMBERED.match(found) and _PARTY.search(before):
        return True
    founded = _FOUNDED_BEFORE.search(before)
    return founded is not None and not (founded[0].lower() == "hari " and _OWN_DAY.match(found))


def of_another_day(between: str) -> bool:
    """Whether what stands `between` a word for birth and a date makes it the date of something else: of a death, a
    marriage, a letter; or a bound of the births that are meant."""
    return _ANOTHER_DAY.search(between) is not None or _BOUND.search(between) is not None


def goes_on(between: str) -> bool:
    """Whether what stands `between` a date of birth and another date makes that one the date of something else."""
    return of_another_day(between) or _STORY.search(between) is not None


def is_behind_birth(before: str) -> bool:
    """Whether what stands `before` a date makes it one of birth."""
    found = _BEFORE.search(before)
    if found is None or of_an_institution(found[0], before, found.start()) or of_another_day(found[0]):
        return False
    _, masked, between = found[0].rpartition("lahir]")
    return not (masked and goes_on(between))
