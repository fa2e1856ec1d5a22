"""What a Facebook page and an Instagram account share beyond the door: answers, in private or in public, and mentions.

developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages and
developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies; the limits are
those of developers.facebook.com/documentation/business-messaging/messenger-platform/overview/rate-limiting
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

import structlog
from msgspec import Struct

from adapters.base import Account, Item, Outgoing, Parted, Ports
from adapters.shared.choices import fit, named, numbered
from adapters.shared.meta import MetaAdapter, MetaSettings, Rate
from adapters.shared.meta_batch import Id, text_of
from adapters.shared.meta_mentions import (
    HEARD,
    Mention,
    Wordless,
    Words,
    heard,
    mentions,
    part,
    with_heard,
)
from adapters.shared.meta_text import Begun, pieces
from adapters.shared.pace import Limit, Pace
from normalizer.errors import OutcomeUnknown, ProviderRefused
from normalizer.record import Choice, RawEvent

#: Quick replies below a message, and the characters of each:
#: developers.facebook.com/docs/messenger-platform/reference/buttons/quick-replies
QUICK_REPLIES, QUICK_REPLY = 13, 20

log = structlog.get_logger()


class PageSettings(MetaSettings, frozen=True, kw_only=True):
    """One page or account. Meta takes 300 messages a second, but from 40 on the page's own inbox stands still; 750
    private replies an hour are its limit. For comments it names none: 60 an hour is what does not look like spam.
    """

    messages_per_second: Rate = 40.0
    private_replies_per_hour: Rate = 750.0
    public_replies_per_hour: Rate = 60.0


P = TypeVar("P", bound=PageSettings)


class Post(NamedTuple):
    """Something to send: where, and what."""

    path: str
    content: Mapping[str, Any]


class Sent(Struct, frozen=True):
    """What Meta answers to a message (`message_id`) or a comment (`id`)."""

    message_id: str | None = None
    id: Id | None = None


class PageAdapter(MetaAdapter[P]):
    """One page or account (`Webhook`, `FetchesMedia`, `Runs`, `Replies`, `SetsAside`); a subclass knows its ids."""

    #: How much one private message holds: characters at Messenger, bytes at Instagram.
    text_limit: ClassVar[int]
    text_in_bytes: ClassVar[bool] = False
    buttons: ClassVar[int] = QUICK_REPLIES

    def __init__(self, account: Account, settings: P, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self._messages = Pace(Limit(settings.messages_per_second, 1.0))
        self._private = Pace(Limit(settings.private_replies_per_hour, 3600.0))
        self._public = Pace(Limit(settings.public_replies_per_hour, 3600.0))
        self._begun = Begun()

    def paces(self) -> Iterable[Pace]:
        return (self._messages, self._private, self._public)

    # what a subclass knows

    @property
    def wordless(self) -> Wordless:
        """Tells which changes are mentions whose words have to be asked for."""
        raise NotImplementedError

    def read(self, body: bytes, words: Mapping[str, Words]) -> Sequence[Item]:
        """The pure parser."""
        raise NotImplementedError

    def in_public(self, reply_to: Mapping[str, str], text: str) -> Post | None:
        """A comment that everybody can read; None where `reply_to` is a private conversation."""
        raise NotImplementedError

    def in_private(self, reply_to: Mapping[str, str]) -> Mapping[str, str] | None:
        """The `recipient` of a private reply to something public; None where Meta offers none."""
        raise NotImplementedError

    async def ask(self, mention: Mention) -> Words:
        """The words of a mention. Raises `ProviderUnavailable` or `ProviderRefused`."""
        raise NotImplementedError

    # mentions

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return self.read(raw.body, heard(raw))

    def set_aside(self, raw: RawEvent) -> Parted:
        """`raw` without what has to be prepared before it can be read, and each of that as an event of its own."""
        if not self.settings.access_token:
            return Parted(raw, ())
        return part(raw, self.us, self.wordless)

    async def prepare(self, raw: RawEvent) -> RawEvent:
        """`raw` with the words of its mentions. One that may not be seen stays wordless, with its place.

        Raises `ProviderUnavailable`: then the event waits.
        """
        if HEARD in raw.envelope or not self.settings.access_token:
            return raw
        found: dict[str, Words] = {}
        for mention in mentions(raw.body, self.us, self.wordless):
            try:
                found[mention.id] = await self.ask(mention)
            except ProviderRefused as error:
                log.info("meta_mention_wordless", account=self.account.name, why=error.reason)
        return with_heard(raw, found)

    # answers

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """A message to the citizen, or, when it may be read by all, a comment under theirs.

        The id is of the last message, when a long text needs several.
        """
        self.needs_token()
        post = None if outgoing.private else self.in_public(reply_to, outgoing.text)
        if post is not None:
            await self._public.turn()
            return self._id(await self.graph.post(post.path, post.content, Sent, "public answers"))
        to = {name: reply_to[name] for name in ("recipient_id", "user_ref") if reply_to.get(name)}
        if to:
            recipient = {"id": to["recipient_id"]} if "recipient_id" in to else to
            shown = outgoing.choices if fit(outgoing.choices, QUICK_REPLIES, QUICK_REPLY) else ()
            said = outgoing.text if shown else numbered(outgoing.text, outgoing.choices)
            texts = pieces(said, self.text_limit, in_bytes=self.text_in_bytes)

            async def say(text: str) -> str:
                await self._messages.turn()
                return await self._send(recipient, text, shown if text is texts[-1] else ())

            return await self._begun.send(outgoing.key, texts, say)
        private = self.in_private(reply_to)
        if private is None:
            raise ProviderRefused("Meta offers no private answer there, and this one must not be read by all")
        # Meta takes one private reply, so one piece; the citizen's answer to it opens a conversation.
        said = numbered(outgoing.text, outgoing.choices)
        first = pieces(said, self.text_limit, in_bytes=self.text_in_bytes)[0]
        await self._private.turn()
        return await self._send(private, first)

    async def _send(self, recipient: Mapping[str, str], text: str, choices: Sequence[Choice] = ()) -> str:
        message: dict[str, Any] = {"text": text}
        if choices:
            message["quick_replies"] = [
                {"content_type": "text", "title": choice.label, "payload": named(choice)}
                for choice in choices
            ]
        content = {"recipient": recipient, "messaging_type": "RESPONSE", "message": message}
        return self._id(await self.graph.post("me/messages", content, Sent, "answers"))

    def _id(self, sent: Sent) -> str:
        name = sent.message_id or text_of(sent.id)
        if not name:
            raise OutcomeUnknown("the Graph API took the answer and gave no id")
        return name
