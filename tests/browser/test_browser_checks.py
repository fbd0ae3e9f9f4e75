"""Each check of these tests fails on a page that deserves it, and passes on one that does not."""

from __future__ import annotations

import runpy
import types
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))
watching = types.SimpleNamespace(**runpy.run_path(str(HERE / "watching.py")))

GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta http-equiv="Content-Security-Policy" content="script-src 'self'; img-src 'self' data:">
<link rel="icon" href="data:,"><script src="good.js"></script></head>
<body><main><h1>A page</h1><p>Text.</p>%s</main></body></html>"""

BAD = {
    "console error": ("console.error('broken')", "", "console error: broken"),
    "console warning": ("console.warn('careful')", "", "console warning: careful"),
    "page error": ("undefined_name()", "", "page error: "),
    "request to elsewhere": (
        "",
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        "elsewhere",
    ),
    "inline script": ("", "<script>1</script>", "policy violated: script-src-elem by inline"),
    "missing file": ("", '<img src="none.png" alt="">', "answer 404: "),
    "hostile text": ("globalThis.__pwned = 1", "", "text was run as a script"),
    "dialog": ("alert('boo')", "", "dialog: boo"),
}


def written(folder: Path, script: str = "", inside: str = "") -> Path:
    """A page and its script in a folder."""
    (folder / "good.js").write_text(script, encoding="utf-8")
    (folder / "index.html").write_text(GOOD % inside, encoding="utf-8")
    return folder


def watched(browser, home: str, told: str = ""):
    """Raise the faults of the page there; those with these words are waited for."""
    context = browser.new_context()
    try:
        context.add_init_script(watching.VIOLATIONS)
        watch = watching.Watch(home)
        context.on("page", watch.over)
        page = context.new_page()
        page.goto(f"{home}index.html", wait_until="load")
        for _ in range(browsing.LONG_MS // 50 if told else 1):
            page.wait_for_timeout(50)
            with _unless(told):
                watch.check()
    finally:
        context.close()


@contextmanager
def _unless(told: str):
    """Faults pass as long as these words are not among them."""
    try:
        yield
    except AssertionError as error:
        if told in str(error):
            raise


@pytest.mark.parametrize("name", BAD)
def test_a_bad_page_is_told(browser, tmp_path, name):
    """One fault a page, and the message names it."""
    script, inside, told = BAD[name]
    site = written(tmp_path, script, inside)
    with browsing.served(site) as home, pytest.raises(AssertionError) as caught:
        watched(browser, home, told)
    assert told in str(caught.value)


def test_a_good_page_is_quiet_from_a_server_and_from_a_folder(browser, tmp_path):
    """No fault is found where there is none."""
    written(tmp_path, "console.log('fine')")
    with browsing.served(tmp_path) as home:
        watched(browser, home)
    watched(browser, f"{tmp_path.as_uri()}/")


def test_a_page_from_a_folder_may_not_ask_a_file_elsewhere(browser, tmp_path):
    """A site's folder is all that its pages may read."""
    (tmp_path / "other.css").write_text("p { color: red }", encoding="utf-8")
    site = tmp_path / "site"
    site.mkdir()
    written(site, inside='<link rel="stylesheet" href="../other.css">')
    with pytest.raises(AssertionError, match="request to elsewhere: file://"):
        watched(browser, f"{site.as_uri()}/", "request to elsewhere: file://")


def test_axe_tells_serious_faults_alone(browser, tmp_path):
    """A missing name, a missing text and pale words; nothing on a plain page."""
    page = browser.new_page()
    try:
        page.goto(written(tmp_path).joinpath("index.html").as_uri())
        assert browsing.axe_faults(page) == []
        inside = '<img src="data:,"><button></button><p style="color:#bbb">Pale words.</p>'
        page.goto(written(tmp_path, inside=inside).joinpath("index.html").as_uri())
        told = "\n".join(browsing.axe_faults(page))
        assert "critical: image-alt" in told
        assert "critical: button-name" in told
        assert "serious: color-contrast" in told
    finally:
        page.close()


def test_a_wide_page_overflows(browser, tmp_path):
    """Nothing is measured on a page that fits, and the excess on one that does not."""
    page = browser.new_page(viewport={"width": 360, "height": 640})
    try:
        page.goto(written(tmp_path).joinpath("index.html").as_uri())
        assert browsing.overflow(page) == 0
        inside = '<div style="width:500px">wide</div>'
        page.goto(written(tmp_path, inside=inside).joinpath("index.html").as_uri())
        assert browsing.overflow(page) > 100
    finally:
        page.close()


def test_chromium_is_the_named_one_or_on_the_path(monkeypatch, tmp_path):
    """CHROMIUM comes first, and a wrong one is told and not replaced by another."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browsing.chromium_program() == str(program)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
    with pytest.raises(browsing.NoBrowserError, match="no program: install Chromium"):
        browsing.chromium_program()
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(browsing.NoBrowserError, match="no Chromium on the PATH: install"):
        browsing.chromium_program()
