"""Third-party clients against the Open311 server of a real gateway: `georeport` reads it, `schemathesis` tries it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from georeport import GeoReport

from adapters.base import Letter
from tests.gateway_process import GatewayProcess

CONFIG = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"

[[account]]
name = "open311-uji"
adapter = "open311"
[account.settings]
keys = {{ jalanku = "auto:jalanku" }}
jurisdictions = ["jakarta.go.id"]
list_requests = true
"""
#: Inputs for each operation; KANAL_SCHEMATHESIS names more for a longer run.
EXAMPLES = int(os.environ.get("KANAL_SCHEMATHESIS", "8"))
SAID = "Jalan berlubang di depan pasar, Kelurahan Kenari. Hubungi saya di 0812-0000-0001."


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(tmp_path, template=CONFIG)
    await made.start()
    yield made
    await made.stop()


async def file_a_report(gateway: GatewayProcess, number: int = 1) -> str:
    simulator = gateway.simulator("open311-uji")
    await simulator.start()
    try:
        letter = Letter(number=number, text=SAID, sender="Siti Contoh", latitude=-6.1925, longitude=106.8443)
        return await simulator.send(letter)
    finally:
        await simulator.stop()


async def listed(client: GeoReport, ticket: str) -> Any:
    """The request in the list, once its record was made."""
    async with asyncio.timeout(15):
        while True:
            try:
                found = await asyncio.to_thread(client.get_service_requests)
            except TypeError:  # its reader of XML cannot take an empty list
                found = []
            found = found if isinstance(found, list) else [found]
            for request in found:
                if request["service_request_id"] == ticket and request.get("description"):
                    return request
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("output_format", ["json", "xml"])
async def test_georeport_reads_the_server(gateway: GatewayProcess, output_format: str) -> None:
    client = GeoReport(f"{gateway.url}/open311/v2", "jakarta.go.id", output_format=output_format)
    services = await asyncio.to_thread(client.get_service_list)
    codes = {service["service_code"] for service in services}
    assert "jalan_rusak" in codes
    assert all(service["service_name"] and service["type"] == "realtime" for service in services)
    definition = await asyncio.to_thread(client.get_service_definition, "jalan_rusak")
    assert definition["service_code"] == "jalan_rusak"
    ticket = await file_a_report(gateway)
    request = await listed(client, ticket)
    assert request["status"] == "open"
    assert "Jalan berlubang" in request["description"]
    assert "0812" not in str(request)
    assert "Siti" not in str(request)
    one = await asyncio.to_thread(client.get_service_request, ticket)
    assert one["service_request_id"] == ticket


async def test_the_same_report_again_is_the_same_request(gateway: GatewayProcess) -> None:
    first = await file_a_report(gateway)
    assert await asyncio.gather(*(file_a_report(gateway) for _ in range(20))) == [first] * 20
    assert await file_a_report(gateway, 2) != first


#: Lets the generated requests pass the door: what lies behind it is to be tried.
HOOKS = """
import schemathesis

@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict):
        body["api_key"] = KEY
        body["jurisdiction_id"] = "jakarta.go.id"
        if context.operation.path.startswith("/requests") and len(str(body)) % 2:
            body |= {"service_code": "jalan_rusak", "lat": "-6.1925", "long": "106.8443"}
            body.setdefault("description", "Jalan berlubang")
    return body

@schemathesis.hook
def map_query(context, query):
    if isinstance(query, dict) and "jurisdiction_id" in query:
        query["jurisdiction_id"] = "jakarta.go.id"
    return query
"""


@pytest.mark.parametrize("inside", [False, True], ids=["strangers", "with-a-key"])
async def test_schemathesis_finds_no_server_error(
    gateway: GatewayProcess, tmp_path: Path, inside: bool
) -> None:
    key = (gateway.folder / "data" / "secrets" / "jalanku").read_text()
    (tmp_path / "hooks.py").write_text(HOOKS.replace("KEY", repr(key)) if inside else "")
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{gateway.url}/open311/v2/openapi.json",
        "--checks", "not_a_server_error", "--max-examples", str(EXAMPLES), "--seed", "2611",
        "--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color",
        cwd=tmp_path, env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(120 + 20 * EXAMPLES):
        out, _ = await process.communicate()
    told = out.decode()
    assert process.returncode == 0, told[-6000:]
    assert "Selected: 16/16" in told, told[-3000:]
    if inside:
        taken = (await gateway.run("consume", "--json"))[1]
        assert taken.count('"complaint_id"') > 0, "some of what was generated was a right report"
    assert (await gateway.health())["status"] in ("ready", "degraded")
