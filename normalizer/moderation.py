"""Flags that people must see first: an emergency, spam, abuse. A flag never hides or drops a complaint."""

from __future__ import annotations

from normalizer.context import Context, decided
from normalizer.folding import fold
from normalizer.phrases import Phrases
from normalizer.record import Complaint, Evidence, Flag

_EMERGENCY = """kebakaran rumah;rumah kebakaran;rumah terbakar;kebakaran hebat;sedang kebakaran;ada kebakaran;terjadi kebakaran;
gedung terbakar;api membesar;api sudah besar;anak tenggelam;orang tenggelam;ada yang tenggelam;tenggelam di;hanyut terbawa;
terseret arus;ada kecelakaan;terjadi kecelakaan;kecelakaan parah;tabrakan parah;korban kecelakaan;korban luka;korban jiwa;
banjir masuk rumah;air masuk rumah;terjebak banjir;banjir sedada;banjir sepinggang;perampokan;dirampok;dibegal;penodongan;
ditodong;penculikan;diculik;percobaan bunuh diri;mau bunuh diri;kesetrum;tersengat listrik;bocor gas;gas bocor;rumah roboh;
bangunan roboh;tanah longsor;butuh ambulans;butuh ambulan;perlu ambulans;tolong ambulans;ada mayat;pingsan di;
lagi tawuran;sedang tawuran;house on fire;need ambulance""".replace("\n", "").split(";")
_ABUSE = """anjing lu;anjing lo;anjing kau;dasar anjing;bangsat;bajingan;ngentot;kontol;memek;goblok;tolol;asu kowe;jancok;
babi lu;dasar babi;monyet lu;fuck you;motherfucker""".replace("\n", "").split(";")
# Said before an emergency's words, these make it a worry, a drill, or a thing of the past.
_NOT_NOW = (
    "rawan", "cegah", "mencegah", "pencegahan", "takut", "bisa", "simulasi", "pelatihan", "antisipasi", "potensi",
    "berpotensi", "khawatir", "jangan sampai", "sebelum", "kalau", "kalo", "jika", "apabila", "bila", "dulu", "pasca",
    "bekas", "tahun lalu", "sering", "supaya tidak", "agar tidak", "tidak ada", "bukan",
)  # fmt: skip
_FLAGS: dict[str, Flag] = dict.fromkeys(_EMERGENCY, "emergency")
_FLAGS.update(dict.fromkeys(_ABUSE, "abusive"))
_MEANINGS = Phrases(_FLAGS)


def _now(folded: str, start: int) -> bool:
    before = f" {' '.join(folded[max(0, start - 40) : start].split())} "
    return not any(f" {word} " in before for word in _NOT_NOW)


def step(complaint: Complaint, context: Context) -> Complaint:
    """Add the flags that the words call for."""
    folded = fold(f"{complaint.subject}\n{complaint.text}")
    words: dict[Flag, list[str]] = {}
    for start, _, phrase, flag in _MEANINGS.find(folded):
        if flag != "emergency" or _now(folded, start):
            words.setdefault(flag, []).append(phrase)
    if complaint.kind == "spam":
        words.setdefault("spam", [])
    flags = complaint.flags + tuple(flag for flag in words if flag not in complaint.flags)
    evidence = [
        Evidence(step="moderation", result=flag, words=tuple(dict.fromkeys(said)), confidence=0.9)
        for flag, said in words.items()
    ]
    return decided(complaint, *evidence, flags=flags)
