"""Mails in scripts that the table of endings has not learnt: what they say stays, a name below thanks goes."""

from __future__ import annotations

import pytest

from adapters.email.other_scripts import gives_thanks, is_other
from adapters.email.quotes import reply_text

CHINESE = (
    "您好,\n\n我们楼下的路灯坏了三个星期,老人摔倒了。\n\n地址是Apartemen Contoh 5-12,手机 0812 0000 1122。"
)
JAPANESE = (
    "ご担当者様\n\n歩道に大きな穴があります。先週、同僚がつまずきました。\n\n修理の予定を教えてください。"
)
KOREAN = "안녕하세요,\n\n집 앞 하수구가 막혀서 냄새가 심합니다.\n\n빨리 확인해 주세요."
RUSSIAN = "Здравствуйте,\n\nу нас во дворе третью неделю не горит фонарь.\n\nПочините, пожалуйста."
ARABIC = "السلام عليكم\n\nالشارع مظلم منذ ثلاثة أسابيع والمصباح مكسور.\n\nنرجو الإصلاح"
THAI = "สวัสดีครับ\n\nไฟถนนดับมาสามวันแล้ว กรุณาซ่อมด้วย"

SIGNED = [
    (CHINESE, "谢谢!", "李小芳"), (CHINESE, "此致敬礼", "王 建国"),
    (JAPANESE, "よろしくお願いいたします。", "佐々木 花子"),
    (JAPANESE, "よろしくお願いします。", "さとう"), (KOREAN, "감사합니다.", "박수진"),
    (RUSSIAN, "Спасибо!", "Ольга Примерова"),
]  # fmt: skip
STAYS = [
    CHINESE, JAPANESE, KOREAN, RUSSIAN, ARABIC, THAI,
    f"{CHINESE}\n\n谢谢!", f"{JAPANESE}\n\nよろしくお願いいたします。",
    f"{KOREAN}\n\n감사합니다.", f"{THAI}\n\nขอบคุณครับ",
    f"{CHINESE}\n\n李小芳", f"{CHINESE}\n\n谢谢!\n\n请尽快派人来看一下", f"{CHINESE}\n\n谢谢!\n\n电话1122",
    f"{KOREAN}\n\n감사합니다.\n\n밤에는 너무 어두워요",
    f"{RUSSIAN}\n\nСпасибо!\n\nОчень ждём", f"{RUSSIAN}\n\nспасибо\n\nжду ответа",
    f"{ARABIC}\n\nشكرا\n\nنرجو الرد", "Mohon dibaca surat teman saya:\n\n路灯坏了三个星期",
]  # fmt: skip


@pytest.mark.parametrize(("said", "thanks", "name"), SIGNED)
def test_a_name_by_itself_below_thanks_goes(said: str, thanks: str, name: str) -> None:
    assert reply_text(f"{said}\n\n{thanks}\n\n{name}") == f"{said}\n\n{thanks}"
    assert reply_text(f"{said}\n\n{thanks}\n{name}\n\nDikirim dari HP saya") == f"{said}\n\n{thanks}"


@pytest.mark.parametrize("text", STAYS)
def test_what_is_said_stays(text: str) -> None:
    assert reply_text(text) == text


def test_a_latin_name_below_thanks_in_another_script_goes() -> None:
    assert reply_text(f"{CHINESE}\n\n谢谢!\n\nLin Xiaofang") == f"{CHINESE}\n\n谢谢!"


def test_what_is_another_script() -> None:
    assert is_other("路灯坏了") and is_other("我们的地址是Apartemen Contoh Lantai Lima")
    assert not is_other("Jl. Contoh 5") and not is_other("café, Łukasz, Nguyễn") and not is_other("")
    assert gives_thanks("谢谢!") and not gives_thanks("Terima kasih") and not gives_thanks("路灯坏了")
