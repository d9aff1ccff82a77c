"""Frames of ink in few bytes: every shape and every look once, places as small differences.

Neighbouring frames differ little. So a shape (the points of a stroke, counted from its first one)
is written where it first occurs, as what differs from the shape that stood in its place in the
frame before, and named by a number from then on: letters and marks are written once for a whole
figure. Moving strokes lie on a grid of a quarter pixel, letters and marks on one of a sixteenth.
All numbers are varints in a few streams of their own kind, which one deflate packs. ``page.js``
reads it.
"""

import json
import struct
import zlib

import numpy as np
from matplotlib.path import Path

COARSE, FINE = 4, 16
STREAMS = ("counts", "styles", "shapes", "places", "forms", "deltas", "codes", "states", "cells")
LINE, PLACES = b"\1" + b"\2" * 20_000, bytes(20_001)


class Packer:
    """What has been written so far; ``add`` takes frames one after the other."""

    def __init__(self):
        self.streams = {name: bytearray() for name in STREAMS}
        self.styles, self.shapes, self.codes, self.frames = {}, {}, {}, {}
        self.cells, self.weights, self.places = {}, {}, {}
        self.last = {}

    def add(self, place, frame, trail=()):
        """Write a frame of ink, and return its number, that of an equal one if there is one.

        ``place`` names what it is compared with: the last frame that was written there. ``trail``
        has a look for each stroke that stays when it is pinned, and None for the others.
        """
        before = self.last.get(place, [])
        points = np.frombuffer(frame["points"], "<f4").reshape(-1, 2)
        coarse = np.rint(np.clip(points, -8000, 8000) * COARSE).astype(np.int32)
        codes = frame["codes"]
        strokes, at = [], 0
        for number, stroke in enumerate(frame["strokes"]):
            style = {key: value for key, value in stroke.items() if key not in ("n", "at")}
            if number < len(trail) and trail[number]:
                style["pinned"] = trail[number]
            if "at" in stroke:
                style["marks"] = 1
            parts = []
            for count in (stroke["n"], stroke.get("at", 0)):
                part = slice(at, at + count)
                at += count
                if count:
                    parts.append((codes[part], coarse[part], points[part]))
            if len(parts) == 2 or (parts and max(parts[0][0]) > Path.LINETO):
                parts[0] = (*parts[0], FINE)
            old = before[number][1] if number < len(before) else []
            strokes.append(
                (
                    self._style(style),
                    [
                        self._part(part, old[i] if i < len(old) else None)
                        for i, part in enumerate(parts)
                    ],
                )
            )
        told = tuple(
            (style, tuple((shape, x, y) for shape, x, y, _, _ in parts)) for style, parts in strokes
        )
        if told not in self.frames:
            self.frames[told] = len(self.frames)
            self._write(place, strokes, before)
            self.last[place] = strokes
        return self.frames[told]

    def _style(self, style):
        return self.styles.setdefault(json.dumps(style, sort_keys=True), len(self.styles))

    def _part(self, part, old):
        """Return ``(number of the shape, x, y, points from the first, codes)``."""
        codes, coarse, points, *fine = part
        x, y = coarse[0].tolist()
        shape = coarse - coarse[0]
        if fine:
            shape = np.rint((points - points[0]) * FINE).astype(np.int32)
        key = (codes, bool(fine), shape.tobytes())
        if key not in self.shapes:
            self.shapes[key] = len(self.shapes)
            self._write_shape(shape, codes, bool(fine), old)
        return self.shapes[key], x, y, shape, codes

    def _write_shape(self, shape, codes, fine, old):
        count = len(shape)
        # a line moves to its first point and goes on from there; marks have no codes at all
        kind = {LINE[:count]: 1, PLACES[:count]: 0}.get(codes) if count <= len(LINE) else None
        if kind is None:
            new = codes not in self.codes
            kind = 2 + self.codes.setdefault(codes, len(self.codes))
            if new:
                self._put("codes", [count])
                self.streams["codes"] += codes
        along = np.diff(shape, axis=0)
        ways = [along]
        if old is not None:
            common = min(count, len(old[3]))
            ways.append(np.concatenate([shape[1:common] - old[3][1:common], along[common - 1 :]]))
        costs = [np.log2(1 + np.abs(way)).sum() for way in ways]
        way = int(np.argmin(costs))
        self._put("forms", [kind, count, 2 * way + fine])
        self._put("deltas", np.concatenate([ways[way][:, 0], ways[way][:, 1]]), signed=True)

    def _write(self, place, strokes, before):
        self._put("counts", [self.places.setdefault(place, len(self.places)), len(strokes)])
        self._put("styles", [style for style, _ in strokes])
        for number, (_, parts) in enumerate(strokes):
            old = before[number][1] if number < len(before) else []
            for i, (shape, x, y, _, _) in enumerate(parts):
                was = old[i][1:3] if i < len(old) else (0, 0)
                self._put("shapes", [shape])
                self._put("places", [x - was[0], y - was[1]], signed=True)

    @property
    def size(self):
        """How many bytes the frames take so far."""
        for name in self.cells.keys() - self.weights.keys():
            picture = self.cells[name]
            self.weights[name] = len(zlib.compress(picture.get("indices") or picture["pixels"], 6))
        frames = zlib.compress(b"".join(self.streams.values()), 6)
        return len(frames) + sum(self.weights.values())

    def put_columns(self, stream, columns):
        """Write rows of whole numbers, one column after the other, as differences down a column."""
        for column in columns:
            self._put(stream, np.diff(column, prepend=0), signed=True)

    def packed(self, head):
        """Return all of it deflated, with a head of plain data."""
        cells = []
        for name, picture in self.cells.items():
            kind = "indices" if "indices" in picture else "pixels"
            self.streams["cells"] += picture[kind]
            plain = {key: value for key, value in picture.items() if key != kind}
            cells.append({"name": name, "kind": kind, **plain})
        head = {
            **head,
            "styles": [json.loads(style) for style in self.styles],
            "cells": cells,
            "sizes": {name: len(stream) for name, stream in self.streams.items()},
            "numbers": {"frames": len(self.frames), "shapes": len(self.shapes)},
        }
        told = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
        whole = b"".join([struct.pack("<I", len(told)), told, *self.streams.values()])
        return zlib.compress(whole, 9)

    def _put(self, stream, numbers, signed=False):
        self.streams[stream] += varints(numbers, signed)


def varints(numbers, signed=False):
    """Return whole numbers in bytes of seven bits, the lowest first; the eighth says: more comes.

    >>> varints([5, 300]).hex(), varints([-1, 1], signed=True).hex()
    ('05ac02', '0102')
    """
    numbers = np.asarray(numbers, np.int64)
    if signed:
        numbers = np.where(numbers < 0, -2 * numbers - 1, 2 * numbers)
    if not numbers.size or numbers.max() < 128:
        return numbers.astype(np.uint8).tobytes()
    packed = bytearray()
    for number in numbers.tolist():
        while number > 127:
            packed.append(number & 127 | 128)
            number >>= 7
        packed.append(number)
    return bytes(packed)
