"""The clinic on its page: the same acts, words, points and pictures as in the notebook."""

import itertools
import json
import shutil

import numpy as np
import pytest
from make_site import build, script
from matplotlib.path import Path
from pages.bake import Recorder
from pages.packing import Packer
from pages.ward import Ward
from test_pages import AXE, reading, write_small

import gdviz as gd
from gdviz.clinic import _losses
from gdviz.patients import CURES, DISEASES
from gdviz.picture import look
from gdviz.rounds import Round

# exploding gradients, which end as NaN, and a saddle, which is no network
SEED = 43
CELLS = [
    ("markdown", "# A clinic: who is ill?\n\nA question?"),
    ("hidden", "# Setup: the package\nimport gdviz as gd"),
    ("figure", f"# Figure: the clinic.\ngd.Clinic(seed={SEED}, patients=2)"),
]
# more panels than a row has, a name and a cure that are wrong, one that finds nothing to change
ACTS = [
    ("treat",),
    ("name", "ravine"),
    ("treat",),
    ("buy", "First NaN"),
    ("buy", "First NaN"),
    ("buy", "Gradient by layer"),
    ("cure", "no weight decay"),
    ("treat",),
    ("buy", "Size of weights"),
    ("cure", "new random weights"),
    ("give_up",),
    ("treat",),
    ("following",),
    ("buy", "Curvature"),
    ("name", "saddle"),
    ("cure", "momentum"),
    ("treat",),
    ("name", "plateau"),
    ("treat",),
    ("buy", "Step length"),
    ("buy", "Rate finder"),
    ("give_up",),
    ("give_up",),
    ("following",),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    path = write_small(folder / "00_clinic.ipynb", CELLS)
    build([path], folder / "site", folder / "kept", str, workers=1)
    return folder / "site"


@pytest.fixture
def page(chromium, site):
    with reading(chromium, f"{site.as_uri()}/00_clinic.html") as found:
        found.figure()
        yield found


def act(page, kind, given=None):
    """Do on the page what an act says, as a learner does it."""
    if kind in ("name", "cure"):
        page.page.locator(f'[data-gives="{kind}"]').select_option(given)
    else:
        named = f'[data-buys="{given}"]' if kind == "buy" else f'[data-does="{kind}"]'
        page.page.locator(named).click()


def act_in_notebook(clinic, kind, given=None):
    buttons = {
        "treat": clinic.treat_button,
        "give_up": clinic.give_up_button,
        "following": clinic.next_button,
        "buy": clinic.instruments.get(given),
    }
    if kind in buttons:
        buttons[kind].click()
    else:
        {"name": clinic.name, "cure": clinic.cure}[kind].value = given


def shown(page):
    """What the page tells and which of its controls answer."""
    return page.page.locator(".gd-live").evaluate(
        """root => {
            const { figure, instruments, menus, buttons } = root.baked;
            const of = (controls, read) => Object.fromEntries(
                Object.entries(controls).map(([name, one]) => [name, read(one)]));
            return {
                text: figure.frame.text,
                readout: figure.frame.readout,
                explained: root.baked.meaning.textContent,
                bought: of(instruments, (one) => one.classList.contains("gd-bought")),
                disabled: of({ ...instruments, ...menus, ...buttons }, (one) => one.disabled),
                given: of(menus, (one) => one.value),
                words: of(buttons, (one) => one.textContent),
            };
        }"""
    )


def shown_in_notebook(clinic):
    readout = clinic.picture.readout
    controls = {
        **clinic.instruments,
        "name": clinic.name,
        "cure": clinic.cure,
        "treat": clinic.treat_button,
        "give_up": clinic.give_up_button,
        "following": clinic.next_button,
    }
    buttons = ("treat", "give_up", "following")
    return {
        "text": clinic.text,
        "explained": clinic.explained.value,
        "readout": {"verdict": readout.verdict, "rows": [list(row) for row in readout.rows]},
        "bought": {name: one.icon == "check" for name, one in clinic.instruments.items()},
        "disabled": {name: one.disabled for name, one in controls.items()},
        "given": {"name": clinic.name.value, "cure": clinic.cure.value},
        "words": {name: controls[name].description for name in buttons},
    }


def again(told):
    """Take out of what the page tells the button that the notebook does not have."""
    words = told["words"].pop("again")
    return words, told["disabled"].pop("again")


def test_the_same_acts_have_the_same_answers_to_the_letter(page):
    clinic = gd.Clinic(SEED, 2)
    first = shown(page)
    assert again(shown(page)) == ("Start again", True)
    for number, one in enumerate(ACTS):
        act(page, *one)
        act_in_notebook(clinic, *one)
        told = shown(page)
        # nothing was bought or tried before the fourth
        assert again(told) == ("Start again", number < 3)
        assert told == shown_in_notebook(clinic), one
    assert clinic.round.over
    act(page, "again")
    assert shown(page) == first
    assert page.page.evaluate("window.localStorage.length") == 0
    assert not page.complaints
    clinic.close()


def test_every_cure_of_every_patient_has_the_words_and_points_of_the_notebook(page):
    code = """([number, name, cure]) => {
        const { baked } = document.querySelector('.gd-live');
        baked.callIn(baked.visits.slice(0, number));
        baked.treat(name, cure);
        return [baked.told, baked.points(baked.visit), baked.visit.outcome];
    }"""
    round_ = Round(SEED, 2)
    for number in range(2):
        visit = round_.visit
        named = zip(itertools.cycle(DISEASES), CURES, strict=False)
        for name, cure in [*named, (visit.disease, DISEASES[visit.disease].cure)]:
            visit.outcome, visit.names, visit.cures = "sick", [], []
            words = round_.treat(name, cure)
            told = page.page.evaluate(code, [number, name, cure])
            assert told == [words, visit.points, visit.outcome]
        round_.following()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_treated_run_is_drawn_as_it_goes_unless_the_reader_wants_no_motion(
    chromium, site, motion
):
    address = f"{site.as_uri()}/00_clinic.html"
    with reading(chromium, address, reduced_motion=motion) as page:
        page.figure()
        seen = """() => {
            const { baked, gdviz } = document.querySelector('.gd-live');
            baked.giveUp();
            return gdviz.unseen ? gdviz.unseen[2] : 0;
        }"""
        width = page.page.evaluate(seen)
        assert width > 200 if motion == "no-preference" else width == 0
        page.page.wait_for_function("!document.querySelector('.gd-live').gdviz.unseen")


def strokes_of(ink):
    """The strokes of a frame of ink, each with its points, in the frame's order."""
    points = np.reshape(np.asarray(ink["points"], float), (-1, 2))
    # what closes a path has no place
    points[np.asarray(ink["codes"]) == Path.CLOSEPOLY] = 0
    ends = np.cumsum([stroke["n"] + stroke.get("at", 0) for stroke in ink["strokes"]])
    return list(zip(ink["strokes"], np.split(points, ends[:-1]), strict=True))


def unpacked(frame):
    points, codes = (
        np.frombuffer(frame[part], kind) for part, kind in (("points", "<f4"), ("codes", np.uint8))
    )
    return {**frame, "points": points, "codes": codes}


def drawn(page, what):
    """The ink of the page, where what moves is "frame.ink" and what stands still "still.scene"."""
    code = f"root => {{ const ink = root.gdviz.{what};"
    code += " return { strokes: ink.strokes, points: [...ink.points], codes: [...ink.codes] }; }"
    return strokes_of(page.page.locator(".gd-live").evaluate(code))


def test_the_panels_stand_and_look_as_in_the_notebook(page):
    clinic = gd.Clinic(SEED, 2)
    acts = [("give_up",), ("give_up",), ("following",), ("name", "saddle"), ("cure", "momentum")]
    acts += [("buy", "Curvature"), ("treat",), ("buy", "Rate finder"), ("buy", "Step length")]
    before, compared = None, 0
    for one in acts:
        act(page, *one)
        act_in_notebook(clinic, *one)
        if one[0] not in ("buy", "treat"):
            continue
        picture = clinic.picture
        spots = page.page.locator(".gd-live").evaluate(
            "({ baked }) => [...new Set(baked.spots)].map(({ left, top }) => [left, top])"
        )
        boxes = np.array([box[:2] for box in picture.boxes])
        # here a title of one line leaves its panel a line lower, there its axes a line higher
        aside, below = (np.array(spots) - boxes).T
        np.testing.assert_allclose(aside, 0, atol=1)
        assert ((below > -1) & (below < 26)).all()
        frame, _ = picture.frame()
        ink = drawn(page, "frame.ink")
        kept = strokes_of(unpacked(frame))
        assert len(ink) == len(kept) > 2
        for (mine, here), (its, there) in zip(ink, kept, strict=True):
            assert [mine[key] for key in ("fill", "stroke", "n")] == [
                its[key] for key in ("fill", "stroke", "n")
            ]
            if not below.any():
                np.testing.assert_allclose(here, there, atol=1.5)
                compared += 1
        told = json.dumps([points.tolist() for _, points in ink])
        assert told != before
        before = told
    assert compared > 10
    clinic.close()


def test_axes_that_patients_share_are_those_that_each_would_have(page):
    for act_ in [("name", "ravine"), ("cure", "Adam"), ("treat",)]:
        act(page, *act_)
    round_ = Round(SEED, 2)
    round_.treat("ravine", "Adam")
    fresh = Recorder(round_.visit, [_losses(round_.visit)], "", 1000)
    with look():
        frame = fresh.still(0)
    kept = strokes_of(unpacked(frame))
    ink = drawn(page, "still.scene")
    assert len(ink) == len(kept) > 20

    def found(stroke, points):
        return any(
            mine["n"] == stroke["n"]
            and mine["stroke"] == stroke["stroke"]
            and here.shape == points.shape
            and np.abs(here - points).max() < 0.2
            for mine, here in ink
        )

    assert all(found(*stroke) for stroke in kept)


# ---------------------------------------------------------------- what is around it


def test_by_keyboard_the_place_is_kept_and_what_came_of_it_is_said(page):
    first = page.page.locator('[data-buys="Data"]')
    first.focus()
    page.page.keyboard.press("Enter")
    assert page.page.evaluate("document.activeElement.dataset.buys") == "Data"
    said = page.page.locator("[role=status]", has_text="Bought: Data. patient (clinic")
    said.wait_for(state="attached")
    assert first.get_attribute("title") == "What does it learn from? (1 point)"
    act(page, "give_up")
    # a window that changes its size is no answer
    page.page.set_viewport_size({"width": 1000, "height": 900})
    page.page.wait_for_function("document.querySelector('.gd-live').baked.shown < 990")
    act(page, "give_up")
    assert page.page.evaluate("document.activeElement.dataset.does") == "following"


def test_no_answer_can_be_read(site):
    page = (site / "00_clinic.html").read_text(encoding="utf-8")
    (frames,) = (site / "frames").iterdir()
    for text in (page, frames.read_text(encoding="utf-8")):
        assert "It was" not in text
        assert "Cured by" not in text
        assert DISEASES["saddle"].sign not in text
    assert "other patients need the notebook" in page


@pytest.mark.parametrize("how", ["missing", "cut short", "of something else"])
def test_a_broken_clinic_says_so_and_its_stored_picture_stays(chromium, site, tmp_path, how):
    shutil.copytree(site, tmp_path / "site")
    (frames,) = (tmp_path / "site" / "frames").iterdir()
    text = frames.read_text(encoding="utf-8")
    if how == "missing":
        frames.unlink()
    elif how == "cut short":
        frames.write_text(text[: len(text) // 2], encoding="utf-8")
    else:
        frames.write_text(script(frames.stem, Packer().packed({})), encoding="utf-8")
    with reading(chromium, f"{(tmp_path / 'site').as_uri()}/00_clinic.html") as page:
        words = page.page.locator(".gd-broken")
        words.wait_for()
        assert "stored picture" in words.inner_text()
        picture = page.page.locator(".gd-clinic img")
        assert picture.is_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        assert page.page.locator(".gd-clinic :is(button, select):enabled").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_from_the_first_act_to_the_record(chromium, site, scheme):
    address = f"{site.as_uri()}/00_clinic.html"
    with reading(chromium, address, color_scheme=scheme) as page:
        page.figure()
        page.page.evaluate(AXE)
        for acts in ((), ACTS[:11], ACTS[11:]):
            for one in acts:
                act(page, *one)
            found = page.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert [
                (one["id"], [node["target"] for node in one["nodes"]][:3])
                for one in found["violations"]
            ] == [], (acts, scheme)


def test_on_a_phone_the_panels_stand_one_above_the_other(chromium, site):
    address = f"{site.as_uri()}/00_clinic.html"
    with reading(chromium, address, width=390, height=844, has_touch=True) as page:
        page.figure()
        for one in ACTS[:9]:
            act(page, *one)
        spots = page.page.locator(".gd-live").evaluate(
            "({ baked }) => [...new Set(baked.spots)].map((spot) => Object.values(spot))"
        )
        scales, lefts, tops = zip(*spots, strict=True)
        assert set(lefts) == {0}
        assert list(tops) == sorted(set(tops))
        # letters of 15 pixels are still legible
        assert min(scales) > 0.8
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_printed_is_the_stored_picture(page):
    act(page, "buy", "Data")
    picture, stage = (page.page.locator(f".gd-clinic {name}") for name in ("img", ".gd-live"))
    assert (picture.is_visible(), stage.is_visible()) == (False, True)
    page.page.emulate_media(media="print")
    assert (picture.is_visible(), stage.is_visible()) == (True, False)
    assert page.page.locator(".gd-clinic .gd-words").is_visible()


def test_a_clinic_is_baked_to_the_same_bytes(site):
    (frames,) = (site / "frames").iterdir()
    baked = script(frames.stem, Ward(gd.Clinic(SEED, 2)).packed())
    assert frames.read_text(encoding="utf-8") == baked
