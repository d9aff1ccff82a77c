"""A real JupyterLab in a real browser, for tests and benchmarks.

with jupyterlab(folder) as server, browser() as chromium:
    lab = Lab(chromium, server)
    lab.open("02_learning_rate.ipynb")
    lab.run_all()
    figure = lab.figure(0)
    figure.slider("lr").drag_to(1.0)
    figure.wait_for_readout("diverges")
"""

import base64
import contextlib
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect, sync_playwright

START_SECONDS = 60
RUN_SECONDS = 120
ANSWER_SECONDS = 15
SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    # every cell stays in the page, whether it can be seen or not
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {
        "windowingMode": "none",
        "autoStartDefaultKernel": True,
    },
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]
HOW_TO_GET_CHROMIUM = (
    "no Chromium: install it (Debian: apt install chromium) or run `playwright install chromium`"
)


def find_chromium():
    """Return the path of a Chromium, None for playwright's own, or raise FileNotFoundError."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return None
    raise FileNotFoundError(HOW_TO_GET_CHROMIUM)


@contextlib.contextmanager
def browser():
    """A headless Chromium."""
    path = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


@contextlib.contextmanager
def jupyterlab(folder):
    """The address and the token of a JupyterLab on ``folder`` that knows no user's settings."""
    with tempfile.TemporaryDirectory(prefix="gdviz-lab-", ignore_cleanup_errors=True) as home:
        home = Path(home)
        for name, values in SETTINGS.items():
            path = home / "settings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")
        token = secrets.token_hex(16)
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        surroundings = {name: str(home / place) for name, place in places.items()}
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"),
            f"--ServerApp.root_dir={folder}",
            f"--IdentityProvider.token={token}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        with (home / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **surroundings, "JUPYTER_PREFER_ENV_PATH": "1"},
            )
            try:
                yield wait_for_server(process, home), token
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def wait_for_server(process, home):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for path in (home / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(ValueError):
                return json.loads(path.read_text(encoding="utf-8"))["url"]
        time.sleep(0.2)
    raise RuntimeError("JupyterLab does not start:\n" + (home / "log").read_text(encoding="utf-8"))


class Lab:
    """One page of JupyterLab, with a notebook open in it."""

    def __init__(self, chromium, server, width=1366, height=900):
        self.address, self.token = server
        self.page = chromium.new_page(viewport={"width": width, "height": height})
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, notebook):
        """Open a notebook, which has the page to itself, and wait for its kernel."""
        self.page.goto(f"{self.address}doc/tree/{notebook}?reset&token={self.token}")
        self.page.wait_for_function(
            """name => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.context?.path === name && panel.context.isReady
                    && panel.sessionContext.session?.kernel?.status === "idle";
            }""",
            arg=notebook,
            timeout=START_SECONDS * 1000,
        )
        return self

    def run_all(self):
        """Run every cell and wait until the last is done; no cell may end with an error."""
        self.page.set_default_timeout(RUN_SECONDS * 1000)
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.set_default_timeout(ANSWER_SECONDS * 1000)
        # an error keeps the cells after it from being run
        errors = self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const cells = panel.content.widgets.filter(cell => cell.model.type === "code");
                const errors = cells.flatMap(cell => cell.model.toJSON().outputs)
                    .filter(output => output.output_type === "error")
                    .map(output => `${output.ename}: ${output.evalue}`);
                const done = cells.every(cell => cell.model.executionCount > 0);
                return panel.sessionContext.session.kernel.status === "idle"
                    && (done || errors.length) ? errors : null;
            }""",
            timeout=RUN_SECONDS * 1000,
        ).json_value()
        assert not errors, "; ".join(errors)
        return self

    def figure(self, number=0):
        """The live figure of that number, counted from 0 down the notebook."""
        return LiveFigure(self.page, self.page.locator(".gdviz-live").nth(number))

    def kernel(self, code):
        """Run code in the notebook's kernel, and return what it prints."""
        return self.page.evaluate(
            """async code => {
                const panel = window.jupyterapp.shell.currentWidget;
                const future = panel.sessionContext.session.kernel.requestExecute({code});
                let printed = "";
                future.onIOPub = message => {
                    const {content} = message;
                    if (message.header.msg_type === "stream") printed += content.text;
                    if (message.header.msg_type === "error") {
                        throw new Error(`${content.ename}: ${content.evalue}`);
                    }
                };
                const reply = await future.done;
                if (reply.content.status !== "ok") throw new Error(reply.content.evalue);
                return printed;
            }""",
            code,
        )

    def shut_down(self):
        """End the kernel, which holds some hundred megabytes."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def interrupt(self):
        """What the button with the square does."""
        self.page.evaluate(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
        )

    def restart(self):
        self.page.evaluate(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
        )

    def cells(self):
        """The kind and the source of every cell."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .map(cell => [cell.model.type, cell.model.sharedModel.source])"""
        )

    def density(self, ratio):
        """Give the screen so many pixels to a CSS pixel, as zooming does."""
        session = self.page.context.new_cdp_session(self.page)
        # zooming changes the width as well, and pages hear of that
        size = {**self.page.viewport_size}
        size["width"] -= round(4 * (ratio - 1))
        session.send(
            "Emulation.setDeviceMetricsOverride",
            {**size, "deviceScaleFactor": ratio, "mobile": False},
        )

    def screenshot(self, path):
        self.page.screenshot(path=path)

    def close(self):
        self.page.close()


