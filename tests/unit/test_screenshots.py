"""No page is without a picture: the route table beside what scripts/screenshots.py draws."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from aiohttp import web

from intake.web import pages

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("playwright")
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "scripts" / "screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["screenshots"] = made  # dataclasses look their module up
    before = list(sys.path)
    spec.loader.exec_module(made)
    sys.path[:] = before
    return made


def routes() -> set[str]:
    """Every address that a browser can ask for, where everything is configured."""
    deps = pages.PageDeps(
        journal=cast("Any", None), files=cast("Any", None), secrets=cast("Any", None), staff=cast("Any", None),
        clock=lambda: datetime.now(UTC), receive=cast("Any", None), walkin_account="loket",
        public_url="http://127.0.0.1:1", secure=False, public_form_account="balai-warga",
    )  # fmt: skip
    app = web.Application()
    pages.mount(app, deps)
    return {
        route.resource.canonical for route in app.router.routes() if route.method == "GET" and route.resource
    }


def test_every_page_of_the_route_table_has_a_picture(script: ModuleType) -> None:
    drawn = {shot.route for shot in script.SHOTS if shot.route}
    assert routes() - script.NOT_PAGES - drawn == set(), "add a Shot to scripts/screenshots.py"
    assert drawn - routes() == set(), "these routes are gone"
    assert set(script.NOT_PAGES) <= routes()
    names = [shot.name for shot in script.SHOTS]
    assert len(names) == len(set(names))


def test_the_pictures_are_those_of_the_script(script: ModuleType) -> None:
    wanted = {f"{shot.name}-{width}-{scheme}.png" for shot in script.SHOTS for width, scheme in script.VIEWS}
    assert {width for width, _ in script.VIEWS} == {320, 1280}
    assert {one.name for one in script.FOLDER.iterdir()} == wanted
    assert max(one.stat().st_size for one in script.FOLDER.iterdir()) < 250_000
