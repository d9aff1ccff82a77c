"""Ink: what moving artists draw, recorded as strokes that a browser replays.

A frame of ink is plain data and depends on nothing else:

    {"strokes": [{"n": 3, "fill": None, "stroke": "rgba(213,94,0,1)", "width": 1.5, ...}, ...],
     "points": bytes of float32, x and y in device pixels from the top left,
     "codes": bytes, one for each point}

A stroke takes the next ``n`` points as its path. A stroke with ``at`` is a marker: the next ``at``
points are the places at which that path is drawn; one with a name, ``glides``, glides in Play from
where it is in one frame to where it is in the next. A stroke with ``cells`` fills the ``box`` with
the picture of that name; ``clip`` is the rectangle outside which nothing is drawn.
"""

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgb
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Bbox

__all__ = ["Ink", "play", "recoloured", "record"]

CAPS = {"butt": "butt", "projecting": "square", "round": "round"}


class Ink(RendererBase):
    """A renderer that writes down what artists draw instead of drawing it."""

    def __init__(self, width, height, dpi):
        super().__init__()
        self.width, self.height, self.dpi = width, height, dpi
        self.strokes, self.cells = [], {}
        self._points, self._codes = [], []
        self._glides = None

    def get_canvas_width_height(self):
        return self.width, self.height

    def points_to_pixels(self, points):
        return points * self.dpi / 72

    @property
    def frame(self):
        """The frame recorded so far, as plain data."""
        points = np.concatenate(self._points) if self._points else np.empty((0, 2))
        points = np.stack([points[:, 0], self.height - points[:, 1]], axis=1)
        return {
            "strokes": self.strokes,
            "points": points.astype("<f4").tobytes(),
            "codes": b"".join(self._codes),
        }

    def open_group(self, s, gid=None):
        self._glides = gid

    def close_group(self, s):
        self._glides = None

    def draw_path(self, gc, path, transform, rgbFace=None):  # noqa: N803
        style = self._style(gc, rgbFace)
        if style is not None:
            self._write(path, transform, rgbFace is None, style)

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):  # noqa: N803
        style = self._style(gc, rgbFace)
        places = trans.transform(path.vertices)
        places = places[np.isfinite(places).all(axis=1)]
        near = 4 * max(self.width, self.height)
        places = places[(np.abs(places) < near).all(axis=1)]
        if style is None or not len(places):
            return
        # a marker is turned upside down with the rest of the picture: about its own place
        about = marker_trans + Affine2D().translate(0, self.height)
        style["at"] = len(places)
        if self._glides and len(places) == 1:
            style["glides"] = self._glides
        self._write(marker_path, about, False, style)
        self._take(places, np.zeros(len(places), np.uint8))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        vertices, codes = _glyphs(s, prop, bool(ismath))
        if not len(vertices):
            return
        turned = Affine2D().scale(
            self.points_to_pixels(prop.get_size_in_points()) / text_to_path.FONT_SCALE
        )
        turned = turned.rotate_deg(angle).translate(x, self.height - y)
        gc.set_linewidth(0)
        self.draw_path(gc, Path(vertices, codes), turned, gc.get_rgb())

    def draw_cells(self, box, name, indices, palette, clip):
        """Fill ``box`` (left, bottom, right, top) with coloured cells, the bottom row first."""
        self.cells[name] = {
            "rows": indices.shape[0],
            "columns": indices.shape[1],
            "indices": np.ascontiguousarray(indices[::-1], np.uint8).tobytes(),
            "palette": palette,
        }
        self.strokes.append({"n": 0, "cells": name, "box": self._flipped(*box), "clip": clip})

    def get_text_width_height_descent(self, s, prop, ismath):
        return _extent(s, prop, bool(ismath), self.dpi)

    def draw_image(self, gc, x, y, im, transform=None):
        rows, columns = im.shape[:2]
        pixels = np.ascontiguousarray(im[::-1], np.uint8).tobytes()
        name = f"{rows}x{columns}:{blake2b(pixels, digest_size=8).hexdigest()}"
        self.cells[name] = {"rows": rows, "columns": columns, "pixels": pixels}
        box = self._flipped(x, y, x + columns, y + rows)
        clip = self.clip(gc.get_clip_rectangle())
        self.strokes.append({"n": 0, "cells": name, "box": box, "clip": clip})

    def clip(self, box):
        """The rectangle of a Bbox as a frame tells it: x, y, width, height from the top left."""
        return None if box is None else self._flipped(*box.extents)

    def _flipped(self, left, bottom, right, top):
        return [round(float(v), 2) for v in (left, self.height - top, right - left, top - bottom)]

    def _style(self, gc, face):
        width = self.points_to_pixels(gc.get_linewidth())
        *rgb, alpha = gc.get_rgb()
        stroke = _css(rgb, alpha) if width > 0 and alpha > 0 else None
        fill = None
        if face is not None:
            opacity = gc.get_alpha() if gc.get_forced_alpha() or len(face) < 4 else face[3]
            fill = _css(face[:3], opacity) if opacity > 0 else None
        if stroke is None and fill is None:
            return None
        style = {"stroke": stroke, "fill": fill, "width": round(width, 3)}
        offset, dashes = gc.get_dashes()
        if dashes is not None and stroke:
            style["dash"] = [round(float(self.points_to_pixels(dash)), 3) for dash in dashes]
            style["shift"] = round(float(self.points_to_pixels(offset)), 3)
        style["cap"], style["join"] = CAPS[gc.get_capstyle()], str(gc.get_joinstyle())
        style["clip"] = self.clip(gc.get_clip_rectangle())
        return style

    def _write(self, path, transform, is_line, style):
        if path.codes is None and len(path.vertices) < 128:
            points = transform.transform(path.vertices)
            # the common case: a short line without gaps, all of it near the picture
            if len(points) and np.abs(points).max() < 4 * max(self.width, self.height):
                codes = np.full(len(points), Path.LINETO, np.uint8)
                codes[0] = Path.MOVETO
                self.strokes.append({"n": len(points), **style})
                self._take(points, codes)
                return
        window = (0, 0, self.width, self.height) if is_line else None
        clean = path.cleaned(transform, remove_nans=True, clip=window, curves=True)
        kept = clean.codes != Path.STOP
        points, codes = clean.vertices[kept], clean.codes[kept]
        if len(points):
            far = 8 * max(self.width, self.height)
            self.strokes.append({"n": len(points), **style})
            self._take(np.clip(points, -far, far), codes)

    def _take(self, points, codes):
        self._points.append(points)
        self._codes.append(codes.astype(np.uint8).tobytes())


