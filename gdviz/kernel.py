"""What a live figure must know of the kernel that it runs in: which cell, and how it is stopped."""

import contextlib
import ctypes
import threading

_computing = None


def present_cell():
    """Return the id of the cell that runs and the id of this run of it, or (None, None).

    >>> present_cell()
    (None, None)
    """
    shell = _shell()
    try:
        parent = shell.get_parent()
        return parent["metadata"]["cellId"], parent["header"]["msg_id"]
    except (AttributeError, KeyError, TypeError):
        return None, None


@contextlib.contextmanager
def stoppable():
    """Let *Interrupt Kernel* raise KeyboardInterrupt here, whichever thread this is.

    In the main thread Python does that by itself. JupyterLab answers sliders in another thread,
    which no signal reaches.
    """
    global _computing
    if threading.current_thread() is not threading.main_thread():
        _computing = threading.get_ident()
    try:
        yield
    finally:
        _computing = None


def hear_interrupts():
    """Pass the interrupts that an idle kernel ignores on to what is computing in another thread."""
    kernel = getattr(_shell(), "kernel", None)
    # the handler that the kernel puts back when the cell is done
    if hasattr(kernel, "saved_sigint_handler"):
        kernel.saved_sigint_handler = interrupted


def interrupted(signal_number=None, where=None):
    """Raise KeyboardInterrupt in the thread that computes, if one does."""
    if _computing is not None:
        raised = ctypes.py_object(KeyboardInterrupt)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(_computing), raised)


def _shell():
    from IPython import get_ipython

    return get_ipython()
