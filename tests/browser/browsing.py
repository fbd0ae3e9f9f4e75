"""Chromium found and started, a folder served on loopback, axe-core asked.

Load with ``runpy.run_path``. ``screenshots.py`` and the fixtures of these tests use it.
"""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG_MS = 120_000
"""Milliseconds after which nothing is waited for any more; machines may be slow."""
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
HOW = (
    "install Chromium from the system's packages (Debian: apt-get install chromium), or name one "
    "in the variable CHROMIUM"
)


class NoBrowserError(Exception):
    """There is none on this machine; the message says how to get one."""


def chromium_program() -> str:
    """Where Chromium is: what the variable CHROMIUM names, else the first on the PATH.

    Raises:
        NoBrowserError: there is none.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if found := shutil.which(named):
            return found
        raise NoBrowserError(f"CHROMIUM is {named!r}, which is no program: {HOW}")
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise NoBrowserError(f"no Chromium on the PATH: {HOW}")


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, as Playwright's Browser; nothing is downloaded.

    Raises:
        NoBrowserError: there is none, or no Playwright.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoBrowserError("no Playwright: pip install sightline[dev]") from error
    program = chromium_program()
    arguments = ["--disable-background-networking", "--disable-component-update"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to start as root with it
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=arguments, timeout=LONG_MS
        )
        try:
            yield running
        finally:
            running.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A web server of a folder on loopback: its address, with a slash at the end."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def axe_faults(page: Any) -> list[str]:
    """What axe-core finds on a page that is serious or critical, one line an element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response
    return [
        f"{one['impact']}: {one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def overflow(page: Any) -> float:
    """How many pixels a page is wider than its window; 0 when nothing scrolls sideways."""
    width = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    return float(page.evaluate(width))


def until(page: Any, expression: str) -> None:
    """Wait until an expression is true on a page, for LONG_MS at most.

    Playwright's own `wait_for_function` evaluates text inside the page, which the policy of the
    site's pages forbids.
    """
    for _ in range(LONG_MS // 50):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true on {page.url}: {expression}")
