"""A notebook as a page: nbconvert with a template of ours, its Markdown and its highlighting."""

import ast
import base64
import html
import re
import struct
from pathlib import Path
from urllib.parse import quote

from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Number, Operator, String

from pages.questions import asked_in

HERE = Path(__file__).parent
HEADING = re.compile(r"^(#{1,3})\s+(.+?)\s*$", re.MULTILINE)
MINUTES = re.compile(r"\s*\((\d+) min(?:, optional)?\)\s*$")
# what is said to those who run the notebook
TO_RUN = re.compile(r"\s*·\s*\*Run → Run All[^*]*\*")
CELL_OF = re.compile(r"#\s*(Figure|Proof|Setup)\b[:,]?\s*(.*)")
SCROLLED = '<div class="gd-wide" tabindex="0" role="group" aria-label="a {}">'
BACK = re.compile(r"\[Back to the top\]\([^)]*\)")


class Renderer(IPythonRenderer):
    """Markdown as HTML: mathematics as MathML, notebooks as pages."""

    def block_math(self, body):
        return f"{SCROLLED.format('formula')}{convert(body.strip(), display='block')}</div>"

    def inline_math(self, body):
        return convert(body.strip())

    def heading(self, text, level, **attributes):
        plain = html.unescape(re.sub(r"<[^>]+>", "", text))
        minutes = MINUTES.search(plain)
        told = MINUTES.sub("", text) if minutes else text
        more = f" <small>{minutes[1]} min</small>" if minutes else ""
        return f'<h{level} id="{html.escape(anchor(plain))}">{told}{more}</h{level}>\n'

    def link(self, text, url, title=None):
        path, mark, place = url.partition("#")
        if path.endswith(".ipynb") and "/" not in path.removeprefix("notebooks/"):
            stem = path.removeprefix("notebooks/").removesuffix(".ipynb")
            url = f"{stem}.html{mark}{place}"
        return super().link(text, url, title)

    def block_code(self, code, info=None):
        return highlighted(code, (info or "text").strip())


class Highlighted(HtmlFormatter):
    """Code in colours where they tell something: half of the page would be marks otherwise."""

    def _get_css_classes(self, ttype):
        kinds = (Comment, Keyword, Number, String, Operator.Word)
        return super()._get_css_classes(ttype) if any(ttype in kind for kind in kinds) else ""


def highlighted(source, language="ipython3"):
    """Return code as HTML."""
    code = highlight(source, get_lexer_by_name(language), Highlighted())
    return f'<div class="gd-source" tabindex="0" role="group" aria-label="code">{code}</div>'


def anchor(heading):
    """Return the name under which JupyterLab, too, finds a heading."""
    return heading.strip().replace(" ", "-")


def markdown(text):
    """Return Markdown as HTML; what is wide can be scrolled aside, by keyboard too."""
    renderer = Renderer(escape=False, exclude_anchor_links=True)
    found = MarkdownWithMath(renderer=renderer).render(text)
    found = found.replace("<table>", f"{SCROLLED.format('table')}<table>")
    # a corner that heads nothing
    found = found.replace("<th></th>", "<td></td>")
    return found.replace("</table>", "</table></div>")


class PageExporter(HTMLExporter):
    """Writes a page; ``figures`` and ``asked`` tell by cell what was baked and what is asked."""

    template_name = "gdviz"

    def __init__(self, **options):
        super().__init__(extra_template_basedirs=[str(HERE / "templates")], **options)

    def page(self, notebook, about):
        """Return the page of a notebook; ``about`` is what the templates need besides."""
        resources = {"blocks": about["blocks"], "sections": about["sections"]}
        # the names of the templates' own variables are those of the page
        self.environment.globals.update(about["shared"])
        return self.from_notebook_node(notebook, resources)[0]

    def plain(self, template, **about):
        """Return a page that is made from no notebook."""
        self.environment.globals.update(about)
        return self.environment.get_template(template).render()


