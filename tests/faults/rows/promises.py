"""Every promise of reliability and security, in the order in which they were made, and what tests each of them.

`make soak` and docs/reliability.md take the rows from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.faults.rows import (
    broker,
    cluster,
    damage,
    disk_full,
    fault_points,
    forged,
    gateways,
    guesses,
    hostile,
    kill_gateway,
    mutants,
    odd_texts,
    orders,
    personal,
    poison,
    retries,
    steady,
    stored_scripts,
)
from tests.faults.rows.row import Row

_ALL = (
    kill_gateway.ROW,
    gateways.ROW,
    fault_points.ROW,
    orders.ROW,
    *broker.ROWS,
    cluster.ROW,
    damage.ROW,
    disk_full.ROW,
    poison.ROW,
    retries.ROW,
    *hostile.ROWS,
    mutants.ROW,
    forged.ROW,
    stored_scripts.ROW,
    odd_texts.ROW,
    personal.ROW,
    *guesses.ROWS,
    *steady.ROWS,
)
ROWS: dict[str, Row] = {row.name: row for row in _ALL}


@dataclass(frozen=True)
class Promise:
    """One promise and where it is put to the test: `rows` of this folder, and `tests` below tests/, which hold at
    every `make test`; `lacking` says what no test shows yet."""

    test: str
    rows: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    lacking: str = ""


PROMISES: tuple[Promise, ...] = (
    Promise("kill -9 of the gateway at random instants", ("kill-gateway",), ("faults/test_journal_sync.py",)),
    Promise(
        "two gateways, one killed in mid-flight",
        ("kill-gateway-of-two",),
        ("integration/test_two_gateways.py",),
    ),
    Promise("death at each step of the way in and out", ("fault-points",)),
    Promise("any order of steps, faults and deaths", ("orders",), ("faults/test_orders.py",)),
    Promise("kill -9 of RabbitMQ under load", ("kill-broker",), ("faults/test_broker_faults.py",)),
    Promise(
        "kill -9 of one node of a RabbitMQ cluster",
        ("kill-cluster-node",),
        ("integration/test_broker_hosts.py", "integration/test_publisher_cluster.py"),
    ),
    Promise("RabbitMQ stalled by SIGSTOP", ("stall-broker",), ("faults/test_broker_faults.py",)),
    Promise("RabbitMQ down for 10 minutes", ("broker-down",), ("faults/test_broker_faults.py",)),
    Promise(
        "memory alarm; unroutable message", ("broker-alarm", "unroutable"), ("integration/test_publisher.py",)
    ),
    Promise(
        "the sync comes before the answer, and what was not synced is thrown away",
        (),
        ("faults/test_sync_before_answer.py", "faults/test_journal_sync.py", "faults/test_power_cut.py"),
    ),
    Promise("disk full", ("disk-full",), ("faults/test_journal_sync.py",)),
    Promise(
        "journal damaged (bit flips, torn tail)",
        ("journal-damage",),
        ("unit/test_sqlite_damage.py", "unit/test_sqlite_mending.py", "unit/test_sqlite_salvage.py"),
    ),
    Promise(
        "poison record",
        ("poison",),
        ("integration/test_spine.py",),
    ),
    Promise("webhook latency", ("webhook-latency",)),
    Promise("soak", ("soak",)),
    Promise(
        "slow loris, HTTP and SMTP",
        ("slow-loris",),
        (
            "integration/test_email_smtp.py::test_a_slow_talker_is_closed_and_others_are_served",
            "integration/test_connections.py",
        ),
    ),
    Promise("SMTP: DATA without CRLF, 300 MiB", ("endless-mail",), ("integration/test_email_memory.py",)),
    Promise(
        "SMTP: 40 MiB body, 5,000 recipients, 1,000 NOOP, a 20,000-character line",
        (),
        (
            "integration/test_email_smtp.py::test_the_size_decides_between_memory_spool_and_refusal",
            "integration/test_email_smtp.py::test_too_many_recipients_and_idle_commands",
            "integration/test_email_smtp.py::test_a_mail_is_kept_as_received_before_the_answer",
        ),
    ),
    Promise(
        "smuggling, bare LF, STARTTLS injection",
        (),
        (
            "integration/test_email_smtp.py::test_no_other_end_of_data_smuggles_a_second_mail",
            "integration/test_email_smtp.py::test_starttls_drops_what_was_injected_in_the_clear",
        ),
    ),
    Promise("open relay", (), ("integration/test_email_smtp.py::test_nothing_is_relayed_in_any_disguise",)),
    Promise(
        "MIME bombs and fuzz",
        ("mail-mutants",),
        (
            "unit/test_email_reading.py::test_bombs_are_read_within_bounds",
            "unit/test_email_reading.py::test_no_bytes_crash_the_parser",
        ),
    ),
    Promise(
        "HTML bombs, crafted regex input, zip bomb, 1.2-gigapixel PNG",
        (),
        (
            "unit/test_email_reading.py::test_crafted_html_loses_no_text_and_no_time",
            "unit/test_norm_steps.py::test_no_crafted_text_holds_the_steps_up",
            "unit/test_norm_steps.py::test_sniff_takes_no_time_on_crafted_files",
            "integration/test_hostile_files.py::test_each_is_ended_in_time_and_memory",
        ),
    ),
    Promise(
        "Unicode: surrogates, NUL, bidi, invalid UTF-8, emoji",
        ("odd-texts",),
        (
            "unit/test_norm_steps.py::test_cleaning_is_idempotent_and_valid",
            "unit/test_norm_pipeline.py::test_no_text_makes_a_step_fail",
            "unit/test_meta_door.py::test_half_an_emoji_costs_nobody_a_word",
        ),
    ),
    Promise(
        "oversized JSON, [ x 100,000, NaN, gzip bomb",
        ("hostile-json",),
        (
            "integration/test_app_reports.py::test_hostile_json",
            "unit/test_x_mutations.py::test_depth_and_length_are_no_weapon",
        ),
    ),
    Promise(
        "forged, absent, truncated, wrong-body signatures",
        ("forged",),
        (
            "contract/test_adapters.py::test_without_its_proof_the_same_event_is_forged",
            "contract/test_doors.py::test_over_http_refusals_tell_a_forger_nothing",
            "integration/test_app_reports.py::test_a_thousand_forged_truncated_or_late_signatures_are_refused",
            "integration/test_balai_warga.py::test_a_thousand_forged_requests_are_refused",
        ),
    ),
    Promise(
        "replay of the same provider event",
        ("retries", "forged"),
        ("contract/test_doors.py", "integration/test_app_reports.py"),
    ),
    Promise(
        "parallel retries of one event",
        ("retries",),
        (
            "contract/test_doors.py::test_fifty_repetitions_at_once_make_nothing_twice",
            "integration/test_spine.py::test_fifty_parallel_retries_are_one_complaint",
        ),
    ),
    Promise("SSRF by media URL", (), ("unit/test_media_guard.py",)),
    Promise(
        "path traversal, NUL, reserved and 4 KB file names",
        (),
        (
            "unit/test_email_reading.py::test_file_names_are_only_for_showing",
            "unit/test_private_files.py::test_a_name_cannot_leave_the_folder",
            "unit/test_files.py::test_neither_name_nor_bytes_betray_the_content",
        ),
    ),
    Promise(
        "header injection into replies", (), ("unit/test_email_replies.py::test_no_header_can_be_slipped_in",)
    ),
    Promise("auto-reply loop", (), ("unit/test_loops.py", "unit/test_email_replies.py")),
    Promise(
        "stored XSS on every page",
        ("stored-scripts",),
        (
            "integration/test_web_pages.py::test_what_people_type_is_never_markup",
            "integration/test_web_pages.py::test_every_page_bears_the_security_headers",
        ),
    ),
    Promise(
        "CSV and spreadsheet injection in exports",
        (),
        ("integration/test_desk_day.py::test_no_cell_is_a_formula",),
    ),
    Promise(
        "CSRF, session fixation, logout, idle timeout",
        (),
        (
            "integration/test_web_pages.py::test_a_form_without_its_token_is_refused",
            "integration/test_web_pages.py::test_an_id_that_somebody_planted_is_never_signed_in",
            "integration/test_web_pages.py::test_a_session_ends_when_it_idles_and_when_it_is_old",
        ),
    ),
    Promise(
        "brute force on sign-in; user enumeration",
        ("sign-in-guesses",),
        (
            "integration/test_web_pages.py::test_ten_guesses_and_no_more_even_at_once",
            "integration/test_web_pages.py::test_an_unknown_user_looks_and_lasts_like_a_wrong_password",
        ),
    ),
    Promise(
        "one office reading another's entries; guessing tracking codes",
        ("code-guesses",),
        (
            "integration/test_web_pages.py::test_another_office_sees_nothing",
            "integration/test_web_pages.py::test_a_ticket_needs_its_pin_and_guesses_are_few",
        ),
    ),
    Promise(
        "planted personal data and tokens",
        ("planted-personal-data",),
        (
            "contract/test_secrets.py",
            "unit/test_logs.py",
            "integration/test_person.py",
            "contract/test_journal_erasing.py",
        ),
        "backups are not erased: they go when they are replaced",
    ),
    Promise(
        "WCAG 2.2 AA",
        (),
        (
            "browser/test_web_browser.py::test_every_page_is_open_to_everybody",
            "browser/test_balai_warga_browser.py",
            "browser/test_place_browser.py",
            "browser/test_desk_browser.py",
            "browser/test_desk_offline_browser.py",
            "browser/test_console_browser.py",
            "browser/test_mending_browser.py",
        ),
    ),
)


def table() -> str:
    """The part of the page that says where each promise is tested."""
    lines = [
        "\n## Where each promise is tested\n",
        "Rows as above; the tests hold at every `make test`.\n",
        "| promise | rows | tests | not shown yet |\n|---|---|---|---|",
    ]
    for promise in PROMISES:
        rows = ", ".join(f"`{name}`" for name in promise.rows)
        files = dict.fromkeys(name.partition("::")[0] for name in promise.tests)
        tests = ", ".join(f"[{Path(name).stem.removeprefix('test_')}](../tests/{name})" for name in files)
        lines.append(f"| {promise.test} | {rows} | {tests} | {promise.lacking} |")
    return "\n".join(lines) + "\n"
