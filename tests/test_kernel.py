"""What a figure knows of its kernel: which cell runs, and how what computes is stopped."""

import signal
import threading
import time
from types import SimpleNamespace

import pytest

from gdviz import kernel


def spin(seconds=10.0):
    """Compute in small steps: an exception from outside comes between two of them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.005)
    pytest.fail("was not stopped")


def test_an_interrupt_reaches_what_computes_in_another_thread():
    begun, ended = threading.Event(), []

    def compute():
        try:
            with kernel.stoppable():
                begun.set()
                spin()
        except KeyboardInterrupt:
            ended.append("stopped")

    thread = threading.Thread(target=compute)
    thread.start()
    assert begun.wait(5)
    kernel.interrupted()
    thread.join(5)
    assert ended == ["stopped"]


def test_an_interrupt_with_nothing_to_stop_does_nothing():
    kernel.interrupted()
    done = []

    def later():
        with kernel.stoppable():
            done.append(1)
        kernel.interrupted()
        done.append(2)

    thread = threading.Thread(target=later)
    thread.start()
    thread.join(5)
    assert done == [1, 2]


def test_the_main_thread_is_left_to_python():
    with kernel.stoppable():
        kernel.interrupted()
        assert kernel._computing is None
    with pytest.raises(KeyboardInterrupt), kernel.stoppable():
        signal.raise_signal(signal.SIGINT)


def test_outside_a_kernel_there_is_no_cell():
    assert kernel.present_cell() == (None, None)
    kernel.hear_interrupts()


def test_the_cell_that_runs(monkeypatch):
    parent = {"metadata": {"cellId": "b7"}, "header": {"msg_id": "1"}}
    monkeypatch.setattr(kernel, "_shell", lambda: SimpleNamespace(get_parent=lambda: parent))
    assert kernel.present_cell() == ("b7", "1")
    monkeypatch.setattr(kernel, "_shell", lambda: SimpleNamespace(get_parent=lambda: {}))
    assert kernel.present_cell() == (None, None)


def test_the_handler_of_the_idle_kernel_is_replaced(monkeypatch):
    shell = SimpleNamespace(kernel=SimpleNamespace(saved_sigint_handler=signal.SIG_IGN))
    monkeypatch.setattr(kernel, "_shell", lambda: shell)
    kernel.hear_interrupts()
    assert shell.kernel.saved_sigint_handler is kernel.interrupted