class Page:
    """The blocks of a page, from the stored cells of a notebook and what was baked of them."""

    def __init__(self, stem, notebook, figures, clinics, asked, places):
        self.stem, self.notebook = stem, notebook
        self.figures, self.clinics, self.asked, self.places = figures, clinics, asked, places
        self.pictures, self.sections = {}, []
        self.place = ""
        self.blocks = []
        self.deeper, self.waiting = None, []
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                self._text(cell, number)
            elif cell.cell_type == "code":
                self._code(cell, number)
        self._close(1)
        opening = next((block for block in self.blocks if "figure" in block), None)
        if opening is not None:
            opening["figure"] = {**opening["figure"], "opening": True}
        self.opening = opening

    @property
    def head(self):
        """The title, the question and the minutes, as the first cell tells them."""
        lines = [line for line in self.notebook.cells[0].source.splitlines() if line.strip()]
        title = lines[0].lstrip("# ").strip()
        minutes = re.search(r"\*\*(\d+) minutes\*\*", self.notebook.cells[0].source)
        name, _, question = title.partition(": ")
        question = question or (lines[1] if len(lines) > 1 else "")
        return {
            "stem": self.stem,
            "number": self.stem[:2],
            "short": name,
            "title": name,
            "question": question[:1].upper() + question[1:],
            "minutes": int(minutes[1]) if minutes else None,
        }

    def _text(self, cell, number):
        source = BACK.sub("", TO_RUN.sub("", cell.source)).strip()
        heading = HEADING.match(source)
        if heading:
            level, told = len(heading[1]), heading[2]
            self.place = anchor(told)
            self._close(level)
            if level == 2:
                minutes = MINUTES.search(told)
                plain = MINUTES.sub("", told).strip()
                if plain == "The end":
                    return
                about = {"name": plain, "anchor": self.place, "minutes": minutes and minutes[1]}
                self.sections.append(about)
                if cell.metadata.get("jp-MarkdownHeadingCollapsed"):
                    self.blocks.append({"kind": "open", **about})
                    self.deeper = level
                    source = source[heading.end() :].strip()
        if source:
            self.blocks.append({"kind": "text", "html": markdown(source), "first": number == 0})

    def _close(self, level):
        if self.deeper is not None and level <= self.deeper:
            self.blocks.append({"kind": "close"})
            self.deeper = None

    def _code(self, cell, number):
        tags = cell.metadata.get("tags", [])
        hidden = "hide-input" in tags or cell.metadata.get("jupyter", {}).get("source_hidden")
        code = {"kind": "code", "opened": not hidden, "html": highlighted(cell.source)}
        code["name"] = self._name(cell.source) if hidden else "Show the code"
        places = self._places()
        asks = asked_in(cell.source)
        attempt = is_attempt(cell.source)
        if hidden and cell.source.startswith("# Setup") and not cell.outputs:
            self.waiting.append(code["html"])
            return
        if not (asks or attempt) and not hidden:
            self.blocks.append(code)
        if number in self.asked:
            self.blocks.append({**self.asked[number], "places": places})
        elif number in self.figures:
            self._picture(cell, number, "live", places)
        elif number in self.clinics:
            self._picture(cell, number, "clinic", places)
        else:
            for place, output in enumerate(cell.outputs):
                data = output.get("data", {})
                if output.output_type == "stream" and hidden:
                    said = html.escape(output.text.rstrip())
                    code["html"] += f'<pre class="gd-output" tabindex="0">{said}</pre>'
                elif output.output_type == "stream":
                    self.blocks.append({"kind": "output", "text": output.text.rstrip()})
                elif "image/png" in data:
                    self._picture(cell, number, "picture", places, place)
                elif "text/html" in data:
                    self.blocks.append({"kind": "text", "html": data["text/html"]})
                elif "text/plain" in data:
                    self.blocks.append({"kind": "output", "text": data["text/plain"].rstrip()})
        if hidden and not asks:
            code["html"] = "".join([*self.waiting, code["html"]])
            self.waiting = []
            self.blocks.append(code)

    def _picture(self, cell, number, kind, places, place=None):
        outputs = [cell.outputs[place]] if place is not None else cell.outputs
        data = next((o.data for o in outputs if "image/png" in o.get("data", {})), None)
        name = f"{self.stem}-{number}"
        block = {
            "kind": kind,
            "name": name,
            "places": places,
            "alt": "",
            "width": 1000,
            "height": 400,
        }
        if data is not None:
            png = base64.b64decode(data["image/png"])
            self.pictures[name] = png
            block["width"], block["height"] = struct.unpack(">II", png[16:24])
            block["alt"] = data.get("text/plain", "").strip()
        if kind != "picture":
            block["figure"] = (self.figures | self.clinics)[number]
        self.blocks.append(block)

    def _places(self):
        binder = f"{self.places['binder']}/{self.stem}.ipynb".replace("00_start_here.ipynb/", "")
        place = f"%23{quote(quote(self.place, safe='()'))}" if self.place else ""
        return {"binder": f"{binder}{place}", "file": f"notebooks/{self.stem}.ipynb"}

    @staticmethod
    def _name(source):
        line = CELL_OF.match(source.lstrip().splitlines()[0]) if source.strip() else None
        if not line:
            return "Show the code"
        kind, told = line[1].lower(), line[2].strip().rstrip(".")
        shown = {"figure": "Show the code of this figure", "proof": "Show the proof"}
        return shown.get(kind, f"Show the code: {told or kind}") + (
            f": {told}" if kind == "proof" and told else ""
        )


def is_attempt(source):
    """Say whether a cell only waits for an answer: name = ..."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return len(body) == 1 and isinstance(body[0], ast.Assign) and "..." in source