class LiveFigure:
    """A live figure on the page: its controls, its picture, its words."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.image = root.locator(".gdviz-stage")
        expect(self.image).to_be_visible(timeout=START_SECONDS * 1000)
        root.scroll_into_view_if_needed()
        self.picture()

    def control(self, name):
        return self.root.locator(f".gdviz-control-{name}")

    def slider(self, name):
        return Slider(self.page, self.control(name))

    def step(self):
        """The step shown, and how many there are."""
        slider = self.root.locator(".gdviz-step")
        return int(slider.input_value()), int(slider.get_attribute("max"))

    def step_to(self, step):
        """Move the step slider, which is the browser's own."""
        self.root.locator(".gdviz-step").fill(str(step))

    def numbers(self, name):
        """The number fields of a start."""
        fields = self.control(name).locator("input")
        return [float(fields.nth(place).input_value()) for place in range(fields.count())]

    def press(self, button):
        self.root.locator(f".gdviz-{button}").first.click()

    def picture(self):
        """The pixels on the screen, once they are there, as a text that can be compared."""
        return self.image.evaluate(
            """async stage => {
                const figure = stage.parentElement.gdviz;
                while (!figure.drawn) await new Promise(requestAnimationFrame);
                const canvas = document.createElement("canvas");
                [canvas.width, canvas.height] = [figure.back.width, figure.back.height];
                const context = canvas.getContext("2d");
                context.drawImage(figure.back, 0, 0);
                context.drawImage(figure.front, 0, 0);
                return canvas.toDataURL();
            }"""
        )

    def pixels(self):
        """The pixels on the screen, ``(height, width, 3)``."""
        content = base64.b64decode(self.picture().partition(",")[2])
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)

    def ask(self, code):
        """Return what JavaScript gives for the figure of canvas.js, which is ``figure`` there."""
        return self.image.evaluate(
            f"stage => {{ const figure = stage.parentElement.gdviz; {code} }}"
        )

    def frames(self):
        """How many frames the browser has drawn."""
        return self.ask("return figure.drawn;")

    def wait_until(self, code, seconds=ANSWER_SECONDS):
        """Wait until JavaScript says so of the ``figure``."""
        deadline = time.monotonic() + seconds
        while not self.ask(f"return Boolean({code});"):
            assert time.monotonic() < deadline, f"not so: {code}"
            self.page.wait_for_timeout(20)

    def wait_for_frame(self, count, keys=None):
        """Wait until the frame of that number is there, and the still parts of these keys."""
        keys = json.dumps(keys)
        self.wait_until(
            f"figure.frame.count >= {count} && figure.still && figure.drawn"
            f" && ({keys} === null || figure.still.parts.map(part => part.key).join() === {keys})"
        )

    def is_playing(self):
        return self.ask("return Boolean(figure.reel);")

    def readout(self):
        return self.root.locator(".gdviz-readout").inner_text()

    def alternative(self):
        return self.image.get_attribute("aria-label")

    def error(self):
        return self.root.locator(".gdviz-error").first.inner_text()

    def dead(self):
        """What is said when the kernel does not answer."""
        return self.root.locator(".gdviz-dead").inner_text()

    def wait_for_readout(self, words):
        pattern = words if isinstance(words, re.Pattern) else re.compile(re.escape(words))
        expect(self.root.locator(".gdviz-readout")).to_contain_text(
            pattern, timeout=ANSWER_SECONDS * 1000
        )

    def wait_for_error(self, words):
        error = self.root.locator(".gdviz-error").first
        expect(error).to_contain_text(words, timeout=ANSWER_SECONDS * 1000)

    def wait_for_change(self, picture):
        """Wait until the screen no longer shows ``picture``, and then until it stands still."""
        deadline = time.monotonic() + ANSWER_SECONDS
        now = self.picture()
        while now == picture:
            assert time.monotonic() < deadline, "the picture does not change"
            self.page.wait_for_timeout(30)
            now = self.picture()
        return self.wait_for_rest()

    def wait_for_rest(self):
        """Wait until the screen stands still."""
        deadline, now = time.monotonic() + ANSWER_SECONDS, self.picture()
        while True:
            self.page.wait_for_timeout(300)
            before, now = now, self.picture()
            if now == before:
                return now
            assert time.monotonic() < deadline, "the picture does not come to rest"

    def wait_for_picture(self, picture):
        """Wait until the screen shows ``picture`` again."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while self.picture() != picture:
            assert time.monotonic() < deadline, "the picture does not come back"
            self.page.wait_for_timeout(30)

    def drag(self, start, end, moves=12):
        """Press on the picture and drag; places are fractions of it from its top left corner."""
        self.image.scroll_into_view_if_needed()
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=moves)
        self.page.mouse.up()

    def at(self, across, down):
        """Where a place of the picture is on the page."""
        box = self.image.bounding_box()
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def screenshot(self, path):
        self.root.screenshot(path=path)


class Slider:
    """A slider of ipywidgets: its handle, and the number beside it."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.track = root.locator(".noUi-base").first
        self.handle = root.locator(".noUi-handle").first

    def value(self):
        """The number beside the slider, which is a field that can be typed into or a text."""
        field = self.root.locator("input")
        if field.count():
            return float(field.first.input_value())
        return float(self.root.locator(".widget-readout").inner_text())

    def type(self, value):
        """Type an exact value into the number beside the slider."""
        field = self.root.locator("input")
        if field.count():
            field.first.fill(f"{value}")
            field.first.press("Enter")
            return
        readout = self.root.locator(".widget-readout")
        readout.click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(f"{value}")
        self.page.keyboard.press("Enter")

    def drag_to(self, fraction, moves=12):
        """Drag the handle with the mouse to a fraction of the track: 0 is its left end."""
        self.grab()
        self.move_to(fraction, moves)
        self.page.mouse.up()

    def grab(self):
        self.handle.scroll_into_view_if_needed()
        box = self.handle.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()

    def move_to(self, fraction, moves=1):
        box = self.track.bounding_box()
        x, y = box["x"] + fraction * box["width"], box["y"] + box["height"] / 2
        self.page.mouse.move(x, y, steps=moves)

    def press(self, key, times=1):
        """Press a key on the focused handle."""
        self.handle.focus()
        for _ in range(times):
            self.page.keyboard.press(key)
