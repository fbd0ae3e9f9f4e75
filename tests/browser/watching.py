"""What a page does that it must not: errors, requests to elsewhere, broken policies, dialogs.

Load with ``runpy.run_path``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(
  `policy violated: ${event.effectiveDirective} by ${event.blockedURI}`));
"""
"""Runs before a page's own scripts: a broken policy is told in a way that no report setting hides.
"""


@dataclass
class Watch:
    """Keeps what a page did that it must not."""

    home: str
    """The only address that may be asked: that of the site's folder, ``http`` or ``file``."""
    faults: list[str] = field(default_factory=list)
    """One line each, in their order."""
    pages: list[Any] = field(default_factory=list)
    """All pages that are watched."""

    def over(self, page: Any) -> None:
        """Watch a page of Playwright from now on; before it goes anywhere."""
        self.pages.append(page)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        page.on("dialog", self._dialog)

    def check(self) -> None:
        """Raise AssertionError with all faults; look at what hostile text could have set, too."""
        for page in self.pages:
            if not page.is_closed() and page.evaluate("globalThis.__pwned") is not None:
                self.faults.append(f"text was run as a script on {page.url}")
        assert not self.faults, "\n".join(self.faults)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.faults.append(f"request to elsewhere: {request.url}")

    def _failed(self, request: Any) -> None:
        # A page that is left stops what it was loading.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"request failed: {request.url}: {request.failure}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.faults.append(f"answer {response.status}: {response.url}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()
