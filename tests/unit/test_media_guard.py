"""No address that a message names leads into the network's inside. A listening server counts who came."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from intake.guard import GuardedFetch, is_public, safe_session
from normalizer.errors import ProviderError, ProviderRefused, ProviderUnavailable

INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2001:0:808:808::f5f5:f5f5",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "no address",
    "",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "103.28.14.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


class Server:
    """Listens on 127.0.0.1 and counts connections, whatever comes over them."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[aiohttp.typedefs.CIMultiDictProxy[str] | Any] = []
        self.answer: Callable[[web.BaseRequest], web.StreamResponse] = lambda _: web.Response(body=b"isi")
        self.port = 0

    async def start(self) -> None:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            self.requests.append(request.headers)
            return self.answer(request)

        inner = web.Server(handle)
        loop = asyncio.get_running_loop()

        def connected() -> asyncio.BaseProtocol:
            self.connections += 1
            return inner()

        self._inner = inner
        self._server = await loop.create_server(connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        await self._inner.shutdown(1.0)
        await self._server.wait_closed()

    @property
    def here(self) -> str:
        return f"127.0.0.1:{self.port}"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = Server()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def other() -> AsyncIterator[Server]:
    one = Server()
    await one.start()
    yield one
    await one.stop()


async def read(url: str, **options: Any) -> bytes:
    async with asyncio.timeout(20):
        return b"".join([chunk async for chunk in GuardedFetch()(url, **options)])


FORMS = [
    "http://127.0.0.1:{port}/x",
    "http://127.1:{port}/x",
    "http://127.0.1:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f000001:{port}/x",
    "http://0x7f.0.0.1:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://017700000001:{port}/x",
    "http://0:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://localhost:{port}/x",
    "http://LOCALHOST.:{port}/x",
    "http://①②⑦.⓪.⓪.①:{port}/x",
    "http://[::1]:{port}/x",
    "http://[::]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://[::ffff:7f00:1]:{port}/x",
    "http://[::127.0.0.1]:{port}/x",
    "http://[64:ff9b::7f00:1]:{port}/x",
    "http://[2002:7f00:1::]:{port}/x",
    "http://[fe80::1%25lo]:{port}/x",
    "http://user:kata@127.0.0.1:{port}/x",
    "http://example.org@127.0.0.1:{port}/x",
    "http://127.0.0.1:{port}#@example.org/",
    "http://127.0.0.1\\@example.org:{port}/x",
    "https://127.0.0.1:{port}/x",
    "ftp://127.0.0.1:{port}/x",
    "gopher://127.0.0.1:{port}/x",
    "file:///etc/passwd",
    "data:text/plain,x",
    "//127.0.0.1:{port}/x",
    "127.0.0.1:{port}/x",
    "http://",
    "http://127.0.0.1:99999/x",
    "",
]


@pytest.mark.parametrize("form", FORMS)
async def test_no_way_of_writing_it_connects_to_the_inside(form: str, server: Server) -> None:
    url = form.format(port=server.port)
    with pytest.raises(ProviderError) as caught:
        await read(url)
    assert "kata" not in str(caught.value)
    # Also where the address is judged at the socket alone: any port, no check of the words.
    async with safe_session() as session:
        with pytest.raises((aiohttp.ClientError, ValueError, OSError)):
            await session.get(url, allow_redirects=False)
    assert server.connections == 0


async def test_a_name_with_one_inner_address_is_refused_for_good(server: Server) -> None:
    with pytest.raises(ProviderRefused, match="not public"):
        await read("http://localhost/x")
    with pytest.raises(ProviderRefused, match="not public"):
        await read("http://127.0.0.1/x")
    assert server.connections == 0


class Rebinding(AbstractResolver):
    """A resolver that was deceived: whatever was checked before, the connection is led inside."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        flags = socket.AI_NUMERICHOST
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=flags
            )
        ]

    async def close(self) -> None:
        pass


async def test_a_deceived_resolver_still_connects_to_nothing_inside(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with safe_session() as session:
        monkeypatch.setattr(session.connector, "_resolver", Rebinding())
        with pytest.raises(aiohttp.ClientConnectorError, match="not public"):
            await session.get(f"http://umpan.example.org:{server.port}/", allow_redirects=False)
    assert server.connections == 0


async def test_a_name_is_asked_for_once_and_what_was_checked_is_what_is_connected_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    name = f"media.example.org:{server.port}"
    with pytest.raises(ProviderRefused):
        await read(f"http://{name}/x")
    assert (asked, server.connections) == ([], 0), "an unusual port is refused before anybody is asked"
    assert await read(f"http://{name}/x", allow_hosts=[name]) == b"isi"
    assert asked == ["media.example.org"]
    with pytest.raises(ProviderRefused, match="not public"):
        await read("http://media.example.org/x", allow_hosts=[name])


async def test_an_allowed_pair_is_reached_and_its_neighbour_is_not(server: Server, other: Server) -> None:
    assert await read(f"http://{server.here}/x", allow_hosts=[server.here]) == b"isi"
    assert await read(f"http://localhost:{server.port}/", allow_hosts=[f"localhost:{server.port}"]) == b"isi"
    with pytest.raises(ProviderRefused):
        await read(f"http://{other.here}/x", allow_hosts=[server.here])
    assert (server.connections, other.connections) == (2, 0)


async def test_a_redirect_to_the_inside_is_refused(server: Server, other: Server) -> None:
    targets = (f"http://{other.here}/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "")
    for target in targets:
        server.answer = lambda _, to=target: web.Response(status=302, headers={"Location": to})  # type: ignore[misc]
        with pytest.raises(ProviderRefused):
            await read(f"http://{server.here}/x", allow_hosts=[server.here])
    assert other.connections == 0


async def test_at_most_five_redirects(server: Server) -> None:
    server.answer = lambda request: web.Response(status=302, headers={"Location": f"{request.path}0"})
    with pytest.raises(ProviderRefused, match="more than 5"):
        await read(f"http://{server.here}/", allow_hosts=[server.here])
    assert len(server.requests) == 6
    server.answer = lambda request: (
        web.Response(body=b"akhir")
        if request.path == "/00000"
        else web.Response(status=307, headers={"Location": f"{request.path}0"})
    )
    assert await read(f"http://{server.here}/", allow_hosts=[server.here]) == b"akhir"


async def test_credentials_stay_with_the_first_origin(server: Server, other: Server) -> None:
    server.answer = lambda _: web.Response(status=302, headers={"Location": f"http://{other.here}/berkas"})
    allow = [server.here, other.here]
    url = f"http://{server.here}/x"
    assert await read(url, auth=("AC1", "kata"), headers={"X-Kunci": "k"}, allow_hosts=allow) == b"isi"
    assert server.requests[0]["Authorization"] == "Basic " + base64.b64encode(b"AC1:kata").decode()
    assert server.requests[0]["X-Kunci"] == "k"
    assert "Authorization" not in other.requests[0]
    assert "X-Kunci" not in other.requests[0]
    assert "Cookie" not in other.requests[0]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ProviderRefused),
        (404, ProviderRefused),
        (410, ProviderRefused),
        (206, ProviderRefused),
        (408, ProviderUnavailable),
        (429, ProviderUnavailable),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
async def test_an_answer_says_whether_to_come_again(
    server: Server, status: int, error: type[Exception]
) -> None:
    server.answer = lambda _: web.Response(status=status, headers={"Retry-After": "9"})
    with pytest.raises(error) as caught:
        await read(f"http://{server.here}/x?rahasia=1", allow_hosts=[server.here])
    assert "rahasia" not in str(caught.value)
    if isinstance(caught.value, ProviderUnavailable):
        assert caught.value.retry_after == 9


async def test_packed_and_torn_answers_are_no_files(server: Server) -> None:
    server.answer = lambda _: web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    with pytest.raises(ProviderRefused, match="packed"):
        await read(f"http://{server.here}/x", allow_hosts=[server.here])

    def torn(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsepotong")
        request.transport.close()
        return web.Response()

    server.answer = torn
    with pytest.raises(ProviderUnavailable):
        await read(f"http://{server.here}/x", allow_hosts=[server.here])
