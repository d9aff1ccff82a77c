"""Hyper-parameters: checks, values at a step, division by run, how they print and are kept."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest

from gdviz.hyperparameters import Hyperparameters, number


@dataclass(frozen=True, repr=False)
class Spring(Hyperparameters):
    """A whole family: any number, a share below 1, a count, a hidden one and what is no number."""

    stiffness: object = number("a stiffness is 0 or more")
    share: object = number("a share is below 1", high=1.0, default=0.5)
    coils: object = number("coils are whole, 1 or more", low=1, whole=True, fixed=True, default=3)
    slack: object = number("slack is 0 or more", shown=False, default=0.0)
    maker: object = None


class Maker:
    def take(self, rows, shape):
        return (rows, shape)


@pytest.mark.parametrize(
    ("numbers", "kind", "message"),
    [
        ({"stiffness": -1}, ValueError, "stiffness is -1: a stiffness is 0 or more."),
        ({"stiffness": np.inf}, ValueError, "stiffness is inf: a stiffness is 0 or more."),
        ({"stiffness": [1, -2]}, ValueError, "stiffness is -2 at index (1,): a stiffness is"),
        ({"stiffness": True}, TypeError, "stiffness is True: a stiffness is 0 or more."),
        ({"stiffness": [[1], [1, 2]]}, TypeError, "stiffness is [[1], [1, 2]]: a stiffness"),
        ({"share": 1.0}, ValueError, "share is 1.0: a share is below 1."),
        ({"coils": 2.5}, ValueError, "coils is 2.5: coils are whole, 1 or more."),
        ({"coils": [2, 0]}, ValueError, "coils is 0 at index (1,): coils are whole"),
        ({"coils": len}, TypeError, "coils is len: coils are whole, 1 or more."),
        ({"coils": Spring(1)}, TypeError, "coils is Spring(stiffness=1, share=0.5, coils=3"),
    ],
)
def test_errors_say_what_was_given_and_what_is_allowed(numbers, kind, message):
    with pytest.raises(kind) as error:
        Spring(**{"stiffness": 1.0, **numbers})
    assert str(error.value).startswith(message)


def test_what_a_schedule_returns_is_checked_where_it_returns_it():
    spring = Spring(lambda step: [1.0, 2.0 - step])
    assert spring.at(2)[0].tolist() == [[1.0], [0.0]]
    with pytest.raises(ValueError, match=r"stiffness is -1.0 at index \(1,\) at step 3: a stiff"):
        spring.at(3)


def test_numbers_at_a_step_broadcast_against_points():
    spring = Spring([[1.0], [2.0]], share=lambda step: 1 / (2 + step), coils=7)
    stiffness, share, coils, slack = spring.at(step=2)
    assert stiffness.shape == (2, 1, 1)
    assert (share, coils, slack) == (0.25, 7, 0.0)
    assert (stiffness * np.ones((5, 3))).shape == (2, 5, 3)


def test_shapes_at_a_step_are_those_of_the_arrays():
    spring = Spring([[1.0], [2.0]], share=lambda step: np.full(1 + step, 0.5))
    assert spring.shapes(step=2) == {"stiffness": (2, 1), "share": (3,)}
    assert Spring(1.0).shapes(step=0) == {}


@pytest.mark.parametrize(
    "given", [2, 2.0, np.float64(2), np.float32(2), np.int8(2), np.array(2.0)], ids=repr
)
def test_a_single_number_becomes_a_float_and_stays_as_it_is_in_every_part(given):
    spring = Spring(given, coils=np.int64(4))
    assert (type(spring.stiffness), type(spring.coils)) == (float, int)
    assert spring.take(slice(1, 2), (3,)) == spring == Spring(2.0, coils=4)


def test_arrays_schedules_and_what_is_no_number_are_divided_each_in_its_way():
    inner = Spring([1.0, 2.0, 3.0])
    spring = Spring(
        lambda step: np.array([[1.0], [2.0]]) * step, share=[0.1, 0.2, 0.3], maker=inner
    )
    part = spring.take(slice(2, 5), (2, 3))
    stiffness, share, _, _ = part.at(step=10)
    assert stiffness[..., 0].tolist() == [10.0, 20.0, 20.0]
    assert share[..., 0].tolist() == [0.3, 0.1, 0.2]
    assert part.maker.stiffness.tolist() == [3.0, 1.0, 2.0]
    assert Spring(1, maker=Maker()).take(slice(2, 5), (2, 3)).maker == (slice(2, 5), (2, 3))


def rate(step):
    return 0.1


@pytest.mark.parametrize(
    ("spring", "text"),
    [
        (Spring(1 / 3), "Spring(stiffness=0.333333, share=0.5, coils=3, maker=None)"),
        (Spring(1, slack=2), "Spring(stiffness=1, share=0.5, coils=3, slack=2, maker=None)"),
        (
            Spring(rate, [0.25, 0]),
            "Spring(stiffness=rate, share=2 values from 0 to 0.25, coils=3, m",
        ),
    ],
)
def test_how_they_print(spring, text):
    assert repr(spring).startswith(text)


def test_numbers_are_its_own_and_frozen():
    given = np.array([1.0, 2.0])
    spring = Spring(given)
    given[0] = -1.0
    assert spring.stiffness.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        spring.stiffness[0] = 5.0
    with pytest.raises(FrozenInstanceError):
        spring.share = 0.1


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda spring: pickle.loads(pickle.dumps(spring))]
)
def test_copies_are_equal_and_work(again):
    for spring in (Spring(2.0), Spring(rate)):
        spring.at(0)
        assert again(spring) == spring
        assert again(spring).at(1) == spring.at(1)
