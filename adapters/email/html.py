"""HTML of mails as plain text: paragraphs, lists and table cells apart; scripts and hidden parts left out.

Lexbor builds the tree, but three of HTML5's rules let a crafted megabyte run for minutes or fill gigabytes: deep
nesting, formatting elements that are opened anew in every paragraph, and their adoption. So the tags are tamed
in one linear pass before: formatting becomes `span`, and what nests too deep becomes a line break. No text is lost.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 128

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
#: Elements that never hold others, or that their next sibling closes.
_SHALLOW = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
    ]
)
_DROPPED = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "svg",
        "iframe",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
        "li",
    ]
)
_PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"])
_HIDDEN = re.compile(
    r"(display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(px)?\s*[;!]"
    r"|font-size\s*:\s*[01](px|pt)?\s*([;!]|$)|opacity\s*:\s*0\s*([;!]|$))",
    re.IGNORECASE,
)
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f")
_SPACES = re.compile(r"[ \t\n\r\f\u00a0]+")


def to_text(html: str) -> tuple[str, bool]:
    """The text that a reader of `html` sees, and whether it was cut at the cap."""
    cut = len(html) > MAX_BYTES
    tree = LexborHTMLParser(_tame(html[:MAX_BYTES]))
    writer = _Writer()
    root = tree.root
    if root is not None:
        _walk(root, writer)
    return writer.text(), cut


def _tame(html: str) -> str:
    depth = over = 0

    def rewrite(match: re.Match[str]) -> str:
        nonlocal depth, over
        closing, name = match[1], match[2].lower()
        if name in _SHALLOW:
            return match[0]
        if name in _FORMATTING:
            name = "span"
        if not closing:
            if depth >= MAX_DEPTH:
                over += 1
                return "<br"
            depth += 1
        elif over:
            over -= 1
            return "<br"
        elif depth:
            depth -= 1
        return f"<{closing}{name}"

    return _TAG.sub(rewrite, html)


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Depth first without recursion: a node is entered, its children follow, then it is left."""
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        child = node.child if _enter(node, tag, writer) else None
        if child is not None:
            node = child
            continue
        _leave(tag, writer)
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return
            _leave(node.tag or "", writer)
        if node is not None:
            node = node.next


def _enter(node: LexborNode, tag: str, writer: _Writer) -> bool:
    """Write what `node` begins with; whether its children are to be read."""
    if tag == "-text":
        writer.words(node.text_content or "", writer.preformatted > 0)
        return False
    if tag in _DROPPED or tag.startswith("-"):
        return tag == "-document"
    attributes = node.attributes
    style = attributes.get("style") or ""
    if "hidden" in attributes or (style and _HIDDEN.search(style)):
        return False
    if tag == "br":
        writer.line()
    elif tag == "li":
        writer.line(at_least=True)
        writer.words("- ", True)
    elif tag in ("td", "th"):
        writer.cell()
    elif tag == "blockquote" or tag in _PARAGRAPHS:
        writer.paragraph()
    elif tag in _BLOCKS:
        writer.line(at_least=True)
    if tag == "pre":
        writer.preformatted += 1
    return True


def _leave(tag: str, writer: _Writer) -> None:
    if tag == "pre":
        writer.preformatted = max(writer.preformatted - 1, 0)
    if tag in _PARAGRAPHS:
        writer.paragraph()
    elif tag in _BLOCKS:
        writer.line(at_least=True)


class _Writer:
    """Collects words into lines; asks for line breaks are joined, so that blocks within blocks leave no holes."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._line: list[str] = []
        self._space = False
        self._blank = 0
        self.preformatted = 0

    def words(self, text: str, verbatim: bool = False) -> None:
        text = text.translate(_INVISIBLE)
        if verbatim:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for line in rest:
                self.line()
                self._line.append(line)
            return
        collapsed = _SPACES.sub(" ", text)
        if collapsed in ("", " "):
            self._space = self._space or bool(collapsed)
            return
        if (self._space or collapsed[0] == " ") and self._line and not self._line[-1].endswith((" ", "\t")):
            self._line.append(" ")
        self._line.append(collapsed.strip(" "))
        self._space = collapsed[-1] == " "

    def line(self, at_least: bool = False) -> None:
        """End the line. `at_least`: only if there is one."""
        self._space = False
        text = "".join(self._line).rstrip()
        self._line.clear()
        if text:
            self._out.append(text)
            self._blank = 0
        elif not at_least and self._blank < 1 and self._out:
            self._out.append("")
            self._blank += 1

    def paragraph(self) -> None:
        self.line(at_least=True)
        if self._out and self._out[-1]:
            self._out.append("")
            self._blank = 1

    def cell(self) -> None:
        if "".join(self._line).strip():
            self._line.append("\t")
            self._space = False

    def text(self) -> str:
        self.line(at_least=True)
        return "\n".join(self._out).strip("\n")
