"""How many texts a second one core normalises (300 characters, all steps but media), and each step's share.

PYTHONPATH=.:queue python benchmarks/normalise_bench.py [number of texts]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime

from normalizer.assemble import assemble
from normalizer.pipeline import STEPS, build_context, normalise
from normalizer.record import Complaint, Message

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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    context = build_context()
    complaints = _texts(count)
    # The engine loads its profiles once, 0.4 s, when it is first asked: not part of the steady rate.
    context.detector.detect("zxcv qwer asdf")
    normalise(complaints[0], context)
    began = time.process_time()
    for complaint in complaints:
        normalise(complaint, context)
    whole = time.process_time() - began
    print(f"{count / whole:,.0f} texts/s, {whole / count * 1e6:.0f} µs each")
    for name, step in STEPS:
        began = time.process_time()
        complaints = [step(complaint, context) for complaint in complaints]
        print(f"  {name:<11}{(time.process_time() - began) / count * 1e6:7.1f} µs")


if __name__ == "__main__":
    main()
