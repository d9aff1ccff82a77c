// A live figure in a browser: still parts as pictures, what moves as strokes of ink over them.
// Figure knows no widget: it takes plain data and tells what the learner does. The shell for
// Jupyter stands at the end.

const MOVE = 1, LINE = 2, QUADRATIC = 3, CUBIC = 4;
// after SLOW milliseconds of computing, a picture of earlier values turns pale
const SETTLED = 500, SLOW = 400, SWEEP = 2000;
const SPEEDS = [["slow", 0.4], ["normal speed", 1], ["fast", 2.5]];

function view(data, Kind) {
  const bytes = data.buffer ? data : new DataView(data);
  const size = Kind.BYTES_PER_ELEMENT;
  if (bytes.byteOffset % size) {
    return new Kind(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }
  return new Kind(bytes.buffer, bytes.byteOffset, bytes.byteLength / size);
}

function trace(path, points, codes, at, count) {
  for (let i = at; i < at + count; i += 1) {
    const x = points[2 * i], y = points[2 * i + 1];
    if (codes[i] === MOVE) path.moveTo(x, y);
    else if (codes[i] === LINE) path.lineTo(x, y);
    else if (codes[i] === QUADRATIC) {
      path.quadraticCurveTo(x, y, points[2 * i + 2], points[2 * i + 3]);
      i += 1;
    } else if (codes[i] === CUBIC) {
      path.bezierCurveTo(
        x, y, points[2 * i + 2], points[2 * i + 3], points[2 * i + 4], points[2 * i + 5]);
      i += 2;
    } else path.closePath();
  }
}

// The picture of coloured cells, made once for each name.
function paint(cells) {
  const canvas = document.createElement("canvas");
  canvas.width = cells.columns;
  canvas.height = cells.rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(cells.columns, cells.rows);
  if (cells.pixels) {
    image.data.set(view(cells.pixels, Uint8Array));
  } else {
    // one number for a pixel: its bytes are red, green, blue, opacity
    const bytes = cells.palette.flatMap((colour) => {
      const rgb = parseInt(colour.slice(1), 16);
      return [rgb >> 16, (rgb >> 8) & 255, rgb & 255, 255];
    });
    const table = new Uint32Array(new Uint8Array(bytes).buffer);
    const pixels = new Uint32Array(image.data.buffer);
    view(cells.indices, Uint8Array).forEach((index, i) => (pixels[i] = table[index]));
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// Draw a frame of ink. Between two frames (0 < share < 1) a ball glides to its place in the next.
export function replay(context, ink, pictures, next, share) {
  const points = view(ink.points, Float32Array), codes = view(ink.codes, Uint8Array);
  const target = next && share > 0 ? places(next) : null;
  let at = 0, clip = null;
  context.save();
  for (const stroke of ink.strokes) {
    const box = stroke.clip ? stroke.clip.join() : "";
    if (box !== clip) {
      context.restore();
      context.save();
      if (stroke.clip) {
        context.beginPath();
        context.rect(...stroke.clip);
        context.clip();
      }
      clip = box;
    }
    if (stroke.cells) {
      const picture = pictures(stroke.cells);
      context.imageSmoothingEnabled = false;
      if (picture) context.drawImage(picture, ...stroke.box);
      continue;
    }
    const path = new Path2D();
    trace(path, points, codes, at, stroke.n);
    at += stroke.n;
    context.lineCap = stroke.cap;
    context.lineJoin = stroke.join;
    if (!stroke.at) {
      draw(context, stroke, path);
      continue;
    }
    for (let i = at; i < at + stroke.at; i += 1) {
      let x = points[2 * i], y = points[2 * i + 1];
      const to = target && target[stroke.glides];
      if (to) {
        x += share * (to.x - x);
        y += share * (to.y - y);
      }
      context.translate(x, y);
      draw(context, stroke, path);
      context.translate(-x, -y);
    }
    at += stroke.at;
  }
  context.restore();
}

// Where each ball of a frame is, by its name.
function places(ink) {
  const points = view(ink.points, Float32Array), found = {};
  let at = 0;
  for (const stroke of ink.strokes) {
    at += stroke.n;
    if (stroke.glides) found[stroke.glides] = { x: points[2 * at], y: points[2 * at + 1] };
    at += stroke.at || 0;
  }
  return found;
}

function draw(context, stroke, path) {
  if (stroke.halo) {
    context.setLineDash([]);
    context.strokeStyle = stroke.halo;
    context.lineWidth = stroke.width + 3;
    context.stroke(path);
  }
  if (stroke.fill) {
    context.fillStyle = stroke.fill;
    context.fill(path);
  }
  if (stroke.stroke) {
    context.setLineDash(stroke.dash || []);
    context.lineDashOffset = stroke.shift || 0;
    context.strokeStyle = stroke.stroke;
    context.lineWidth = stroke.width;
    context.stroke(path);
  }
}

function wantsNoMotion() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function element(tag, name, parent, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

// What is disabled loses the focus, and with it the place of who uses the keyboard: the next
// control of its row takes it, else the first of the figure.
function passFocus(held, box) {
  const after = (one) => held.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  const open = ":is(button, select, input):enabled";
  const row = held.parentElement ? [...held.parentElement.querySelectorAll(open)] : [];
  const next = row.find(after) || box.querySelector(open);
  if (next) next.focus({ preventScroll: true });
}

export class Figure {
  // `tell(kind, data)` is called with what the learner does.
  constructor(root, tell) {
    this.tell = tell;
    this.pictures = new Map();
    this.parts = new Map();
    this.reel = null;
    this.waiting = false;
    root.classList.add("gdviz-figure");
    this.stage = element("div", "gdviz-stage", root);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "img");
    this.back = element("canvas", "gdviz-still", this.stage);
    this.front = element("canvas", "gdviz-ink", this.stage);
    this.bar = element("div", "gdviz-bar", root);
    this.makeBar();
    this.readout = element("div", "gdviz-readout", root);
    this.error = element("div", "gdviz-error", root);
    this.error.setAttribute("role", "alert");
    this.dead = element("div", "gdviz-error gdviz-dead", root);
    this.dead.setAttribute("role", "alert");
    this.spoken = element("div", "gdviz-spoken", root);
    this.spoken.setAttribute("role", "status");
    this.listen();
  }

  makeBar() {
    this.play = element("button", "gdviz-play", this.bar, "▶ Play");
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.askReel()));
    this.slider = element("input", "gdviz-step", this.bar);
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.setAttribute("aria-label", "step shown");
    this.slider.addEventListener("input", () => this.scrub(Number(this.slider.value)));
    this.count = element("span", "gdviz-count", this.bar);
    this.speed = element("select", "gdviz-speed", this.bar);
    this.speed.setAttribute("aria-label", "speed of Play");
    for (const [name, factor] of SPEEDS) {
      const option = element("option", "", this.speed, name);
      option.value = factor;
      option.selected = factor === 1;
    }
    const pin = element("button", "gdviz-pin", this.bar, "Pin");
    pin.title = "Keep this run to compare with";
    pin.addEventListener("click", () => this.tell("pin", {}));
    const reset = element("button", "gdviz-reset", this.bar, "Reset");
    reset.title = "Back to the first values; takes pinned runs away";
    reset.addEventListener("click", () => this.tell("reset", {}));
    this.chips = element("span", "gdviz-chips", this.bar);
    this.setStory({});
  }

  setStory(story) {
    this.story = story.steps ? story : null;
    // an answer on its way must not move the handle back under the hand
    const asked = this.later || this.asking;
    if (this.story && asked && asked[0] === "step") this.story = { ...story, step: asked[1].step };
    for (const part of [this.play, this.slider, this.count, this.speed]) {
      part.hidden = !this.story;
    }
    if (this.story && !this.timer) this.showStep(this.story.step);
  }

  showStep(step) {
    this.slider.max = this.story.steps;
    this.slider.value = step;
    const { steps, unit } = this.story;
    this.count.textContent = `${unit} ${step.toLocaleString("en")} of ${steps.toLocaleString("en")}`;
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
  }

  // The still parts: decoded before anything is drawn on them.
  async setStill(still) {
    if (!still.parts) return;
    const turn = (this.turn = (this.turn || 0) + 1);
    const parts = await Promise.all(still.parts.map(async (part) => {
      const known = this.parts.get(part.key);
      if (known) return [part, known];
      const blob = new Blob([part.png], { type: "image/png" });
      return [part, await createImageBitmap(blob)];
    }));
    // a later one may be decoded earlier; but one that is late is better than none
    if (turn < this.latest) return;
    this.latest = turn;
    this.still = still;
    this.parts = new Map(parts.map(([part, bitmap]) => [part.key, bitmap]));
    this.stage.style.width = `${still.width}px`;
    for (const canvas of [this.back, this.front]) {
      const width = Math.round(still.width * still.ratio);
      const height = Math.round(still.height * still.ratio);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
    }
    this.drawBack();
    this.drawFront();
  }

  setPins(pins) {
    this.pins = pins;
    this.chips.replaceChildren();
    for (const pin of pins) {
      const chip = element("span", "gdviz-chip", this.chips, pin.name);
      chip.style.setProperty("--pin", pin.colour);
    }
    this.drawBack();
  }

  setCells(cells) {
    for (const name of this.pictures.keys()) if (!(name in cells)) this.pictures.delete(name);
    this.cells = cells;
    // a frame may have come before its cells
    this.drawFront();
  }

  picture(name) {
    const source = (this.reel && this.reel.cells[name]) || (this.cells && this.cells[name]);
    if (!this.pictures.has(name) && source) this.pictures.set(name, paint(source));
    return this.pictures.get(name);
  }

  drawBack() {
    if (!this.still) return;
    const context = this.back.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, this.back.width, this.back.height);
    for (const part of this.still.parts) {
      context.drawImage(this.parts.get(part.key), part.box[0], part.box[1]);
    }
    replay(context, this.still.scene, () => null);
    for (const pin of this.pins || []) replay(context, pin.ink, () => null);
  }

  // A frame from the kernel: it ends what was being played, and answers what was asked.
  setFrame(frame) {
    if (!frame.ink) return;
    this.waiting = this.computing = false;
    clearTimeout(this.dimming);
    this.stage.classList.remove("gdviz-computing");
    this.asking = null;
    this.dead.textContent = "";
    this.frame = frame;
    if (this.reel) this.halt();
    cancelAnimationFrame(this.sweeping);
    this.unseen = null;
    this.drawFront();
    this.tellReadout(frame.readout);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.speak(frame.text), SETTLED);
    if (this.later) {
      const later = this.later;
      this.later = null;
      this.ask(...later);
    }
  }

  speak(text) {
    this.stage.setAttribute("aria-label", text);
    if (this.spoken.textContent !== text) this.spoken.textContent = text;
  }

  drawFront(ink = this.frame && this.frame.ink, next = null, share = 0) {
    if (!ink || !this.still) return;
    const context = this.front.getContext("2d");
    context.clearRect(0, 0, this.front.width, this.front.height);
    replay(context, ink, (name) => this.picture(name), next, share);
    if (this.unseen) context.clearRect(...this.unseen);
    this.drawn = (this.drawn || 0) + 1;
  }

  // A run that was made anew is drawn as it goes: what moves in the first panel appears from its
  // first step to its last.
  sweep() {
    const line = this.frame.ink.strokes.find((stroke) => stroke.clip);
    if (!line || wantsNoMotion()) return;
    const [left, top, width, height] = line.clip, began = performance.now();
    const tick = (now) => {
      const gone = width * Math.max(0, (now - began) / SWEEP);
      this.unseen = gone < width ? [left + gone, top, width - gone, height] : null;
      this.drawFront();
      if (this.unseen) this.sweeping = requestAnimationFrame(tick);
    };
    tick(began);
  }

  tellReadout(readout) {
    const compared = readout.rows.some((row) => row[1]);
    const form = JSON.stringify([compared, Boolean(readout.verdict), readout.rows.map((row) => row[0])]);
    if (form !== this.form) this.layReadout(readout, compared);
    this.form = form;
    const values = readout.rows.flatMap((row) => (compared ? row.slice(1) : row.slice(2)));
    const words = readout.verdict ? [readout.verdict, ...values] : values;
    words.forEach((word, i) => {
      if (this.words[i].textContent !== word) this.words[i].textContent = word;
    });
  }

  // The places of the words, which stay while the same quantities are told.
  layReadout(readout, compared) {
    this.readout.replaceChildren();
    this.words = readout.verdict ? [element("div", "gdviz-verdict-words", this.readout)] : [];
    if (!readout.rows.length) return;
    const table = element("table", "", this.readout);
    if (compared) {
      const head = element("tr", "", element("thead", "", table));
      element("td", "", head);
      for (const name of ["theory", "measured"]) element("th", "", head, name).scope = "col";
    }
    const body = element("tbody", "", table);
    for (const [name] of readout.rows) {
      const row = element("tr", "", body);
      element("th", "", row, name).scope = "row";
      if (compared) this.words.push(element("td", "gdviz-theory", row));
      this.words.push(element("td", "gdviz-measured", row));
    }
  }

  setError(words) {
    this.error.textContent = words;
    if (words) this.waiting = false;
  }

  // Play: the kernel sends a reel of frames once, and the browser shows them at its own pace.
  askReel() {
    if (this.reeling) return;
    const step = this.story.step >= this.story.steps ? 0 : this.story.step;
    this.tell("play", { step });
    // not disabled: a button that is loses the focus, and with it the place of who uses Tab
    this.reeling = true;
    setTimeout(() => (this.reeling = false), 4000);
  }

  setReel(reel) {
    this.reel = reel;
    this.reeling = false;
    this.at = 0;
    this.play.textContent = "■ Stop";
    if (!this.bar.contains(this.bar.getRootNode().activeElement)) {
      this.stage.focus({ preventScroll: true });
    }
    if (wantsNoMotion()) {
      this.timer = setInterval(() => this.advance(reel.frames.length / 8), 1000);
      this.showFrame(0, 0);
      return;
    }
    let before = performance.now();
    const tick = (now) => {
      this.timer = requestAnimationFrame(tick);
      const pace = ((reel.frames.length - 1) / reel.seconds) * Number(this.speed.value);
      this.advance(((now - before) / 1000) * pace);
      before = now;
    };
    this.timer = requestAnimationFrame(tick);
  }

  advance(by) {
    if (!this.reel) return;
    const last = this.reel.frames.length - 1;
    if (this.at >= last) return this.stop();
    this.at = Math.min(last, Math.max(0, this.at + by));
    this.showFrame(Math.floor(this.at), this.at % 1);
  }

  showFrame(index, share) {
    const { frames } = this.reel;
    const frame = frames[index];
    this.drawFront(frame.ink, frames[index + 1] && frames[index + 1].ink, share);
    this.showStep(frame.step);
    this.tellReadout(frame.readout);
  }

  // At the end, and with Stop, the figure is whole again.
  stop() {
    const { step, steps } = this.story;
    this.halt();
    this.showStep(steps);
    this.drawFront();
    if (step !== steps) this.ask("step", { step: steps });
    else if (this.frame) this.tellReadout(this.frame.readout);
  }

  halt() {
    cancelAnimationFrame(this.timer);
    clearInterval(this.timer);
    this.timer = null;
    this.reel = null;
    this.play.textContent = "▶ Play";
    this.reeling = false;
    if (this.story) this.showStep(this.story.step);
  }

  // The kernel computes for a changed control: a film is of earlier values.
  cancel() {
    this.computing = true;
    // what is shown is of earlier values: it says so by being pale, unless the answer comes at once
    clearTimeout(this.dimming);
    this.dimming = setTimeout(() => this.stage.classList.add("gdviz-computing"), SLOW);
    if (!this.reel) return;
    this.halt();
    this.drawFront();
    this.tellReadout(this.frame.readout);
  }

  scrub(step) {
    if (this.reel) {
      cancelAnimationFrame(this.timer);
      clearInterval(this.timer);
    }
    this.reel = this.timer = null;
    this.play.textContent = "▶ Play";
    this.story = { ...this.story, step };
    this.showStep(step);
    this.ask("step", { step });
  }

  // One question at a time: while the kernel works on one, only the newest other is kept.
  ask(kind, data) {
    if (this.waiting && performance.now() - this.asked < 5000) {
      this.later = [kind, data];
      return;
    }
    this.waiting = true;
    this.asking = [kind, data];
    this.asked = performance.now();
    this.tell(kind, data);
  }

  setGrab(grab) {
    this.grab = grab;
    this.stage.style.cursor = { ball: "crosshair", turn: "grab" }[grab] || "default";
    this.stage.style.touchAction = grab ? "none" : "auto";
  }

  listen() {
    const place = (event) => {
      const box = this.stage.getBoundingClientRect();
      const scale = this.still ? this.still.width / box.width : 1;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    this.stage.addEventListener("pointerdown", (event) => {
      if (!this.grab || event.button) return;
      this.stage.setPointerCapture(event.pointerId);
      this.waiting = false;
      this.ask("press", { at: place(event) });
    });
    this.stage.addEventListener("pointermove", (event) => {
      if (this.stage.hasPointerCapture(event.pointerId)) this.ask("drag", { at: place(event) });
    });
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const space = (event) => {
      if (event.key !== " " || !this.story) return;
      event.preventDefault();
      this.play.click();
    };
    this.slider.addEventListener("keydown", space);
    this.stage.addEventListener("keydown", (event) => {
      space(event);
      if (!this.grab || !(event.key in ways) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.ask("key", { by: ways[event.key] });
    });
  }
}

// ---------------------------------------------------------------- the shell for Jupyter

const SILENT = 2000;
const BUSY =
  "The kernel is busy: this figure answers when it is done. If it was restarted, run this cell again (Shift + Enter).";
const DEAD =
  "No answer from the kernel yet. If it was restarted, run this cell again (Shift + Enter).";

function unpack(data, buffers) {
  if (Array.isArray(data)) return data.map((part) => unpack(part, buffers));
  if (data && typeof data === "object") {
    if ("buffer" in data && Object.keys(data).length === 1) return buffers[data.buffer];
    return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, unpack(part, buffers)]));
  }
  return data;
}

