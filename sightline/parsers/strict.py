"""Our own answer parser: reads what a response means, knows the options, and never guesses.

Deliberate, in this order:

1. Thoughts (``<think>``) are not the answer.
2. A field made for the answer (an answer tag, a box, a JSON key) outranks prose. The last one
   that can be read wins; a tag or key that says something else ("cannot be determined") leaves
   only the prose after it.
3. In prose the last explicit statement wins ("the answer is C", "I choose C", "C is correct").
   "Not A" takes an earlier A back; "A or C" is no answer; a question ("A?") says nothing.
4. Without any statement, a line that is nothing but a choice ("B", "**B. northwest**") counts
   when it stands first or last and the other lines name no other option.
5. A letter beyond the options is no answer, and neither is "B. north" when north is option C.
6. An option's own words stand for its letter when they are all that is said, word for word, and
   belong to one option only.

It does not answer by elimination and takes no letter out of running text. Time is linear in the
response.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from sightline.parsers.statements import READ, Options, Said, normal, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def strict(response: str, options: Sequence[str] | None = None) -> str | None:
    """The letter that the response explicitly settles on, or None.

    Args:
        response: raw model text.
        options: the question's options in order, with or without their letters; None when they
            are not known, then A..F are allowed and words are not compared.
    """
    known = Options.of(options)
    text = spoken(normal(response))
    field, end = _fields(text, known)
    if field is not None and field.chosen:
        return field.chosen
    said = _settled(_prose(text[end:], known)) or field or _lines(text, known)
    return said.chosen if said else None


_THINK = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)


def spoken(text: str) -> str:
    """What is left without the thoughts; chat templates may hide their opening tag."""
    kept: list[str] = []
    thinking, at = False, 0
    for tag in _THINK.finditer(text):
        if not thinking:
            kept.append(text[at : tag.start()])
        if tag[1] and not thinking:
            kept.clear()
        thinking, at = not tag[1], tag.end()
    return "".join(kept if thinking else [*kept, text[at:]])


_COUNTED = 500
"""Statements of one kind that are looked at, from the end: a response with more is no answer, and
a hostile one must not cost minutes."""


def _last(pattern: re.Pattern[str], text: str) -> deque[re.Match[str]]:
    return deque(pattern.finditer(text), maxlen=_COUNTED)


_FIELD = re.compile(
    r"(?P<tag><answer>|<\|begin_of_box\|>)"
    r"|(?P<box>\\?boxed\s?\{)"
    r"|(?P<key>[\"'](?:(?:final|correct|my|best)[ _]?)?(?:answer|choice)[\"']\s{0,9}:\s{0,9})",
    re.IGNORECASE,
)
_CONTENT = {
    "tag": re.compile(r"(?:(?!</?answer>|<\|end_of_box\|>).)*", re.IGNORECASE | re.DOTALL),
    "box": re.compile(r"(?:[^{}]|\{[^{}]*\})*"),
    "key": re.compile(r"\"(?:[^\"\\]|\\.)*|'[^']*|[^,}\n]*", re.DOTALL),
}


def _fields(text: str, known: Options) -> tuple[Said | None, int]:
    """What the fields say, and where the prose begins that may still overrule an unread one.

    A box may hold a number on the way to the answer, so an unread box says nothing.
    """
    unread, end = None, 0
    for field in reversed(_last(_FIELD, text)):
        kind = str(field.lastgroup)
        found = _CONTENT[kind].match(text[field.end() : field.end() + READ])
        content = found[0] if found else ""
        said = read(content, known, running=False) or _settled(_prose(content, known))
        if said is not None and not said.denied:
            return said, field.end() + len(content)
        if kind != "box" and unread is None:
            unread, end = Said(), field.end() + len(content)
    return unread, end


_CUE = re.compile(
    r"\b(?:answer|choice|option)(?:\sto\s(?:the|this)\squestion)?[*_`\"']{0,4}\s{0,3}"
    r"(?:is|=|:|(?:must|should|would|will)\sbe)(?![A-Za-z0-9])"
    r"(?:\s(?:therefore|thus|clearly|likely|probably|most\slikely|definitely|indeed|actually))?"
    r"|\bfinal\sanswer\s"
    r"|\b(?:I|we)(?:'d|'ll|\s(?:would|will|shall|must))?\s"
    r"(?:choose|chose|pick|picked|select|selected|go with|opt\sfor|answer)\s"
    r"|答案\s{0,3}(?:应该|应)?[是为选]?"
    r"|(?<!不)选(?:择)?(?!项)",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"\b(?:so|thus|therefore|hence|it\sis|it's|it\smust\sbe)[,:]?\s"
    r"(?:(?:option|choice|answer)\s)?[(*\"']{0,3}(?P<letter>[A-J])[)*\"']{0,3}(?=[.!;\n]|\s{0,3}\Z)"
    r"|(?<![A-Za-z0-9])(?P<name>[A-J])[)\"'*]{0,3}\s(?:is|must\sbe)\s(?:indeed\s|clearly\s)?"
    r"(?:(?:correct|right)(?=\s{0,3}(?:[.!,;\n]|\Z|because\b|since\b))"
    r"|the\s(?:only\s|most\s)?(?:correct|right|best|accurate)\s(?:final\s)?(?:answer|option|choice)\b)",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:if|whether|suppose|supposing|assume|assuming|unless|wrong|incorrect|possible|previous"
    r"|alternative|other|first|initial|neither|nor)\b"
    r"|(?:\bnot|n't|\bnever)\s(?:the|my|an?|think|believe|say|sure|mean|know|that)\b"
    r"|\b(?:and|or|not)\s{0,2}[(\"'*]{0,3}\Z",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?;,\n]")
_BEFORE = 60


def _prose(text: str, known: Options) -> Iterable[Said]:
    """The explicit statements of running text, from the last to the first."""
    cues = [*_last(_CUE, text), *_last(_SHORT, text)]
    for cue in sorted(cues, key=lambda cue: cue.start(), reverse=True):
        before = _CLAUSE_END.split(text[max(0, cue.start() - _BEFORE) : cue.start()])[-1]
        if _HEDGED.search(before):
            continue
        letter = cue["letter"] or cue["name"] if cue.re is _SHORT else None
        if letter is None:
            said = read(text[cue.end() : cue.end() + READ], known, running=True)
        elif letter.isupper():
            said = Said(letter if letter in known.letters else None)
        else:
            said = None
        if said is not None:
            yield said


def _settled(statements: Iterable[Said]) -> Said | None:
    """What statements, last first, come to; None when there are none."""
    denied = set()
    for said in statements:
        if said.denied is None:
            return Said(None if said.chosen in denied else said.chosen)
        denied.add(said.denied)
    return Said() if denied else None


_LONE_LINE = re.compile(r"^[ \t(\[*]{0,6}([A-J])[ \t.)\]*]{0,6}$", re.MULTILINE)
_CHOICE_LINE = re.compile(r"^[ \t(\[*#-]{0,6}([A-J])(?:[.):*\]]|[ \t]{0,6}$)", re.MULTILINE)


def _lines(text: str, known: Options) -> Said | None:
    """What the first and the last line say when nothing else is a statement."""
    words = known.spelled(text)
    lines = text.strip().split("\n")
    if words:
        return Said(words)
    first, last = (read(line, known, running=False) for line in (lines[0], lines[-1]))
    lone = _LONE_LINE.findall(text)
    if last and _LONE_LINE.match(lines[-1]):
        return last
    if first and _LONE_LINE.match(lines[0]) and len(set(lone)) == 1:
        return first
    named = set(_CHOICE_LINE.findall(text))
    for said in (last, first):
        if said and said.chosen and named <= {said.chosen}:
            return said
    return None
