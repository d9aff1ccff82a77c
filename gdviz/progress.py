"""A bar that fills while something long is computed, with a Stop button."""

import ipywidgets as widgets
from IPython.display import display

from gdviz.checks import counted


class Progress:
    """A bar with a Stop button, shown at its first call: `progress(done, of, words)`.

    The call tells how far something is and returns whether to go on: False once Stop was pressed.
    JupyterLab hears the button while a cell runs where the kernel has subshells (ipykernel 7);
    *Interrupt Kernel* stops `gd.train` anywhere. `train` calls it, and a loop of your own may:

    >>> progress = Progress()
    >>> for number in range(3):
    ...     if not progress(number, 3):
    ...         break
    a bar: 3 steps, with a Stop button
    >>> progress.stopped
    False

    What is stored of it is this line, the same whatever the time and the end.
    """

    def __init__(self):
        self.stopped = False
        self.bar = widgets.IntProgress(layout={"width": "260px"})
        self.words = widgets.Label()
        self.button = widgets.Button(
            description="Stop", icon="stop", tooltip="stop here, and keep what there is"
        )
        self.button.on_click(self.stop)
        # ipykernel 7.4 hands a click to the shell that last spoke of the button, which is busy with
        # the cell; the page asks for another, which is free
        self.button.comm._reply_subshell_for = lambda data, asked: asked
        self.widget = widgets.HBox([self.bar, self.button, self.words])
        self.shown = False

    def stop(self, button=None):
        """Let the next call return False."""
        self.stopped = True
        self.button.disabled = True

    def __call__(self, done, of, words=""):
        if not done:
            self.stopped, self.button.disabled = False, False
        self.bar.max, self.bar.value = of, done
        if not self.shown:
            self.shown = True
            display(self)
        if done >= of:
            self.button.disabled = True
        said = f"stopped at {done:,} of {of:,}" if self.stopped else f"{done:,} of {of:,}"
        self.words.value = f"{said} · {words}" if words else said
        return not self.stopped

    def __repr__(self):
        return f"a bar: {counted(self.bar.max, 'step')}, with a Stop button"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {**self.widget._repr_mimebundle_(), "text/plain": repr(self)}