function render({ model, el }) {
  el.classList.add("gdviz-canvas");
  let heard = 0;
  const tell = (kind, data) => {
    try {
      model.send({ kind, ...data });
    } catch {
      figure.dead.textContent = DEAD;
    }
  };
  const figure = new Figure(el, tell);
  el.gdviz = figure;
  const setters = {
    still: (still) => figure.setStill(still),
    cells: (cells) => figure.setCells(cells),
    pins: (pins) => figure.setPins(pins),
    story: (story) => figure.setStory(story),
    grab: (grab) => figure.setGrab(grab),
    error: (error) => figure.setError(error),
    frame: (frame) => figure.setFrame(frame),
  };
  const observed = {};
  for (const [name, set] of Object.entries(setters)) {
    observed[`change:${name}`] = () => {
      heard = performance.now();
      set(model.get(name));
    };
  }
  observed["msg:custom"] = (message, buffers) => {
    heard = performance.now();
    figure.dead.textContent = "";
    if (message.kind === "reel") figure.setReel(unpack(message, buffers));
    if (message.kind === "computes") figure.cancel();
    if (message.kind === "sweep") figure.sweep();
  };
  for (const [name, action] of Object.entries(observed)) model.on(name, action);
  for (const [name, set] of Object.entries(setters)) set(model.get(name));

  // the width and the density of the screen, now and whenever they change
  let sizing, told = "";
  const size = () => {
    const width = Math.round(el.getBoundingClientRect().width);
    if (!width) return;
    const shown = Math.min(Math.max(width, 320), 1100);
    const ratio = (window.devicePixelRatio || 1) * Math.max(1, shown > width ? width / shown : 1);
    if (told !== `${shown} ${ratio}`) tell("size", { width: shown, ratio });
    told = `${shown} ${ratio}`;
  };
  const resized = () => {
    clearTimeout(sizing);
    sizing = setTimeout(size, 120);
  };
  const watcher = new ResizeObserver(resized);
  watcher.observe(el);
  let density;
  const watchDensity = () => {
    density = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    density.addEventListener("change", onDensity);
  };
  const onDensity = () => {
    density.removeEventListener("change", onDensity);
    resized();
    watchDensity();
  };
  watchDensity();

  const away = whenShown(() => el.closest(".gdviz-live"), (box) => {
    beginAtTop(box);
    return guard(box, figure, tell, () => heard);
  });
  return () => {
    for (const [name, action] of Object.entries(observed)) model.off(name, action);
    watcher.disconnect();
    density.removeEventListener("change", onDensity);
    cancelAnimationFrame(figure.timer);
    clearInterval(figure.timer);
    away();
  };
}

