"""Wrap the prose of a page at 100 characters; code, tables, headings and generated parts stay as they are."""

import re
import textwrap

WIDTH = 100
ITEM = re.compile(r"\s*(?:[-*]|\d+\.) +")


def wrapped(text: str) -> str:
    """A page with every paragraph and item of a list wrapped."""
    lines: list[str] = []
    paragraph: list[str] = []
    end = ""  # what ends the part that stays as it is
    for line in text.split("\n"):
        begins = next(
            (stop for start, stop in (("```", "```"), ("<!-- gen", "<!-- end")) if _at(line, start)), ""
        )
        if end or begins or not line.strip() or _stays(line, bool(paragraph)):
            lines += _filled(paragraph)
            paragraph = []
            lines.append(line)
            end = ("" if _at(line, end) else end) if end else begins
            continue
        if ITEM.match(line):
            lines += _filled(paragraph)
            paragraph = []
        paragraph.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*lines, *_filled(paragraph)]))


def _at(line: str, start: str) -> bool:
    return line.lstrip().startswith(start)


def _stays(line: str, in_paragraph: bool) -> bool:
    """Whether a line is a table, a heading, a picture or HTML, or code by its indent."""
    return line.startswith(("|", "#", "<", "![")) or (
        line.startswith("    ") and not in_paragraph and not ITEM.match(line)
    )


def _filled(paragraph: list[str]) -> list[str]:
    if not paragraph:
        return []
    bullet = ITEM.match(paragraph[0])
    first = bullet[0] if bullet else re.match(r"\s*", paragraph[0])[0]
    body = " ".join(line.strip() for line in [paragraph[0][len(first) :], *paragraph[1:]])
    return textwrap.wrap(
        body,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
