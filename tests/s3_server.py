"""An S3 server on loopback in a process of its own (moto); tests see and change whatever is in a bucket."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import obstore
from obstore.store import S3Store

from complaint_queue.files_s3 import S3Place
from intake.free_ports import free_ports


class S3Server:
    """`start`, then `bucket()` for each test, then `stop`."""

    def __init__(self) -> None:
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, log: Path, within: float = 60.0) -> None:
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
                stdout=output,
                stderr=output,
            )
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                self._ask("GET", "/moto-api/")
                return
            time.sleep(0.1)
        raise RuntimeError(f"the S3 server does not answer:\n{log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def bucket(self, prefix: str = "lampiran") -> S3Place:
        """A fresh one."""
        self._made += 1
        name = f"aduan-uji-{self._made}"
        self._ask("PUT", f"/{name}")
        return S3Place(
            bucket=name, prefix=prefix, endpoint=self.endpoint, access_key="uji", secret_key="rahasia-uji"
        )

    def objects(self, place: S3Place) -> dict[str, bytes]:
        """What lies below the prefix."""
        store = self._store(place)
        names = [one["path"] for page in obstore.list(store) for one in page]
        return {name: bytes(obstore.get(store, name).bytes()) for name in names}

    def replace(self, place: S3Place, name: str, content: bytes) -> None:
        obstore.put(self._store(place), name, content)

    def delete(self, place: S3Place, name: str) -> None:
        obstore.delete(self._store(place), name)

    def _store(self, place: S3Place) -> S3Store:
        return S3Store(
            place.bucket,
            prefix=place.prefix,
            config={
                "endpoint": self.endpoint,
                "region": place.region,
                "access_key_id": place.access_key,
                "secret_access_key": place.secret_key,
            },
            client_options={"allow_http": True},
        )

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self.endpoint + path, data=body, method=method)
        with opener.open(request, timeout=20) as answer:
            return bytes(answer.read())
