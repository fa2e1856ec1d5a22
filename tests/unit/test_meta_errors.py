"""Each class of the Graph API's errors: tried again, held, waiting for the operator, or final."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.meta_errors import LIMIT_WAIT, GraphError, Told, ended, told
from normalizer.errors import NeedsOperator, ProviderError, ProviderRefused, ProviderUnavailable

WHERE = "account.x.settings"


def meant(status: int, headers: dict[str, str] | None = None, **error: Any) -> Told:
    body = json.dumps({"error": {"message": "SECRET kutipan warga", "fbtrace_id": "A", **error}}).encode()
    found = told(WHERE, status, body, headers or {}, "answers")
    assert "SECRET" not in str(found.error)
    assert "SECRET" not in str(found.trouble)
    return found


@pytest.mark.parametrize("code", [1, 2, 341, 131000, 131016, 133004])
def test_metas_own_trouble_passes(code: int) -> None:
    found = meant(500, code=code)
    assert type(found.error) is ProviderUnavailable
    assert (found.trouble, found.hold) == (None, 0.0)


@pytest.mark.parametrize(
    ("status", "error"), [(500, {}), (503, {}), (408, {}), (400, {"is_transient": True})]
)
def test_what_is_transient_is_tried_again(status: int, error: dict[str, Any]) -> None:
    assert type(meant(status, **error).error) is ProviderUnavailable


@pytest.mark.parametrize(
    ("status", "code"), [(400, 4), (400, 17), (400, 32), (400, 613), (400, 80007), (400, 130429), (429, 0)]
)
def test_too_often_holds_the_account(status: int, code: int) -> None:
    found = meant(status, code=code)
    assert isinstance(found.error, ProviderUnavailable)
    assert found.hold == found.error.retry_after == LIMIT_WAIT


def test_too_often_for_one_person_holds_nobody_else() -> None:
    found = meant(400, code=131056)
    assert isinstance(found.error, ProviderUnavailable)
    assert (found.error.retry_after, found.hold) == (LIMIT_WAIT, 0.0)


def usage(*minutes: Any) -> str:
    return json.dumps({"1": [{"type": "messenger", "estimated_time_to_regain_access": m} for m in minutes]})


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "0", "X-Business-Use-Case-Usage": usage(5)}, 0.0),
        ({"Retry-After": "-1"}, LIMIT_WAIT),
        ({"Retry-After": "soon"}, LIMIT_WAIT),
        ({"Retry-After": "9" * 30}, LIMIT_WAIT),
        ({"X-Business-Use-Case-Usage": usage(2, 5)}, 300.0),
        ({"X-Business-Use-Case-Usage": usage(0)}, LIMIT_WAIT),
        ({"X-Business-Use-Case-Usage": usage("x")}, LIMIT_WAIT),
        ({"X-Business-Use-Case-Usage": "["}, LIMIT_WAIT),
        ({"X-Business-Use-Case-Usage": "{}"}, LIMIT_WAIT),
        ({}, LIMIT_WAIT),
    ],
)
def test_the_wait_is_the_one_that_meta_names(headers: dict[str, str], wait: float) -> None:
    found = meant(429, headers, code=4)
    assert isinstance(found.error, ProviderUnavailable)
    assert (found.error.retry_after, found.hold) == (wait, wait)


@pytest.mark.parametrize(
    ("subcode", "why"),
    [
        (463, "expired"),
        (460, "password"),
        (458, "removed the app"),
        (467, "revoked"),
        (None, "expired or was"),
    ],
)
def test_a_token_that_ended_waits_for_the_operator(subcode: int | None, why: str) -> None:
    found = meant(400, code=190, error_subcode=subcode)
    assert isinstance(found.error, NeedsOperator)
    assert found.error.retry_after
    assert found.trouble is not None
    name, words = found.trouble
    assert name == "token"
    assert why in words
    assert f"{WHERE}.access_token" in words
    assert words == ended(WHERE, GraphError(code=190, error_subcode=subcode))


def test_a_401_without_a_code_is_the_token_too() -> None:
    assert isinstance(told(WHERE, 401, b"", {}, "files").error, NeedsOperator)


@pytest.mark.parametrize("code", [368, 131031, 131037, 131042, 131045, 133010])
def test_a_locked_account_waits_for_the_operator(code: int) -> None:
    found = meant(400, code=code)
    assert isinstance(found.error, NeedsOperator)
    assert found.trouble is not None
    assert found.trouble[0] == "account for answers"


@pytest.mark.parametrize("code", [3, 10, 200, 230, 299])
def test_a_missing_permission_is_named_by_what_it_was_for(code: int) -> None:
    found = meant(403, code=code)
    assert isinstance(found.error, ProviderRefused)
    assert found.trouble is not None
    assert found.trouble[0] == "permission for answers"


@pytest.mark.parametrize(
    ("code", "subcode", "words"),
    [
        (131047, None, "24 hours"),
        (10, 2018278, "24 hours"),
        (10, 2534022, "24 hours"),
        (131026, None, "cannot deliver"),
        (131030, None, "test number"),
        (551, None, "cannot be reached"),
        (100, 2018001, "cannot be reached"),
        (200, 1545041, "cannot be reached"),
        (10900, None, "once"),
        (10903, None, "seven days"),
        (100, 33, "gone"),
        (131052, None, "could not fetch"),
        (100, None, "error 100"),
        (131009, None, "error 131009"),
        (999999, None, "error 999999"),
    ],
)
def test_what_concerns_one_message_or_person_is_final_and_nobodys_trouble(
    code: int, subcode: int | None, words: str
) -> None:
    found = meant(400, code=code, error_subcode=subcode)
    assert isinstance(found.error, ProviderRefused)
    assert words in found.error.reason
    assert (found.trouble, found.hold) == (None, 0.0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=40)
    | st.builds(lambda e: json.dumps({"error": e}).encode(), JSON)
    | st.builds(
        lambda c, s: json.dumps({"error": {"code": c, "error_subcode": s}}).encode(), st.integers(), JSON
    ),
    headers=st.dictionaries(
        st.sampled_from(["Retry-After", "X-Business-Use-Case-Usage"]),
        st.text(max_size=12) | st.builds(json.dumps, JSON),
    ),
)
def test_whatever_meta_answers_has_a_meaning(status: int, body: bytes, headers: dict[str, str]) -> None:
    found = told(WHERE, status, body, headers, "answers")
    assert isinstance(found.error, ProviderError)
    assert found.hold >= 0
