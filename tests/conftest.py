"""What every test needs: kernels that do not depend on the user's settings."""

import os
import tempfile

import pytest
from canvas import need_chromium
from execute_notebooks import environment
from lab import browser

# these scripts need PyTorch, which is no dependency: they made the figures that the tests read
collect_ignore = ["reference"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Give nbval's kernels the surroundings in which the stored outputs were made."""
    folder = tempfile.TemporaryDirectory(prefix="gdviz-ipython-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    os.environ.update(environment(folder.name))


@pytest.fixture(scope="module")
def chromium():
    """A browser; without one the test is skipped, and fails in continuous integration."""
    need_chromium()
    with browser() as found:
        yield found
