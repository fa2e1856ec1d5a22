"""Real recorded answers of the X API: every post in them is read, whatever its shape."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from adapters.base import Accepted, Ignored, NotRead
from adapters.x.parse import parse_body
from adapters.x.post import Us

ROOT = Path(os.environ.get("KANAL_MATERIALS") or Path(__file__).parents[3] / "shared" / "materials")
FOLDER = ROOT / "x" / "search-responses"
US = Us(user_id="100000001", username="AduanContoh")


def bodies(path: Path) -> Iterator[bytes]:
    for exchange in yaml.safe_load(path.read_text())["interactions"]:
        body = exchange["response"]["body"]["string"]
        body = body.encode() if isinstance(body, str) else body
        yield gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


@pytest.mark.materials
@pytest.mark.parametrize(
    ("name", "posts"),
    [
        ("testsearchtweets.json", 15),
        ("test_client_search_recent_tweets.yaml", 10),
        ("test_client_search_all_tweets.yaml", 10),
        ("test_asyncclient_search_recent_tweets.yaml", 10),
        ("test_asyncclient_search_all_tweets.yaml", 10),
    ],
)
def test_every_recorded_post_is_read(name: str, posts: int) -> None:
    if not FOLDER.is_dir():
        pytest.skip("the recorded answers of X are not here")
    items = [item for body in bodies(FOLDER / name) for item in parse_body(body, US)]
    assert len(items) == posts
    assert not [item for item in items if isinstance(item, NotRead)]
    accepted = [item.message for item in items if isinstance(item, Accepted)]
    assert accepted
    assert all(message.text and message.external_id and message.sent_at for message in accepted)
    assert {item.detail for item in items if isinstance(item, Ignored)} <= {"retweet"}


@pytest.mark.materials
def test_what_is_no_post_is_ignored_by_name() -> None:
    if not FOLDER.is_dir():
        pytest.skip("the recorded answers of X are not here")
    for name in ("testsearchusers.json", "testsavedsearches.json", "test_client_search_spaces.yaml"):
        for body in bodies(FOLDER / name):
            items = parse_body(body, US)
            assert items
            assert {type(item) for item in items} == {Ignored}


def test_half_an_emoji_costs_itself_and_not_the_page() -> None:
    body = b'{"data":[{"id":"1","text":"lubang \\ud83d"},{"id":"2","text":"banjir"}]}'
    items = parse_body(body, US)
    assert [item.message.text for item in items if isinstance(item, Accepted)] == ["lubang ?", "banjir"]