// Wait until the figure stands on the page, then act on the box around it.
function whenShown(find, act) {
  let undo = () => {}, gone = false;
  const look = (tries) => {
    const box = find();
    if (gone) return;
    if (box) undo = act(box);
    else if (tries) setTimeout(() => look(tries - 1), 50);
  };
  look(100);
  return () => {
    gone = true;
    undo();
  };
}

// Run All leaves JupyterLab at the last cell, among the verdicts: a lesson begins at its top. It
// stays there until the learner moves.
function beginAtTop(box) {
  const notebook = box.closest(".jp-Notebook");
  const scroller = box.closest(".jp-WindowedPanel-outer");
  if (!notebook || !scroller || notebook.querySelector(".gdviz-live") !== box) return;
  const last = [...notebook.querySelectorAll(".jp-Cell")].pop();
  if (!last.classList.contains("jp-mod-active") || last.contains(box)) return;
  const stay = () => (scroller.scrollTop = 0);
  const acts = ["wheel", "pointerdown", "keydown", "touchstart"];
  const leave = () => {
    clearInterval(timer);
    scroller.removeEventListener("scroll", stay);
    for (const name of acts) window.removeEventListener(name, leave, true);
  };
  const timer = setInterval(stay, 200);
  setTimeout(leave, 20000);
  scroller.addEventListener("scroll", stay);
  for (const name of acts) window.addEventListener(name, leave, true);
  stay();
}

