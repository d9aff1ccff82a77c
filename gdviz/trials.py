"""A table of experiments that are run when they are asked for, and kept, in a file if one likes."""

import json
from pathlib import Path

import numpy as np

from gdviz.checks import counted

__all__ = ["Trials"]


class Trials:
    """Experiments by row and column, each run once, when it is asked for, and kept.

    `run(row, column)`, names of a row and of a column, returns the scores of the experiment: one
    number for each of its seeds, in one call. `trials[row, column]` are these scores, run now
    unless they are there; `fill` runs many.

    With `file` they are kept in that file too, and are there when the notebook is opened again. The
    file is put in its place as a whole after every experiment, so that a crash leaves the one
    before. It also holds `about`, words for the setting: scores of another setting are not taken.
    A file that cannot be read, or is of another setting, is left as it is: `trouble` says so in
    words, and nothing is kept in it. `keep(file)` names the file later: what was run stays.

    `stored` are scores that are known without a run: for rows by name, a dict from column to
    scores.

    >>> trials = Trials(lambda row, column: [len(row) * len(column)], ["a", "bb"], ["c", "ddd"])
    >>> trials["bb", "ddd"]
    array([6.])
    >>> trials.means
    array([[nan, nan],
           [nan,  6.]])
    >>> print(trials)
    1 of 4 experiments is run.
    """

    def __init__(self, run, rows, columns, file=None, about="", stored=None):
        self.run, self.rows, self.columns, self.about = run, list(rows), list(columns), str(about)
        self.file, self.kept, self.trouble = None, {}, ""
        self.stored = {
            (row, column): np.atleast_1d(np.asarray(scores, dtype=float))
            for row, scores_of_row in (stored or {}).items()
            for column, scores in scores_of_row.items()
        }
        if file is not None:
            self._take(file)

    def __getitem__(self, place):
        row, column = place
        for what, name, names in (("row", row, self.rows), ("column", column, self.columns)):
            if name not in names:
                raise KeyError(f"there is no {what} {name!r}: it is one of {', '.join(names)}")
        if place in self.stored:
            return self.stored[place]
        if place not in self.kept:
            self.kept[place] = np.atleast_1d(np.asarray(self.run(row, column), dtype=float))
            self._write()
        return self.kept[place]

    def keep(self, file):
        """Keep what was run in a file too, with what is in it already, and return the trials."""
        self._take(file)
        self._write()
        return self

    def fill(self, rows=None, columns=None, progress=None):
        """Run what is missing of these rows and columns, of all by default, and return the trials.

        `progress(done, of, words)`, such as `gd.Progress()`, is called before every experiment, and
        ends it with False. *Interrupt Kernel* does too. What was run until then is kept.
        """
        rows, columns = (
            every if given is None else [given] if isinstance(given, str) else given
            for given, every in ((rows, self.rows), (columns, self.columns))
        )
        places = [(row, column) for row in rows for column in columns]
        try:
            for done, place in enumerate(places):
                words = f"{place[0]}, {place[1]}"
                if progress is not None and progress(done, len(places), words) is False:
                    return self
                self[place]
            if progress is not None and places:
                progress(len(places), len(places), "")
        except KeyboardInterrupt:
            pass
        return self

    @property
    def done(self):
        """Which experiments are run: `(rows, columns)`."""
        known = self._known
        return np.array([[(row, one) in known for one in self.columns] for row in self.rows])

    @property
    def means(self):
        """The mean score of each experiment, `(rows, columns)`, NaN where it is not run."""
        known = self._known
        return np.array(
            [[np.mean(known.get((row, one), np.nan)) for one in self.columns] for row in self.rows]
        )

    @property
    def _known(self):
        return self.kept | self.stored

    def __str__(self):
        of, run = counted(self.done.size, "experiment"), len(self.kept)
        words = f"{run} of {of} {'is' if run == 1 else 'are'} run"
        if self.file and not self.trouble:
            words += f" and kept in {self.file.name}"
        if self.stored:
            words += f", {len(self.stored)} more are stored"
        return f"{words}. {self.trouble}".rstrip()

    __repr__ = __str__

    def _take(self, file):
        """Name the file, and take what is in it and not run yet."""
        self.file, self.trouble = Path(file), ""
        if self.file.exists():
            self.kept = self._read() | self.kept

    def _read(self):
        try:
            content = json.loads(self.file.read_text(encoding="utf-8"))
            about, table = content["about"], content["scores"]
            kept = {
                (row, column): np.array([np.nan if x is None else float(x) for x in scores])
                for row, scores_of_row in table.items()
                for column, scores in scores_of_row.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._give_up("cannot be read: it is damaged, or not a file of trials")
            return {}
        if about != self.about:
            self._give_up(f"is of another setting: {about!r}")
            return {}
        # names that are gone are of no use
        return {
            place: scores
            for place, scores in kept.items()
            if place[0] in self.rows and place[1] in self.columns
        }

    def _give_up(self, why):
        self.trouble = (
            f"{self.file.name} {why}. It is left as it is, and nothing is kept in it: delete or "
            "rename it, or give another name, and run the cell again."
        )

    def _write(self):
        if self.file is None or self.trouble:
            return
        table = {}
        for (row, column), scores in self.kept.items():
            numbers = [float(x) if np.isfinite(x) else None for x in scores]
            table.setdefault(row, {})[column] = numbers
        beside = self.file.with_name(f".{self.file.name}.new")
        try:
            beside.write_text(json.dumps({"about": self.about, "scores": table}), encoding="utf-8")
            beside.replace(self.file)
        except OSError as error:
            self._give_up(f"cannot be written: {error.strerror}")
