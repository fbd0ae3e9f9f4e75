"""A browser, a site that the project built, and pages that are watched."""

from __future__ import annotations

import os
import runpy
import types
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _load(name: str) -> types.SimpleNamespace:
    return types.SimpleNamespace(**runpy.run_path(str(HERE / name)))


browsing, watching = _load("browsing.py"), _load("watching.py")


@pytest.fixture(scope="module")
def browser():
    """One Chromium a module; where there is none the tests skip, but CI fails.

    Not one a session: Playwright holds an event loop for as long as it runs, and tests elsewhere
    need theirs.
    """
    try:
        with browsing.chromium() as running:
            yield running
    except browsing.NoBrowserError as error:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"CI needs a browser: {error}")
        pytest.skip(str(error))


@pytest.fixture
def visit(browser):
    """A factory: address, home and options of a context -> a watched page there.

    After the test no page may have had an error or asked another host.
    """
    contexts, watches = [], []

    def go(address: str, home: str, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
        contexts.append(context)
        context.set_default_timeout(browsing.LONG_MS)
        context.add_init_script(watching.VIOLATIONS)
        watch = watching.Watch(home)
        watches.append(watch)
        context.on("page", watch.over)
        page = context.new_page()
        page.goto(home + address)
        return page

    yield go
    try:
        for watch in watches:
            watch.check()
    finally:
        for context in contexts:
            context.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """A site with 200 models, hostile names and three runs with all samples; see made_site.py."""
    with pytest.MonkeyPatch.context() as patch:
        return _load("made_site.py").build_site(tmp_path_factory.mktemp("leaderboard"), patch)


@pytest.fixture(scope="session")
def home(site):
    """The site's address on loopback."""
    with browsing.served(site) as address:
        yield address
