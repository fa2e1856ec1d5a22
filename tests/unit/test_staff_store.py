"""Accounts, sessions and links: what is kept, what ends, what can never be changed."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.staff import (
    LinkRefused,
    PasswordRefused,
    SignInRefused,
    StaffStore,
    TooManyTries,
    UserRefused,
)
from intake.staff.rules import check_password

PASSWORD = "tiga becak melintas pelan"


class HeldClock:
    at = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def store(tmp_path: Path, clock: HeldClock) -> AsyncIterator[StaffStore]:
    one = StaffStore(tmp_path / "staff.sqlite3", clock.now)
    await one.open()
    yield one
    await one.close()


async def test_the_file_holds_no_secret_and_is_ours_alone(store: StaffStore, tmp_path: Path) -> None:
    token = await store.add_user("siti", "Siti Contoh", "clerk", "31.71.01.1002")
    await store.use_link(token, PASSWORD)
    identity, _ = await store.sign_in("siti", PASSWORD, "127.0.0.1")
    with pytest.raises(SignInRefused):
        await store.sign_in("rahasia-yang-salah-tempat", "x", "127.0.0.1")
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (token, identity, PASSWORD, "rahasia-yang-salah-tempat"):
        assert secret.encode() not in held
    assert stat.S_IMODE((tmp_path / "staff.sqlite3").stat().st_mode) == 0o600
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in held


async def test_a_link_works_once_and_for_half_an_hour(store: StaffStore, clock: HeldClock) -> None:
    token = await store.add_user("siti", "Siti Contoh", "clerk")
    with pytest.raises(PasswordRefused):
        await store.use_link(token, "pendek")
    await store.use_link(token, PASSWORD)
    with pytest.raises(LinkRefused):
        await store.use_link(token, PASSWORD)
    late = await store.reset_link("siti")
    clock.at += timedelta(minutes=30)
    with pytest.raises(LinkRefused):
        await store.link(late)


async def test_what_ends_a_session(store: StaffStore) -> None:
    await store.add_user("siti", "Siti Contoh", "clerk")
    await store.set_password("siti", PASSWORD)

    async def identity() -> str:
        return (await store.sign_in("siti", PASSWORD, "127.0.0.1"))[0]

    first = await identity()
    fresh = await store.rotate(first)
    assert fresh is not None
    assert await store.session(first) is None
    assert await store.session(fresh) is not None
    await store.set_role("siti", "operator", "")
    assert await store.session(fresh) is None
    second = await identity()
    await store.set_password("siti", PASSWORD + " lagi")
    assert await store.session(second) is None
    await store.set_password("siti", PASSWORD)
    third = await identity()
    await store.disable("siti")
    assert await store.session(third) is None
    with pytest.raises(SignInRefused):
        await identity()
    await store.enable("siti")
    await identity()


async def test_the_right_password_forgets_earlier_slips(store: StaffStore) -> None:
    await store.add_user("siti", "Siti Contoh", "clerk")
    await store.set_password("siti", PASSWORD)
    for _ in range(3):
        for _ in range(8):
            with pytest.raises(SignInRefused):
                await store.sign_in("siti", "salah sekali ini", "127.0.0.1")
        await store.sign_in("SITI ", PASSWORD, "127.0.0.1")


async def test_an_office_behind_one_address_is_not_locked_out_soon(store: StaffStore) -> None:
    for number in range(300):
        await store.guess("address", "10.0.0.1", 300, 900.0)
        assert number < 300
    with pytest.raises(TooManyTries) as caught:
        await store.guess("address", "10.0.0.1", 300, 900.0)
    assert 0 < caught.value.retry_after <= 901


async def test_the_audit_log_only_grows(store: StaffStore, tmp_path: Path) -> None:
    await store.add_user("siti", "Siti Contoh", "clerk")
    await store.audit("siti", "receipt_shown", "261123-0001-6")
    assert (await store.audit_log())[0][1:] == ("siti", "receipt_shown", "261123-0001-6")
    with sqlite3.connect(tmp_path / "staff.sqlite3") as other:
        for change in ("DELETE FROM audit", "UPDATE audit SET who = 'x'"):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(change)
    other.close()


@pytest.mark.parametrize("login", ["", "a", "Ä", "a b", "a" * 50, "../x"])
async def test_a_login_that_cannot_be(store: StaffStore, login: str) -> None:
    with pytest.raises(UserRefused):
        await store.add_user(login, "Siti Contoh", "clerk")


async def test_a_login_is_taken_once(store: StaffStore) -> None:
    await store.add_user("siti", "Siti Contoh", "clerk")
    with pytest.raises(UserRefused):
        await store.add_user("Siti", "Siti Lain", "clerk")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("pendek", "short"),
        ("a" * 300, "long"),
        ("aaaaaaaaaaaaaa", "guessable"),
        ("123456789012", "guessable"),
        ("jakarta12345", "guessable"),
        ("siti.contoh12", "guessable"),
        ("Password1234!", "guessable"),
    ],
)
def test_a_password_that_everybody_tries(password: str, problem: str) -> None:
    with pytest.raises(PasswordRefused) as caught:
        check_password(password, "siti.contoh")
    assert caught.value.problem == problem


@pytest.mark.parametrize("password", [PASSWORD, "kata-sandi-uji-2611", "Xk29 pelangi 77"])
def test_a_password_that_is_good(password: str) -> None:
    check_password(password, "siti.contoh")
