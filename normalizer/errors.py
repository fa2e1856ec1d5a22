"""Every error that crosses a module's border, as one small closed tree.

    KanalError
    ├── Rejected                   the sender's fault; retrying the same bytes cannot help
    │   ├── Malformed              names the field and the cure; HTTP 400
    │   │   └── InvalidForm        a form a person filled in: every wrong field at once; HTTP 422
    │   ├── TooLarge               HTTP 413, SMTP 552
    │   └── Forged                 signature, token or sender address does not prove itself; HTTP 403
    ├── Unreadable                 authentic, yet our parser cannot read it: quarantined whole, answered 200
    ├── Unavailable                our own failure, retry later; HTTP 503 with Retry-After, SMTP 451
    │   ├── StorageFull            the disk is full; SMTP 452
    │   └── Overloaded             refused before any work was done; SMTP 452
    ├── ProviderError              the way out or a media fetch failed
    │   ├── ProviderUnavailable    retryable, with the provider's own wait if it named one
    │   │   ├── OutcomeUnknown     it may have been done all the same: the answer never came
    │   │   └── NeedsOperator      only a person can mend it: a dead token, a locked account
    │   └── ProviderRefused        permanent: bot blocked, media gone, address bounces
    ├── Misconfigured              a wrong setting, with the cure; only at start
    └── Damaged                    a stored body does not decrypt, or does not match its hash

Each error knows whether trying again can help (`retryable`) and whether its text may be shown to the sender
(`public`). The text of an error never holds a secret, nor the value that a signature should have had.

What a person at the command line may meet is said as a `Sentence` (`normalizer/sentence.py`): an English sentence with
named values, which `words.id.toml` beside the raising code has in Indonesian too. `str()` of an error is English.
"""

from __future__ import annotations

from normalizer.sentence import Sentence


class KanalError(Exception):
    """Base of the tree."""

    retryable: bool = False
    public: bool = False

    def __init__(self, reason: str | Sentence = "", /, **values: object) -> None:
        self.words = Sentence.of(reason, values)
        super().__init__(str(self.words))


class Rejected(KanalError):
    """The sender's fault: the same bytes will be refused again."""

    public = True
    http_status = 400


class Malformed(Rejected):
    """A field that is missing or wrong. `field` is its name as the sender wrote it; `cure` says what to send."""

    def __init__(
        self, field: str, problem: str | Sentence, cure: str | Sentence, /, **values: object
    ) -> None:
        self.told = Sentence.of(problem, values), Sentence.of(cure, values)
        self.field, self.problem, self.cure = field, str(self.told[0]), str(self.told[1])
        super().__init__(
            Sentence("{field}: {problem}. {cure}", field=field, problem=self.told[0], cure=self.told[1])
        )


class InvalidForm(Malformed):
    """Every wrong field of a form that a person filled in: (field, key of the problem's text) in page order."""

    http_status = 422

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(problems[0][0], problems[0][1], "Correct the fields that are named")
        self.problems = problems


class TooLarge(Rejected):
    """More bytes than the door takes. `limit` and `size` are bytes; `size` is None when it was cut off."""

    http_status = 413

    def __init__(self, limit: int, size: int | None = None) -> None:
        super().__init__(f"larger than the limit of {limit} bytes")
        self.limit, self.size = limit, size


class Forged(Rejected):
    """The raw event does not prove where it comes from. The reason is for our log, never for the sender."""

    public = False
    http_status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreadable(KanalError):
    """Authentic, yet not understood. The raw event is kept whole and waits for an operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(KanalError):
    """Our own failure. `retry_after` is in seconds."""

    retryable = True
    public = True

    def __init__(self, reason: str | Sentence, /, retry_after: int = 5, **values: object) -> None:
        super().__init__(reason, **values)
        self.reason, self.retry_after = str(self.words), retry_after


class StorageFull(Unavailable):
    """No room left on the journal's disk."""


class Overloaded(Unavailable):
    """More work waits than the memory bound allows."""


class ProviderError(KanalError):
    """A provider's server did not do what was asked of it."""


class ProviderUnavailable(ProviderError):
    """Worth another try after `retry_after` seconds (None: our own backoff decides)."""

    retryable = True

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class OutcomeUnknown(ProviderUnavailable):
    """The provider was asked and its answer never came: another try may repeat what was done."""


class NeedsOperator(ProviderUnavailable):
    """Only the operator can mend it (a token that ended, an account that is locked): it waits, however long.

    Such an attempt is not counted, so nothing is given up while nobody looks. The account's health says what to do.
    """


class ProviderRefused(ProviderError):
    """Final: another try would get the same answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misconfigured(KanalError):
    """A setting that cannot work. `setting` is its dotted name; `cure` says what to write instead.

    `problem` and `cure` are English; `told` holds both as `Sentence`, in which `values` are put in.
    """

    public = True

    def __init__(
        self, setting: str, problem: str | Sentence, cure: str | Sentence, /, **values: object
    ) -> None:
        self.told = Sentence.of(problem, values), Sentence.of(cure, values)
        self.setting, self.problem, self.cure = setting, str(self.told[0]), str(self.told[1])
        super().__init__(
            Sentence(
                "{setting}: {problem}\n  cure: {cure}",
                setting=setting,
                problem=self.told[0],
                cure=self.told[1],
            )
        )


class Damaged(KanalError):
    """Stored bytes that are not what was stored."""
