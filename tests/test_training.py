"""Training: the same points as a descent, measured, stopped by a button and by the keyboard."""

import numpy as np
import pytest

import gdviz as gd

BOWL = gd.landscape("(x**2 + 4*y**2) / 2")


def test_training_takes_the_steps_of_descend():
    run = gd.descend(BOWL, (2.0, 1.0), gd.Momentum(0.1), steps=25)
    training = gd.train(BOWL, (2.0, 1.0), gd.Momentum(0.1), 25, every=10, point=lambda x: x)
    assert training.at.tolist() == [0, 10, 20, 25]
    np.testing.assert_array_equal(training["point"], run.points[[0, 10, 20, 25]])
    np.testing.assert_array_equal(training.final, run.final)
    assert not training.stopped
    assert training.steps == 25


def test_without_measures_the_loss_is_measured_a_hundred_times():
    training = gd.train(BOWL, (2.0, 1.0), gd.GD(0.1), 300)
    assert training.at.tolist() == list(range(0, 301, 3))
    assert training["loss"][0] == BOWL.value(np.array([2.0, 1.0]))


def test_many_runs_from_one_start():
    rates = np.array([0.01, 0.1, 0.6])
    training = gd.train(BOWL, (2.0, 1.0), gd.GD(rates), 40, loss=BOWL.value)
    run = gd.descend(BOWL, (2.0, 1.0), gd.GD(rates), 40)
    np.testing.assert_array_equal(training["loss"], run.values)
    assert "loss from 4 (mean of 3) to 3.267e+11 (mean of 3)." in str(training)


@pytest.mark.parametrize("at", [1, 7, 10])
def test_what_was_done_before_an_interrupt_is_kept(at):
    class Interrupted:
        def value(self, x):
            return BOWL.value(x)

        def gradient(self, x, step):
            if step == at:
                raise KeyboardInterrupt
            return BOWL.gradient(x)

    training = gd.train(Interrupted(), (2.0, 1.0), gd.GD(0.1), 20, every=5)
    run = gd.descend(BOWL, (2.0, 1.0), gd.GD(0.1), at)
    assert training.stopped
    assert training.steps == training.at[-1] == at
    np.testing.assert_array_equal(training.final, run.final)
    assert training["loss"][-1] == run.values[-1]
    assert str(training).endswith("Stopped before 20: this is kept.")


def test_an_interrupt_before_anything_is_measured_is_one():
    def measure(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gd.train(BOWL, (2.0, 1.0), gd.GD(0.1), 20, loss=measure)


def test_the_stop_button_ends_it_and_keeps_what_there_is(capsys):
    progress = gd.Progress()

    def measure(x):
        if x[0] < 1.5:
            progress.button.click()
        return BOWL.value(x)

    training = gd.train(BOWL, (2.0, 1.0), gd.GD(0.1), 50, every=1, progress=progress, loss=measure)
    assert training.stopped
    assert training.steps == 3
    assert training.final[0] == pytest.approx(2 * 0.9**3)
    assert progress.words.value.startswith("stopped at 3 of 50 · loss 1.156")
    # what a stored notebook compares: one line, the same whenever it ended
    assert capsys.readouterr().out == "a bar: 50 steps, with a Stop button\n"
    again = gd.train(BOWL, (2.0, 1.0), gd.GD(0.1), 50, every=25, progress=progress)
    assert not again.stopped
    assert progress.bar.value == progress.bar.max == 50
    assert progress.button.disabled
    assert set(progress._repr_mimebundle_()) >= {
        "text/plain",
        "application/vnd.jupyter.widget-view+json",
    }


def test_a_training_is_cut_to_be_played():
    training = gd.train(BOWL, (2.0, 1.0), gd.GD(0.1), 30, every=10)
    assert training.until(15).at.tolist() == [0, 10]
    assert training.until(30)["loss"].tolist() == training["loss"].tolist()
    with pytest.raises(ValueError, match="from 0 to 30"):
        training.until(31)


@pytest.mark.parametrize(
    ("options", "words"), [({"steps": 0}, "steps is 0"), ({"steps": 5, "every": 0}, "every is 0")]
)
def test_what_is_no_number_of_steps_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        gd.train(BOWL, (2.0, 1.0), gd.GD(0.1), **options)
