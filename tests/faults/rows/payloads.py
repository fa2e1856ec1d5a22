"""Sixty texts that become a program where somebody forgot to escape them, and the browser's eye that notices.

Each calls `alert`. They are of every context: between tags, in an attribute with any quotes, in an address, in a
script, a comment, a title, a textarea, and what old filters and template engines let through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape

from playwright.async_api import Browser, BrowserContext, Dialog, Page
from playwright.async_api import Error as BrowserError

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script >alert(1)</script >",
    "<script/x>alert(1)</script>",
    "</p><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</noscript><script>alert(1)</script>",
    "</select><img src=x onerror=alert(1)>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<IMG SRC=x ONERROR=alert(1)>",
    "<img src=x onerror='alert(1)'>",
    "<img src=x onerror=\"alert(1)\">",
    "<img src=x onerror=alert`1`>",
    "<img src=x onerror=&#97;lert(1)>",
    "<img src=x\tonerror=alert(1)>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><set onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<body onpageshow=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<iframe src=javascript:parent.alert(1)></iframe>",
    "<iframe onload=alert(1)></iframe>",
    "<object data=x onerror=alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<video src=x onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)></audio>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)></select>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<a href=javascript:alert(1)>lihat foto</a>",
    "<a href=\"java\tscript:alert(1)\">lihat foto</a>",
    "<form action=javascript:alert(1)><button>kirim</button></form>",
    "<form><button formaction=javascript:alert(1)>kirim</button></form>",
    "<style>@keyframes x{}</style><b style=\"animation-name:x;animation-duration:1s\" onanimationstart=alert(1)>x</b>",
    "<link rel=stylesheet href=x onerror=alert(1)>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\"><img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" autofocus onfocus=alert(1) x=\"",
    "' autofocus onfocus=alert(1) x='",
    "x autofocus onfocus=alert(1)",
    "javascript:alert(1)",
    "';alert(1);//",
    "\";alert(1);//",
    "</script><script>alert(1)</script>",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}<img src=x onerror=alert(1)>",
)  # fmt: skip
assert len(PAYLOADS) == len(set(PAYLOADS)) == 60

#: Pages on which somebody forgot to escape: where each payload has to be noticed, or the eye is blind.
CARELESS = (
    "<p>{}</p>", '<input value="{}">', "<input value='{}'>", "<input value={}>", "<textarea>{}</textarea>",
    "<title>{}</title>", "<!-- {} -->", "<a href='{}'>lihat</a>", "<script>var x = '{}';</script>",
    '<script>var x = "{}";</script>', "<script>var x = `{}`;</script>", "<select><option>{}</option></select>",
)  # fmt: skip

#: What a page holds that could only come from a payload: handlers, scripts in it, addresses that are programs.
_LOOK = """() => {
  const found = [];
  for (const one of document.querySelectorAll('*')) {
    for (const { name, value } of one.attributes) {
      if (name.startsWith('on')) found.push(`${one.tagName} ${name}`);
      const program = ['href', 'src', 'action', 'formaction', 'data', 'srcdoc', 'xlink:href'].includes(name);
      if (program && /^(javascript|vbscript|data):|<script/i.test(value.replace(/[\\s\\0]/g, '')))
        found.push(`${one.tagName} ${name}`);
    }
    if (one.tagName.toUpperCase() === 'SCRIPT' && !one.getAttribute('src')) found.push('SCRIPT');
    if (['IFRAME', 'OBJECT', 'EMBED', 'MATH'].includes(one.tagName.toUpperCase())) found.push(one.tagName);
  }
  return found;
}"""
_TELL = (
    "document.addEventListener('securitypolicyviolation', e => console.log('POLICY', e.violatedDirective));"
)


#: Chromium's renderer may die of its own after more than a thousand pages: the look begins anew after so many.
_PAGES = 300


@dataclass
class Eye:
    """A page, and whatever was amiss on it: what ran, what was there that could have, and what the policy stopped."""

    context: BrowserContext
    page: Page
    policy: bool
    amiss: list[str] = field(default_factory=list)
    pages: int = 0
    crashes: int = 0
    _shown: int = 0

    async def open(self, url: str) -> str:
        """Open a page and look at it; its text. What a dying renderer had not shown is opened once more."""
        if self._shown >= _PAGES:
            await self._anew()
        self._shown += 1
        try:
            await self.page.goto(url)
        except BrowserError as error:
            if "crashed" not in str(error):
                raise
            self.crashes += 1
            await self._anew()
            await self.page.goto(url)
        return await self.look(url)

    async def _anew(self) -> None:
        """The same browser's next tab: it is signed in as the last one was."""
        await self.page.close()
        self.page = await self.context.new_page()
        self._shown = 0
        self.watch()

    def watch(self) -> None:
        self.page.on("dialog", self.ran)
        self.page.on("console", lambda message: self.said(message.text))

    async def show(self, html: str) -> bool:
        """Whether anything was noticed on a page of one's own."""
        self.amiss.clear()
        await self.page.set_content(html)
        await self.look("")
        seen, self.amiss = bool(self.amiss), []
        return seen

    async def look(self, where: str) -> str:
        """Look at the page as it is now."""
        self.pages += 1
        self.amiss += [f"{where}: {one}" for one in await self.page.evaluate(_LOOK)]
        return await self.page.evaluate("document.documentElement.textContent") or ""

    async def ran(self, dialog: Dialog) -> None:
        self.amiss.append(f"{self.page.url}: it ran: {dialog.message}")
        await dialog.dismiss()

    def said(self, text: str) -> None:
        if text.startswith("POLICY") or "Content Security Policy" in text:
            self.amiss.append(f"{self.page.url}: {text}")


@asynccontextmanager
async def looking(chromium: Browser, *, policy: bool) -> AsyncIterator[Eye]:
    """Somebody's browser; with `policy` False it heeds no Content-Security-Policy."""
    context: BrowserContext = await chromium.new_context(bypass_csp=not policy, service_workers="block")
    await context.add_init_script(_TELL)
    eye = Eye(context, await context.new_page(), policy)
    eye.watch()
    try:
        yield eye
    finally:
        await context.close()


async def unseen(eye: Eye) -> list[str]:
    """The payloads that the eye notices on none of the careless pages."""
    missed = []
    for payload in PAYLOADS:
        for careless in CARELESS:
            if await eye.show(careless.replace("{}", payload)):
                break
        else:
            missed.append(payload)
    assert not await eye.show(f"<p>{escape(''.join(PAYLOADS))}</p>"), "and nothing where they are escaped"
    return missed
