"""Attachments that several gateways share: what doctor demands, what a store that is away means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from complaint_queue.codec import Codec
from complaint_queue.files_s3 import S3Files, S3Place
from complaint_queue.keys import Keyring
from intake.backup import Backup
from intake.config import Config, load
from intake.doctor_files import look_at_files
from intake.free_ports import free_ports
from intake.journals import files_of
from intake.restoring import Restore
from normalizer.errors import Misconfigured, Unavailable
from tests.s3_server import S3Server

JOURNAL = {"KANAL_JOURNAL_URL": "postgresql://kanal@127.0.0.1/aduan"}
CODEC = Codec(Keyring([os.urandom(32)], os.urandom(32)))
KEYS = 'access_key = "env:UJI_S3_KEY"\nsecret_key = "env:UJI_S3_SECRET"\n'


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UJI_S3_KEY", "uji")
    monkeypatch.setenv("UJI_S3_SECRET", "rahasia-uji")


def config(folder: Path, journal: str, shared: bool = True) -> Config:
    file = folder / "kanal.toml"
    file.write_text(f'[gateway]\ndata_dir = "{folder}/data"\n[journal]\n{journal}\n')
    return load(file, JOURNAL if shared else {})


def in_bucket(folder: Path, place: S3Place) -> Config:
    where = f'files = "s3://{place.bucket}/{place.prefix}"\n[journal.s3]\nendpoint = "{place.endpoint}"\n'
    return config(folder, where + KEYS)


async def test_doctor_demands_a_store_that_every_gateway_sees(tmp_path: Path, s3_server: S3Server) -> None:
    assert await look_at_files(config(tmp_path, "", shared=False)) == [], "one gateway alone needs none"
    (found,) = await look_at_files(config(tmp_path, ""))
    assert not found.ok and "do not see" in found.found and "s3://" in found.cure
    (tmp_path / "bersama").mkdir()
    folder = f'files = "{tmp_path}/bersama"\n'
    (found,) = await look_at_files(config(tmp_path, folder))
    assert not found.ok and "files_shared = true" in found.cure
    (found,) = await look_at_files(config(tmp_path, folder + "files_shared = true"))
    assert found.ok, found
    assert list((tmp_path / "bersama").iterdir()) == []
    (found,) = await look_at_files(config(tmp_path, 'files = "/tidak/ada"\nfiles_shared = true'))
    assert not found.ok and "mounted" in found.cure

    place = s3_server.bucket()
    (found,) = await look_at_files(in_bucket(tmp_path, place))
    assert found.ok and "written, read and deleted" in found.found, found
    assert s3_server.objects(place) == {}
    (found,) = await look_at_files(in_bucket(tmp_path, S3Place(**{**as_dict(place), "bucket": "tidak-ada"})))
    assert not found.ok and "no such bucket" in found.found and found.cure
    (port,) = free_ports(1)
    away = S3Place(**{**as_dict(place), "endpoint": f"http://127.0.0.1:{port}"})
    files = S3Files(away, tmp_path / "growing", CODEC, patience=0.5)
    with pytest.raises(Unavailable, match="does not answer"):
        await files.probe()
    await files.close()


def as_dict(place: S3Place) -> dict[str, str]:
    return {name: getattr(place, name) for name in place.__struct_fields__}


async def test_a_refused_key_is_told_without_the_key(tmp_path: Path) -> None:
    async def refuse(_: web.Request) -> web.Response:
        body = "<Error><Code>InvalidAccessKeyId</Code><Message>uji</Message></Error>"
        return web.Response(status=403, body=body, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", refuse)
    async with TestServer(app, host="127.0.0.1") as server:
        place = S3Place(
            bucket="aduan", access_key="uji", secret_key="rahasia-uji", endpoint=str(server.make_url("/"))
        )
        files = S3Files(place, tmp_path / "growing", CODEC)
        with pytest.raises(Misconfigured, match="refuses our key") as told:
            await files.open()
        assert "rahasia-uji" not in str(told.value)
        with pytest.raises(Unavailable) as refused:
            await files.put(b"foto")
        assert "rahasia-uji" not in str(refused.value)
        assert list((tmp_path / "growing").iterdir()) == [], "the temporary file is gone in any case"
        await files.close()


async def test_a_bucket_that_is_away_means_try_again_and_the_start_succeeds(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    place = S3Place(
        bucket="aduan", access_key="uji", secret_key="rahasia-uji", endpoint=f"http://127.0.0.1:{port}"
    )
    files = S3Files(place, tmp_path / "growing", CODEC, patience=0.5)
    assert await files.open() == 0
    for trial in (files.put(b"foto"), files.read("0" * 64), files.size("0" * 64)):
        with pytest.raises(Unavailable) as refused:
            await trial
        assert refused.value.retry_after
    await files.close()


async def test_a_sweep_of_the_spool_removes_what_a_crash_left(tmp_path: Path, s3_server: S3Server) -> None:
    place = s3_server.bucket()
    files, other = (S3Files(place, tmp_path / "growing", CODEC) for _ in range(2))
    await files.open()
    living = files.new_spool()
    living.write(b"x" * 200_000)
    (tmp_path / "growing" / "123-dead").write_bytes(b"half")
    assert await other.open() == 1
    sha256 = await files.keep(living)
    assert await other.read(sha256) == b"x" * 200_000
    assert list((tmp_path / "growing").iterdir()) == []
    await files.close()
    await other.close()


async def test_what_was_laid_aside_is_read_and_comes_back_when_it_is_wanted(
    tmp_path: Path, s3_server: S3Server
) -> None:
    place = s3_server.bucket()
    files = S3Files(place, tmp_path / "growing", CODEC)
    await files.open()
    sha256 = await files.put(b"foto")
    name = files.name(sha256)
    assert await files.remove(name, 4e9)
    assert list(s3_server.objects(place)) == [f"aside/{name}"]
    assert await files.read(sha256) == b"foto"
    assert await files.size(sha256) == 4
    await files.tend(set(), 1e9)  # not unwanted for long enough yet
    assert list(s3_server.objects(place)) == [f"aside/{name}"]
    await files.tend({name}, 4e9)
    assert list(s3_server.objects(place)) == [name]
    assert await files.read(sha256) == b"foto"
    await files.close()


async def test_what_is_young_is_not_sent_again(tmp_path: Path, s3_server: S3Server) -> None:
    place = s3_server.bucket()
    files = S3Files(place, tmp_path / "growing", CODEC)
    await files.open()
    sha256 = await files.put(b"foto")
    first = s3_server.objects(place)
    assert await files.put(b"foto") == sha256
    assert s3_server.objects(place) == first, "sealed anew it would have other bytes"
    await files.close()


async def test_a_wrong_place_is_named_and_the_keys_are_references(tmp_path: Path) -> None:
    for wrong, said in (
        ('files = "s3://aduan/lampiran"', "journal.s3"),
        ('files = "s3:aduan"\n[journal.s3]\n' + KEYS, "no bucket"),
        (
            'files = "s3://aduan"\n[journal.s3]\naccess_key = "uji"\nsecret_key = "env:UJI_S3_KEY"',
            "credential",
        ),
        ('files = "s3://aduan"\n[journal.s3]\nend = "x"\n' + KEYS, "end"),
    ):
        with pytest.raises(Misconfigured, match=said):
            config(tmp_path, wrong)
    place = config(tmp_path, 'files = "s3://aduan/a/b/"\n[journal.s3]\nregion = "id-jkt-1"\n' + KEYS).s3
    assert place is not None
    assert (place.bucket, place.prefix, place.region, place.words) == (
        "aduan",
        "a/b",
        "id-jkt-1",
        "s3://aduan/a/b",
    )
    assert "rahasia-uji" not in place.words


async def test_a_folder_moves_into_a_bucket_under_the_same_names(tmp_path: Path, s3_server: S3Server) -> None:
    local = files_of(config(tmp_path, f'files = "{tmp_path}/files"'), CODEC)
    await local.open()
    sha256 = await local.put(b"foto" * 50_000)
    place = s3_server.bucket()
    name = local.name(sha256)
    s3_server.replace(place, name, (tmp_path / "files" / name).read_bytes())
    bucket = files_of(in_bucket(tmp_path, place), CODEC)
    assert await bucket.read(sha256) == b"foto" * 50_000
    await local.close()
    await bucket.close()


async def test_a_backup_says_that_the_bucket_is_not_in_it_and_a_folders_does_not_vanish(
    tmp_path: Path, s3_server: S3Server
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "ab").mkdir()
    (tmp_path / "files" / "ab" / "c").write_bytes(b"sealed")
    target = tmp_path / "cadangan"
    target.mkdir()
    (target / "journal.pgdump").write_bytes(b"dump")
    (target / "SHA256SUMS").touch()
    made = Backup(config(tmp_path, f'files = "{tmp_path}/files"'), target, with_keys=True).run()
    assert made.files == 1
    with pytest.raises(Misconfigured, match="the attachments themselves"):
        await Restore(in_bucket(tmp_path, s3_server.bucket()), target, {}).run()