// Keep plain keys in the figure (JupyterLab would cut the cell at an x), and notice a dead kernel.
function guard(box, figure, tell, heard) {
  const plain = (event) =>
    !(event.ctrlKey || event.altKey || event.metaKey || event.key === "Tab" ||
      event.key === "Escape" || (event.key === "Enter" && event.shiftKey));
  const onKey = (event) => {
    if (plain(event)) event.stopPropagation();
  };
  // a comma is no decimal sign to the fields of widgets: 0,3 would be read as 0
  const onComma = (event) => {
    const field = event.target;
    if (event.key !== "," || !(field.isContentEditable || field.type === "number")) return;
    event.preventDefault();
    document.execCommand("insertText", false, ".");
  };
  // JupyterLab shows whether a cell is running, and a figure knows whether it is computed
  const running = () => {
    const page = box.closest(".jp-NotebookPanel") || document;
    const figures = [...page.querySelectorAll(".gdviz-canvas")];
    return figures.some(({ gdviz }) => gdviz && gdviz.computing) ||
      page.querySelector(".jp-Notebook-ExecutionIndicator[data-status=busy]");
  };
  let held = null;
  const onFocus = (event) => (held = event.target);
  const onBlur = (event) => {
    if (event.relatedTarget || !event.target.disabled) held = event.relatedTarget;
  };
  const keepFocus = () => {
    if (!held || !held.disabled || !box.contains(held)) return;
    const active = document.activeElement;
    if (active && active !== document.body && active !== held) return;
    passFocus(held, box);
  };
  let keeping;
  const watcher = new MutationObserver(() => {
    clearTimeout(keeping);
    keeping = setTimeout(keepFocus, 60);
  });
  watcher.observe(box, { subtree: true, attributes: true, attributeFilter: ["disabled"] });
  box.addEventListener("focusin", onFocus);
  box.addEventListener("focusout", onBlur);
  let timer;
  const onAct = () => {
    clearTimeout(timer);
    const acted = performance.now();
    const listen = () => {
      if (heard() >= acted) return;
      const busy = Boolean(running());
      figure.dead.textContent = busy ? BUSY : DEAD;
      figure.dead.classList.toggle("gdviz-error", !busy);
      timer = setTimeout(listen, SILENT);
    };
    timer = setTimeout(() => {
      if (heard() >= acted) return;
      tell("alive", {});
      timer = setTimeout(listen, SILENT);
    }, SILENT);
  };
  box.addEventListener("keydown", onComma);
  box.addEventListener("keydown", onKey);
  const acts = ["input", "change", "pointerdown", "keydown"];
  for (const name of acts) box.addEventListener(name, onAct, true);
  return () => {
    clearTimeout(timer);
    clearTimeout(keeping);
    watcher.disconnect();
    box.removeEventListener("focusin", onFocus);
    box.removeEventListener("focusout", onBlur);
    box.removeEventListener("keydown", onComma);
    box.removeEventListener("keydown", onKey);
    for (const name of acts) box.removeEventListener(name, onAct, true);
  };
}

export default { render };