@lru_cache(maxsize=512)
def _glyphs(text, prop, ismath):
    vertices, codes = text_to_path.get_text_path(prop, text, ismath)
    return np.array(vertices, dtype=float).reshape(-1, 2), np.array(codes, dtype=np.uint8)


@lru_cache(maxsize=1024)
def _extent(text, prop, ismath, dpi):
    measure = RendererBase.get_text_width_height_descent
    return measure(Ink(1, 1, dpi), text, prop, ismath)


def _css(rgb, alpha):
    red, green, blue = (round(255 * float(part)) for part in rgb)
    return f"rgba({red},{green},{blue},{round(float(alpha), 3):g})"


def record(artists, width, height, dpi):
    """Return the ink of ``artists``, drawn in their order, on a canvas of so many pixels.

    >>> from matplotlib.lines import Line2D
    >>> ink = record([Line2D([0, 10], [0, 20], color="red")], 100, 50, dpi=72)
    >>> ink.strokes[0]["stroke"]
    'rgba(255,0,0,1)'
    >>> np.frombuffer(ink.frame["points"], "<f4").tolist()
    [0.0, 50.0, 10.0, 30.0]
    """
    ink = Ink(width, height, dpi)
    for artist in artists:
        artist.draw(ink)
    return ink


def recoloured(frame, colour, edge="#FFFFFF"):
    """Return a frame in one colour with a pale edge around it: the trail of a pinned run.

    Markers stay filled, areas become outlines, and lines are thinner than those of the present run,
    so that the trail does not pass for it.

    >>> from matplotlib.lines import Line2D
    >>> frame = record([Line2D([0, 10], [0, 20], color="red")], 100, 50, dpi=72).frame
    >>> recoloured(frame, "#0000FF")["strokes"][0]["stroke"]
    'rgba(0,0,255,0.8)'
    """
    paint, halo = _css(to_rgb(colour), 0.8), _css(to_rgb(edge), 0.5)
    strokes = []
    for stroke in frame["strokes"]:
        if "at" in stroke:
            look = {"fill": stroke["fill"] and paint, "stroke": halo}
            look["width"] = max(stroke["width"], 1.0)
        else:
            width = max(0.6 * stroke["width"], 1.5)
            look = {"fill": None, "stroke": paint, "halo": halo, "width": round(width, 3)}
        strokes.append({**stroke, **look})
    return {**frame, "strokes": strokes}


def play(frame, renderer, height):
    """Draw a frame with a matplotlib renderer of that ``height``: what canvas.js does in a browser.

    Cells and pictures are left out: their pixels are not part of the frame.
    """
    points = np.frombuffer(frame["points"], "<f4").reshape(-1, 2).astype(float)
    codes = np.frombuffer(frame["codes"], np.uint8)
    at = 0
    for stroke in frame["strokes"]:
        path = Path(points[at : at + stroke["n"]], codes[at : at + stroke["n"]])
        at += stroke["n"]
        places = points[at : at + stroke.get("at", 0)]
        at += len(places)
        if "cells" in stroke:
            continue
        upright = Affine2D().scale(1, -1).translate(0, height)
        for colour, more in ((stroke.get("halo"), 3.0), (stroke["stroke"], 0.0)):
            gc = _context(stroke, colour, more, height, renderer)
            if colour is None and (more or stroke["fill"] is None):
                continue
            face = None if more or stroke["fill"] is None else _rgba(stroke["fill"])
            if len(places):
                flat = Affine2D().scale(1, -1)
                renderer.draw_markers(gc, path, flat, Path(places), upright, face)
            else:
                renderer.draw_path(gc, path, upright, face)


def _context(stroke, colour, more, height, renderer):
    scale = renderer.points_to_pixels(1.0)
    gc = renderer.new_gc()
    gc.set_foreground(_rgba(colour) if colour else (0, 0, 0, 0), isRGBA=True)
    gc.set_linewidth((stroke["width"] + more) / scale if colour else 0)
    gc.set_capstyle("projecting" if stroke["cap"] == "square" else stroke["cap"])
    gc.set_joinstyle(stroke["join"])
    if "dash" in stroke and not more:
        gc.set_dashes(stroke["shift"] / scale, [dash / scale for dash in stroke["dash"]])
    if stroke["clip"] is not None:
        left, top, width, tall = stroke["clip"]
        gc.set_clip_rectangle(Bbox.from_bounds(left, height - top - tall, width, tall))
    return gc


def _rgba(css):
    *rgb, alpha = (float(part) for part in css[5:-1].split(","))
    return (*(part / 255 for part in rgb), alpha)
