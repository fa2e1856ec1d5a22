"""How many texts a second one core normalises (300 characters, all steps but media), and each step's share.

Duplicates are looked for among 50,000 remembered complaints from all over the city.

PYTHONPATH=.:queue python benchmarks/normalise_bench.py [number of texts] [rounds]
"""

from __future__ import annotations

import gc
import random
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from normalizer.assemble import assemble
from normalizer.duplicate_memory import Recent
from normalizer.duplicate_print import Fingerprint, pack
from normalizer.duplicate_words import Slot
from normalizer.gazetteer import kelurahan_table, read_table
from normalizer.language import LangDetect
from normalizer.pipeline import STEPS, Context, Step, build_context, normalise
from normalizer.record import Complaint, Message

#: Texts a second that one core is to normalise, all steps but media.
GOAL = 3_000
#: So many texts are given to the engine that stands beside all steps in the same run.
_PEERS = 20
_SENTENCES = (
    "Lampu jalan mati di Jl. Tebet Barat Dalam No. 5 RT 05/RW 03 kelurahan Tebet Barat sudah dua minggu.",
    "Selamat pagi pak, mohon dibantu sampah menumpuk di pinggir jalan dan baunya sangat mengganggu warga.",
    "got mampet dpn rumah sy di kel. Cideng kec gambir tlg segera dibersihkan ya min krn sdh mau hujan",
    "Bang, ude tiga ari aer kaga ngalir di Rawa Belong, kite mao mandi aje susah bener dah.",
    "Parkir liar di depan Stasiun Cikini bikin macet, hubungi saya di 0812-0000-1234 atau siti@example.org.",
    "Trotoar rusak parah di Kecamatan Kebon Jeruk dekat pasar, anak sekolah sering jatuh karena berlubang.",
    "Nuhun pak, jalan di payuneun sakola teh geus lila ruksak teu aya nu menerkeun.",
    "Terima kasih atas perhatiannya, semoga cepat ditindaklanjuti oleh dinas terkait.",
)


def _texts(count: int) -> list[Complaint]:
    chance = random.Random(7)
    now = datetime.now(UTC)
    made = []
    for number in range(count):
        text = ""
        while len(text) < 300:
            text += chance.choice(_SENTENCES) + " "
        made.append(
            assemble(
                complaint_id=f"{number:013d}",
                ticket="",
                adapter="sms",
                account="a",
                channel="sms",
                received_at=now,
                messages=[Message(external_id=str(number), text=f"{text[:295]} {number % 9999}")],
                raw_sha256=[],
                reference="",
            )
        )
    return made


def _remembered(count: int) -> Recent:
    """That many complaints of the last days: our example texts, each with a street and a place of its own."""
    chance = random.Random(8)
    recent = Recent(b"benchmark", most=count)
    rows = list(read_table("category_texts.csv"))
    codes = [kelurahan.code for kelurahan in kelurahan_table()]
    now = int(time.time())
    read = {row["text"]: recent.reader.read(row["text"]) for row in rows}
    streets = [recent.reader.hash(f"street {number}") for number in range(6000)]
    for number in range(1, count + 1):
        row = chance.choice(rows)
        text, street = read[row["text"]], chance.choice(streets)
        sorts = [list(text.matters), list(text.words), [*text.names, street]]
        marks = [Slot.STREET << 32 | street, Slot.RW << 32 | recent.reader.hash(f"rw {chance.randrange(15)}")]
        found = Fingerprint(
            complaint_id=1 << 40 | number,
            ticket=str(number),
            at=now - chance.randrange(10 * 86_400),
            region=chance.choice(codes),
            sure=90,
            inside=1,
            latitude=None,
            longitude=None,
            topics={row["category"]: 0.9},
            words=array("I", [word for sort in sorts for word in sort]).tobytes(),
            counts=(len(sorts[0]), len(sorts[1]), len(sorts[2])),
            weights=(sum(text.matters.values()), sum(text.words.values()), 3.0 * len(sorts[2])),
            marks=array("Q", marks).tobytes(),
            again=False,
            senders=array("Q", (chance.randrange(1 << 62),)).tobytes(),
        )
        recent.add(found.complaint_id, pack(found))
    return recent


def _least(work: Callable[[], object], rounds: int) -> float:
    """CPU seconds of the quickest of several rounds: what else the machine does makes the others slower."""
    least = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
    return least


def _taken(step: Step, complaints: list[Complaint], context: Context) -> list[Complaint]:
    return [step(complaint, context) for complaint in complaints]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    context = replace(build_context(), recent=_remembered(50_000))
    complaints = _texts(count)
    # The engine loads its profiles once, 0.4 s, when it is first asked: not part of the steady rate.
    context.detector.detect("zxcv qwer asdf")
    # As the gateway does when it is ready: its tables are never garbage.
    gc.freeze()
    whole = _least(lambda: [normalise(complaint, context) for complaint in complaints], rounds) / count
    print(f"{count} texts of 300 characters, the quickest of {rounds} rounds, CPU time of one core")
    print(f"{'step':<12}{'µs':>8}{'share':>8}")
    for name, step in STEPS:
        spent = _least(partial(_taken, step, complaints, context), rounds) / count
        complaints = _taken(step, complaints, context)
        print(f"{name:<12}{spent * 1e6:8.1f}{spent / whole:8.0%}")
    print(f"{'all':<12}{whole * 1e6:8.1f}")
    print(f"{1 / whole:,.0f} texts/s, {1 / whole / GOAL:.2f} of the goal of {GOAL:,}")
    # The machine is shared, and what else it does shows in CPU time too: a ratio within one run is what carries.
    engine, peers = LangDetect(), [complaint.text for complaint in complaints[:_PEERS]]
    peer = _least(lambda: [engine.probabilities(text) for text in peers], rounds) / len(peers)
    print(
        f"{1 / peer:,.0f} texts/s langdetect alone, the language and nothing else: {peer / whole:.1f} times slower"
    )


if __name__ == "__main__":
    main()
