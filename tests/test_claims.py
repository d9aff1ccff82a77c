"""The page of all claims: it is what the notebooks' tables say, and its links lead somewhere."""

import re

import claims
import pytest
from execute_notebooks import FOLDER
from test_notebooks import LINK, anchors

PATHS = sorted(FOLDER.glob("*.ipynb"))
VERDICTS = re.compile(r"\*\*(Holds|Holds if|Half|Does not hold)[.,;:]?\*\*")


def test_the_page_is_what_the_notebooks_say():
    stored = claims.PAGE.read_text(encoding="utf-8")
    assert stored == claims.page(PATHS), "run `python tools/claims.py`"


def test_every_claim_is_tried():
    numbers = {claim.number for path in PATHS for claim in claims.claims(path)}
    assert numbers - {0} == set(range(1, claims.COUNT + 1))


def test_a_claim_on_no_trial_is_told():
    with pytest.raises(ValueError, match=r"no notebook tries the claims .*\b27\b"):
        claims.page(PATHS[:5])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_verdict_is_one_of_four(path):
    for claim in claims.claims(path):
        assert VERDICTS.match(claim.verdict), claim


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_claim_says_where(path):
    for claim in claims.claims(path):
        assert re.search(LINK, claim.where) or "Deeper" in claim.where, claim


def test_links_of_the_page_lead_somewhere():
    for target in re.findall(LINK, claims.PAGE.read_text(encoding="utf-8")):
        name, _, place = target.partition("#")
        assert (FOLDER / name).exists(), target
        assert not place or place in anchors(FOLDER / name), target
