"""Gather the claims that the notebooks try, each with its verdict, on one page.

python tools/claims.py           write notebooks/claims.md
python tools/claims.py --check   write nothing, say whether the page is what the notebooks say
"""

import argparse
import re
import sys
from typing import NamedTuple

from execute_notebooks import FOLDER, read

PAGE = FOLDER / "claims.md"
COUNT = 53
HEAD = ["#", "claim", "verdict", "where"]
OTHERS = "–"
INTRODUCTION = f"""\
# Claims on trial

Articles about gradient descent make many claims. Each of these {COUNT} was tried by an experiment,
in one notebook or in several, and got a verdict; most hold only with a condition. *Where* leads to
the figure or the section that shows it. What is called *Deeper* stands folded at the end of its
notebook.

This page is made from the notebooks' own tables by `tools/claims.py`.
"""


class Claim(NamedTuple):
    """A row of a notebook's table; `number` is 0 for one that is not among those counted."""

    number: int
    notebook: str
    claim: str
    verdict: str
    where: str


def claims(path):
    """The claims of a notebook, in its order. Raises ValueError for a table of another form."""
    (section,) = [cell for cell in read(path).cells if cell.source.startswith("## Claims on trial")]
    head, _, *rows = [
        [words.strip() for words in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section.source.splitlines()
        if line.startswith("|")
    ]
    if head != HEAD:
        raise ValueError(f"{path.name}: the claims' table has the columns {HEAD}, not {head}")
    return [
        Claim(0 if number == OTHERS else int(number), path.stem, claim, verdict, where)
        for number, claim, verdict, where in rows
    ]


def row(claim, first):
    """A line of the page; the number and the words of a claim stand where it is first told."""
    where = claim.where.replace("](#", f"]({claim.notebook}.ipynb#")
    number = claim.number if first and claim.number else ""
    return f"| {number} | {claim.claim} | {claim.verdict} | **{claim.notebook[:2]}** {where} |"


def page(paths):
    """The page of all claims. Raises ValueError where one of those counted is on no trial."""
    found = [claim for path in paths for claim in claims(path)]
    missing = sorted(set(range(1, COUNT + 1)) - {claim.number for claim in found})
    if missing:
        raise ValueError(f"no notebook tries the claims {missing}")
    table = f"| {' | '.join(HEAD)} |\n|---|---|---|---|"
    numbered = sorted((claim for claim in found if claim.number), key=lambda claim: claim.number)
    before = [0, *(claim.number for claim in numbered)]
    firsts = [now.number != last for now, last in zip(numbered, before, strict=False)]
    counted = [row(claim, first) for claim, first in zip(numbered, firsts, strict=True)]
    others = [row(claim, True) for claim in found if not claim.number]
    return "\n".join(
        [INTRODUCTION, table, *counted, "", "## And some others", "", table, *others, ""]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    check = parser.parse_args().check
    try:
        words = page(sorted(FOLDER.glob("*.ipynb")))
    except ValueError as error:
        sys.exit(str(error))
    if not check:
        PAGE.write_text(words, encoding="utf-8", newline="\n")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != words:
        sys.exit("notebooks/claims.md is not what the notebooks say: run `python tools/claims.py`")


if __name__ == "__main__":
    main()
