"""What the bot says: as a reply in the chat, or to the person alone when others would read along.

Telegram takes about thirty messages a second, one a second in a chat, twenty a minute in a group, and says how long
to wait when it was too many. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.base import Outgoing
from adapters.shared.pace import Limit, Pace
from adapters.telegram.api import BotApi
from normalizer.errors import Misconfigured, NeedsOperator, ProviderRefused, ProviderUnavailable

#: The longest message, in UTF-16 units, in which Telegram counts.
LONGEST = 4096
#: We space calls this much wider than the limit, since the network moves them together.
_MARGIN = 1.1
#: Seconds after which an answer that only the operator can make possible is tried again.
_OPERATORS_TIME = 900.0


class Speaker:
    """Sends replies in turn. Groups have a pace of their own before that of all chats."""

    def __init__(self, api: BotApi, per_second: int) -> None:
        self._api = api
        # Evenly, one by one: a bucket of thirty would let sixty through in its first second.
        self._all = Pace(Limit(1, _MARGIN / per_second), each=(Limit(1, _MARGIN),))
        self._groups = Pace(each=(Limit(20, 60.0),))

    async def say(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """As `Replies.reply`."""
        chat, message = reply_to.get("chat_id", ""), reply_to.get("message_id", "")
        topic = reply_to.get("message_thread_id", "")
        if _is_group(chat) and outgoing.private:
            chat, message, topic = reply_to.get("user_id", ""), "", ""
        if not chat:
            raise ProviderRefused("the words are private, and the person is not known")
        text = cut(outgoing.text)
        if not text:
            raise ProviderRefused("there is nothing to say")
        if _is_group(chat):
            await self._groups.turn(chat)
        await self._all.turn(chat)
        try:
            return await self._api.send(chat, text, message, topic, outgoing.choices)
        except Misconfigured as error:
            # It is the operator's turn (the account's trouble says so); the citizen's answer waits for it.
            raise NeedsOperator(error.problem, _OPERATORS_TIME) from None
        except ProviderUnavailable as error:
            if error.retry_after:
                (self._groups if _is_group(chat) else self._all).hold(error.retry_after)
            raise


def cut(text: str) -> str:
    """`text` as one message: whole, or up to the last whole word that Telegram takes, and an ellipsis."""
    text = text.strip()
    if _units(text) <= LONGEST:
        return text
    short = text.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore")
    space = max(short.rfind(" "), short.rfind("\n"))
    return (short[:space] if space > len(short) - 200 else short).rstrip() + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_group(chat: str) -> bool:
    """https://core.telegram.org/api/bots/ids: groups, supergroups and channels have negative numbers."""
    return chat.startswith("-")
