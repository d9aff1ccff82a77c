// The reader of the pages: baked figures and questions, without a kernel. `Figure` is that of
// JupyterLab, from canvas.js, which stands below this in the same script.

// ---------------------------------------------------------------- packs of frames

const UNREADABLE =
  "The frames of this figure cannot be read, so it does not answer: this is its stored picture. Load the page again, or open the notebook.";
const MISSING =
  "The frames of this figure did not come, so it does not answer: this is its stored picture. Load the page again, or open the notebook.";
const COARSE = 4, FINE = 16, ALONG = 0;

const waiting = new Map();

// What a file of frames calls: scripts can be read from file: too, where nothing can be fetched.
window.gdvizFrames = (name, text) => waiting.get(name)?.(text);

function load(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => reject(new Error(MISSING));
    waiting.set(name, resolve);
    script.src = `${document.body.dataset.root}frames/${name}.js`;
    script.onerror = fail;
    // a script that came broken calls nobody
    script.onload = () => setTimeout(() => reject(new Error(UNREADABLE)), 0);
    document.head.append(script);
  });
}

async function open(name) {
  const text = await load(name);
  try {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Pack(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error(UNREADABLE);
  }
}

class Varints {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  next() {
    let value = 0, factor = 1, byte;
    do {
      byte = this.bytes[this.at++];
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    return value;
  }

  signed() {
    const value = this.next();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  column(count) {
    const numbers = new Int32Array(count);
    for (let i = 0, value = 0; i < count; i += 1) numbers[i] = value += this.signed();
    return numbers;
  }
}

// What packing.py wrote: shapes, frames of places and shapes, and a head of plain data.
class Pack {
  constructor(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    this.head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    let at = 4 + size;
    this.streams = {};
    for (const [name, length] of Object.entries(this.head.sizes)) {
      this.streams[name] = new Varints(new Uint8Array(buffer, at, length));
      at += length;
    }
    this.readCells();
    this.readFrames();
  }

  readCells() {
    let at = 0;
    this.cells = {};
    for (const { name, kind, ...picture } of this.head.cells) {
      const length = picture.rows * picture.columns * (kind === "pixels" ? 4 : 1);
      this.cells[name] = { ...picture, [kind]: this.streams.cells.bytes.slice(at, at + length) };
      at += length;
    }
  }

  readFrames() {
    const { counts, styles, shapes, places } = this.streams;
    const last = [];
    this.shapes = [];
    this.codes = [];
    this.frames = [];
    for (let n = 0; n < this.head.numbers.frames; n += 1) {
      const place = counts.next(), count = counts.next();
      const before = last[place] || [];
      const frame = [];
      for (let i = 0; i < count; i += 1) frame.push({ style: styles.next(), parts: [] });
      frame.forEach((stroke, i) => {
        const style = this.head.styles[stroke.style];
        const many = style.cells ? 0 : style.marks ? 2 : 1;
        for (let part = 0; part < many; part += 1) {
          const old = before[i] && before[i].parts[part];
          const number = shapes.next();
          if (number === this.shapes.length) this.shapes.push(this.readShape(old && old.shape));
          stroke.parts.push({
            shape: this.shapes[number],
            x: places.signed() + (old ? old.x : 0),
            y: places.signed() + (old ? old.y : 0),
          });
        }
      });
      last[place] = frame;
      this.frames.push(frame);
    }
  }

  readShape(old) {
    const { forms, deltas, codes } = this.streams;
    const kind = forms.next(), count = forms.next(), way = forms.next();
    const read = (before) => {
      const numbers = new Int32Array(count);
      const common = way >> 1 === ALONG || !before ? 0 : Math.min(count, before.length);
      for (let i = 1; i < count; i += 1) {
        numbers[i] = deltas.signed() + (i < common ? before[i] : numbers[i - 1]);
      }
      return numbers;
    };
    const shape = { grid: way & 1 ? FINE : COARSE, x: read(old && old.x), y: read(old && old.y) };
    if (kind > 1) {
      if (kind - 2 === this.codes.length) {
        const length = codes.next();
        this.codes.push(codes.bytes.slice(codes.at, codes.at + length));
        codes.at += length;
      }
      shape.codes = this.codes[kind - 2];
    } else {
      shape.codes = new Uint8Array(count);
      if (kind) shape.codes.fill(2).fill(1, 0, 1);
    }
    return shape;
  }

  // The frames of all panels as one frame of ink, each panel where `spots` puts it.
  ink(numbers, spots, look = (style) => style) {
    const chosen = [];
    let count = 0;
    numbers.forEach((number, panel) => {
      for (const { style, parts } of this.frames[number]) {
        const shown = look(this.head.styles[style]);
        if (!shown) continue;
        chosen.push([shown, parts, spots[panel]]);
        for (const { shape } of parts) count += shape.x.length;
      }
    });
    const points = new Float32Array(2 * count), codes = new Uint8Array(count), strokes = [];
    let at = 0;
    const put = ({ shape, x, y }, { scale, left, top }) => {
      const length = shape.x.length, grain = scale / shape.grid;
      const startX = (x * scale) / COARSE + left, startY = (y * scale) / COARSE + top;
      for (let i = 0; i < length; i += 1) {
        points[2 * (at + i)] = startX + shape.x[i] * grain;
        points[2 * (at + i) + 1] = startY + shape.y[i] * grain;
      }
      codes.set(shape.codes, at);
      at += length;
      return length;
    };
    for (const [style, parts, spot] of chosen) {
      const stroke = { ...scaled(style, spot), n: 0 };
      if (parts.length) stroke.n = put(parts[0], style.marks ? { ...spot, left: 0, top: 0 } : spot);
      if (parts.length > 1) stroke.at = put(parts[1], spot);
      strokes.push(stroke);
    }
    return { points, codes, strokes };
  }
}

// A look at another scale and place; kept, since a figure has few.
const looks = new WeakMap();

function scaled(style, spot) {
  if (!looks.has(style)) looks.set(style, new Map());
  const known = looks.get(style);
  if (known.has(spot)) return known.get(spot);
  const { scale, left, top } = spot;
  const box = ([x, y, width, height]) => [x * scale + left, y * scale + top, width * scale, height * scale];
  const look = { ...style };
  if (style.width !== undefined) look.width = style.width * scale;
  if (style.dash) look.dash = style.dash.map((length) => length * scale);
  if (style.shift) look.shift = style.shift * scale;
  if (style.clip) look.clip = box(style.clip);
  if (style.box) look.box = box(style.box);
  known.set(spot, look);
  return look;
}

// ---------------------------------------------------------------- a baked figure

const NARROW = 560, LEGIBLE = 620, NEAR = 40, PIXELS_A_DEGREE = 3;

class Baked {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.frames;
    this.image = root.querySelector("img");
    this.words = root.querySelector(".gd-words");
    this.note = root.querySelector(".gd-note");
    this.controls = root.querySelector(".gd-controls");
    this.inputs = [...root.querySelectorAll("[data-axis]")];
  }

  async wake() {
    try {
      this.pack = await open(this.name);
      this.head = this.pack.head;
      this.readStates();
      this.begin();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    const known = [UNREADABLE, MISSING].includes(error.message);
    const words = element("p", "gd-broken", null, known ? error.message : UNREADABLE);
    words.setAttribute("role", "alert");
    this.root.querySelector(".gd-picture").append(words);
  }

  readStates() {
    const { count, boxes } = this.head;
    const read = () => this.pack.streams.states.column(count);
    this.frames = boxes.map(read);
    this.stills = boxes.map(read);
    [this.told, this.steps, this.units, this.errors] = [read(), read(), read(), read()];
    this.sides = this.head.axes.map((axis) => axis.words.length);
    this.first = this.head.axes.map((axis) => axis.first);
    this.at = [...this.first];
    this.step = this.head.opens;
    this.pins = [];
    this.turns = new Set(Object.values(this.head.turns).map(({ axis }) => axis));
    this.kept = new Set(this.head.plays);
    // here only the step at which the figure opens, and the end
    this.cut = new Set(this.head.cut);
    // every frame that a drag can need is there
    this.frame(this.number());
  }

  // Put the figure in the place of the stored picture.
  stand() {
    this.stage = element("div", "gd-live");
    this.figure = new Figure(this.stage, (kind, data) => this.hear(kind, data));
    this.stage.gdviz = this.figure;
    this.stage.baked = this;
    // where it is wider than the page only the picture moves aside
    const slot = element("div", "gd-scroll");
    this.figure.stage.before(slot);
    slot.append(this.figure.stage);
    this.place(this.root.clientWidth);
    this.image.replaceWith(this.stage);
    this.words.hidden = true;
    this.figure.setCells(this.pack.cells);
    new ResizeObserver(() => this.place(this.root.clientWidth)).observe(this.root);
    this.root.classList.add("gd-awake");
  }

  begin() {
    this.stand();
    const grabs = Object.keys(this.head.grabs).length > 0;
    this.figure.setGrab(grabs ? "ball" : this.turns.size ? "turn" : "");
    this.figure.stage.style.touchAction = "pan-x pan-y";
    for (const input of this.inputs) {
      input.disabled = false;
      input.addEventListener("input", () => this.move({ [input.dataset.axis]: this.read(input) }));
    }
    // a finger that does not touch the ball turns the page
    this.stage.addEventListener("pointerdown", (event) => this.leave(event), true);
    this.figure.stage.addEventListener("touchstart", (event) => {
      if (this.touches(event.touches[0])) event.preventDefault();
    }, { passive: false });
    for (const event of ["pointerenter", "focusin"]) {
      this.root.addEventListener(event, () => this.openPlays().catch(() => {}), { once: true });
    }
    this.show();
  }

  read(input) {
    return input.type === "checkbox" ? Number(input.checked) : Number(input.value);
  }

  number(at = this.at) {
    return at.reduce((number, place, axis) => number * this.sides[axis] + place, 0);
  }

  frame(number) {
    return this.frames.map((column) => column[number]);
  }

  place(width) {
    const shown = Math.max(280, Math.min(width, 1100));
    const ratio = window.devicePixelRatio || 1;
    if (shown === this.shown && ratio === this.ratio) return;
    [this.shown, this.ratio] = [shown, ratio];
    this.arrange();
    this.laid = null;
    if (!this.root.classList.contains("gd-awake")) return;
    this.showPins();
    this.show();
  }

  // Where each panel stands: as it was drawn, and one above the other where there is no room.
  arrange() {
    const { shown, ratio } = this;
    const { boxes, wide } = this.head;
    const stacked = shown < NARROW && boxes.length > 1 && !wide.some(Boolean);
    const across = shown < NARROW && wide.some(Boolean) ? LEGIBLE : shown;
    this.across = across;
    this.tall = 0;
    this.spots = boxes.map(([left, top, boxWidth, height]) => {
      const scale = across / (stacked ? boxWidth : this.head.width);
      const spot = {
        scale: scale * ratio,
        left: stacked ? -left * scale * ratio : 0,
        top: stacked ? (this.tall - top * scale) * ratio : 0,
      };
      this.tall = stacked ? this.tall + height * scale : this.head.height * scale;
      return spot;
    });
  }

  // Show the state at which the controls stand.
  show() {
    const number = this.number();
    const words = this.errors[number] ? this.head.errors[this.errors[number] - 1] : "";
    this.tellControls();
    this.figure.setError(words);
    if (words) return;
    this.setStill(number);
    if (this.pins.length && this.turns.size) this.showPins();
    const steps = this.steps[number] - 1;
    const plays = this.kept.has(number) && steps > 0;
    const here = plays && !this.cut.has(number);
    this.note.textContent = steps > 0 && !here ? this.note.dataset.still : "";
    if (!plays || this.step >= steps) this.step = null;
    this.figure.setStory(plays ? this.story(this.step ?? steps) : {});
    if (this.step !== null) this.showStep(this.step);
    else this.draw(this.pack, this.frame(number), this.told[number]);
  }

  story(step) {
    const number = this.number();
    return { step, steps: this.steps[number] - 1, unit: this.head.units[this.units[number]] };
  }

  draw(pack, numbers, told) {
    this.drawn = [pack, numbers];
    this.count = (this.count || 0) + 1;
    const readout = this.readout(told), text = this.where() + sentence(readout);
    const { stage } = this.figure;
    // later words come when they have settled
    if (!stage.hasAttribute("aria-label")) stage.setAttribute("aria-label", text);
    this.figure.setFrame({ ink: pack.ink(numbers, this.spots), readout, text, count: this.count });
  }

  where() {
    if (this.step === null) return "";
    const { step, steps, unit } = this.story(this.step);
    const plain = (number) => number.toLocaleString("en");
    return `${unit[0].toUpperCase()}${unit.slice(1)} ${plain(step)} of ${plain(steps)}. `;
  }

  setStill(number) {
    this.standing = this.stills.map((column) => column[number]);
    this.lay(this.standing);
  }

  lay(stills, spots = this.spots) {
    if (stills.join() === this.laid) return;
    this.laid = stills.join();
    this.figure.setStill({
      width: this.across,
      height: this.tall,
      ratio: this.ratio,
      parts: [],
      scene: this.pack.ink(stills, spots),
    });
  }

  readout(number) {
    const [verdict, ...words] = this.head.told[number].map((word) => this.head.words[word]);
    const rows = [];
    for (let i = 0; i < words.length; i += 3) rows.push(words.slice(i, i + 3));
    return { verdict, rows };
  }

  tellControls() {
    for (const input of this.inputs) {
      const axis = Number(input.dataset.axis), place = this.at[axis];
      const word = this.head.axes[axis].words[place];
      if (input.type === "checkbox") input.checked = Boolean(place);
      else input.value = place;
      if (input.type !== "range") continue;
      input.setAttribute("aria-valuetext", word);
      input.nextElementSibling.textContent = word;
    }
  }

  move(places) {
    const before = this.at.join();
    for (const [axis, place] of Object.entries(places)) this.at[axis] = place;
    if (this.at.join() !== before) this.show();
    else this.figure.waiting = false;
  }

  hear(kind, data) {
    const answers = {
      press: () => {
        this.held = this.nearest(data.at);
        this.turning = this.held ? null : this.turned(data.at);
        this.drag(data.at);
      },
      drag: () => this.drag(data.at),
      key: () => this.nudge(...data.by),
      pin: () => this.pin(),
      reset: () => this.reset(),
      play: () => this.play(data.step),
      step: () => this.showStep(data.step),
    };
    answers[kind]?.();
    this.figure.waiting = false;
  }

  // ------------------------------------------------------------ dragging

  // The panel under a place of the stage, and the place in the baked picture.
  under([x, y]) {
    for (const [panel, box] of this.head.boxes.entries()) {
      const { scale, left, top } = this.spots[panel];
      const place = [(x * this.ratio - left) / scale, (y * this.ratio - top) / scale];
      const inside = place.map((value, n) => value >= box[n] && value < box[n] + box[2 + n]);
      if (inside.every(Boolean)) return [panel, place];
    }
    return [0, [x, y]];
  }

  grabs(panel) {
    return this.head.grabs[this.standing[panel]] || [];
  }

  distance(grab, place) {
    const away = grab.map(({ axis, along, pixels }) => pixels[this.at[axis]] - place[along]);
    return Math.hypot(...away);
  }

  nearest(at) {
    const [panel, place] = this.under(at);
    const grabs = this.grabs(panel).map((_, number) => number);
    if (!grabs.length) return null;
    const away = (number) => this.distance(this.grabs(panel)[number], place);
    return { panel, number: grabs.reduce((best, n) => (away(n) < away(best) ? n : best)) };
  }

  // The surface under a place, as it stands when it is taken hold of.
  turned(at) {
    const turns = this.head.turns[this.under(at)[0]];
    return turns && { ...turns, from: this.at[turns.axis], x: at[0] };
  }

  turn(axis, place) {
    this.move({ [axis]: Math.min(this.sides[axis] - 1, Math.max(0, place)) });
  }

  drag(at) {
    if (this.turning) {
      const { axis, degrees, from, x } = this.turning;
      this.turn(axis, from + Math.round((at[0] - x) / PIXELS_A_DEGREE / degrees));
    }
    if (!this.held) return;
    const { panel, number } = this.held;
    const { scale, left, top } = this.spots[panel];
    const place = [(at[0] * this.ratio - left) / scale, (at[1] * this.ratio - top) / scale];
    const moves = {};
    for (const { axis, along, pixels } of this.grabs(panel)[number] || []) {
      const away = pixels.map((pixel) => Math.abs(pixel - place[along]));
      moves[axis] = away.indexOf(Math.min(...away));
    }
    this.move(moves);
  }

  nudge(right, up) {
    const panels = this.head.boxes.map((_, panel) => panel);
    const panel = panels.find((one) => this.grabs(one).length);
    const { panel: on, number } = this.held || { panel, number: 0 };
    if (on === undefined) {
      for (const axis of this.turns) this.turn(axis, this.at[axis] + right);
      return;
    }
    const moves = {};
    for (const { axis, along, pixels } of this.grabs(on)[number] || []) {
      const wanted = along ? -up : right;
      if (!wanted) continue;
      const forward = pixels[pixels.length - 1] > pixels[0] ? wanted : -wanted;
      moves[axis] = Math.min(pixels.length - 1, Math.max(0, this.at[axis] + forward));
    }
    this.move(moves);
  }

  at_(touch) {
    const box = this.figure.stage.getBoundingClientRect();
    const scale = this.across / box.width;
    return [(touch.clientX - box.left) * scale, (touch.clientY - box.top) * scale];
  }

  touches(touch) {
    const at = this.at_(touch);
    const [panel, place] = this.under(at);
    const { scale } = this.spots[panel];
    return this.grabs(panel).some(
      (grab) => (this.distance(grab, place) * scale) / this.ratio < NEAR,
    );
  }

  leave(event) {
    if (event.pointerType !== "touch" || !this.figure.stage.contains(event.target)) return;
    if (!this.touches(event)) event.stopPropagation();
  }

  // ------------------------------------------------------------ pins

  pin() {
    const colours = this.head.pins;
    const free = colours.find((colour) => this.pins.every((pin) => pin.colour !== colour));
    const colour = free || colours[this.pins.length % colours.length];
    this.pins.push({ drawn: this.drawn, colour, at: [...this.at] });
    this.showPins();
  }

  showPins() {
    const differing = this.head.axes.map((_, axis) =>
      !this.turns.has(axis) && this.pins.some((pin) => pin.at[axis] !== this.first[axis]));
    const named = this.head.controls.filter(({ axes }) => axes.some((axis) => differing[axis]));
    const controls = named.length ? named : this.head.controls.slice(0, 1);
    this.figure.setPins(this.pins.map(({ drawn, colour, at }) => {
      // a surface that is turned takes its pinned ways with it
      const now = at.map((place, axis) => (this.turns.has(axis) ? this.at[axis] : place));
      const whole = drawn[0] === this.pack && now.join() !== at.join();
      const [pack, numbers] = whole ? [this.pack, this.frame(this.number(now))] : drawn;
      const words = controls.map(({ symbol, axes }) => {
        const parts = axes.map((axis) => this.head.axes[axis].words[at[axis]]);
        return `${symbol} = ${parts.length > 1 ? `(${parts.join(", ")})` : parts[0]}`;
      });
      return {
        name: words.join(", "),
        colour,
        ink: pack.ink(numbers, this.spots, (style) => this.pinned(style, colour)),
      };
    }));
  }

  pinned(style, colour) {
    if (!style.pinned) return null;
    style.inColours ??= {};
    if (!style.inColours[colour]) {
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
      const paint = this.head.pinned.replace("1,2,3", `${red},${green},${blue}`);
      const look = JSON.parse(JSON.stringify({ ...style, ...style.pinned })
        .replaceAll(this.head.pinned, paint));
      style.inColours[colour] = look;
    }
    return style.inColours[colour];
  }

  reset() {
    this.pins = [];
    this.showPins();
    this.at = [...this.first];
    this.step = this.head.begin;
    this.show();
  }

  // ------------------------------------------------------------ Play

  openPlays() {
    if (!this.kept.size) return Promise.reject(new Error(MISSING));
    this.opened ??= open(`${this.name}-play`).then((pack) => {
      this.plays = pack;
      const { lengths, seconds } = pack.head;
      const rows = lengths.reduce((sum, length) => sum + length, 0);
      const read = () => pack.streams.states.column(rows);
      const frames = this.head.boxes.map(read);
      const told = read(), steps = read();
      let at = 0;
      this.reels = new Map(this.head.plays.map((number, n) => {
        const reel = { seconds: seconds[n], frames: [] };
        for (let i = at; i < at + lengths[n]; i += 1) {
          reel.frames.push({ numbers: frames.map((column) => column[i]), told: told[i], step: steps[i] });
        }
        at += lengths[n];
        return [number, reel];
      }));
      this.figure.setCells({ ...this.pack.cells, ...pack.cells });
    });
    return this.opened;
  }

  async withReel(act) {
    try {
      await this.openPlays();
    } catch (error) {
      this.figure.setError(error.message.replace("it does not answer", "it cannot play")
        .replace(": this is its stored picture", ""));
      return;
    }
    const reel = this.reels.get(this.number());
    if (reel) act(reel);
  }

  play(step) {
    this.withReel((reel) => {
      const last = reel.frames[reel.frames.length - 1].step;
      const begin = step >= last ? 0 : step;
      const frames = reel.frames.filter((frame) => frame.step >= begin);
      this.figure.setReel({
        cells: this.plays.cells,
        seconds: reel.seconds,
        frames: frames.map(({ numbers, told, step: at }) => ({
          ink: this.plays.ink(numbers, this.spots),
          readout: this.readout(told),
          step: at,
        })),
      });
    });
  }

  showStep(step) {
    const { steps } = this.story(step);
    if (step >= steps) {
      this.step = null;
      this.show();
      return;
    }
    this.withReel((reel) => {
      const nearer = (one, other) => Math.abs(one.step - step) < Math.abs(other.step - step);
      const found = reel.frames.reduce((best, frame) => (nearer(frame, best) ? frame : best));
      this.step = found.step < steps ? found.step : null;
      this.figure.setStory(this.story(found.step));
      this.draw(this.plays, found.numbers, found.told);
    });
  }
}

// A readout as a sentence, as readout.py tells it.
function sentence({ verdict, rows }) {
  const parts = rows.map(([name, theory, measured]) =>
    theory ? `${name}: ${theory} in theory, ${measured} measured` : `${name}: ${measured}`);
  let words = verdict.trim();
  if (words && parts.length && !".!?:…".includes(words[words.length - 1])) words += ".";
  return [words, parts.length ? `${parts.join("; ")}.` : ""].filter(Boolean).join(" ");
}

// ---------------------------------------------------------------- questions

const MARKS = { "not yet": "○", right: "✓", wrong: "✗" };

const memory = {
  get(name) {
    try {
      return window.localStorage.getItem(`gdviz: ${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      if (value === null) window.localStorage.removeItem(`gdviz: ${name}`);
      else window.localStorage.setItem(`gdviz: ${name}`, value);
    } catch {
      // a browser that keeps nothing: the answer is shown all the same
    }
  },
};

class Unreadable extends Error {}

// As read_number in exercises.py reads what a learner types; the patterns are its own.
function readNumber(text, patterns) {
  const whole = (name, part) => new RegExp(`^(?:${patterns[name]})$`, "i").test(part);
  const read = (given) => {
    let part = given.trim();
    if (whole("ambiguous", part)) {
      throw new Unreadable(`“${text.trim()}” may be ${part.replaceAll(",", ".")} or ${part.replaceAll(",", "")}: `
        + "type the one that you mean. A point is the decimal sign here.");
    }
    if (whole("groups", part)) part = part.replaceAll(/[, ]/g, "");
    else if (whole("comma", part)) part = part.replace(",", ".");
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part)) {
      throw new Unreadable(`“${text.trim()}” is not a number: type one, as in 12, 0.5, 1/6 or 1e-3. `
        + "A point is the decimal sign here.");
    }
    return Number(part);
  };
  const plain = text.replaceAll("−", "-"), slash = plain.indexOf("/");
  const value = slash < 0 ? read(plain) : read(plain.slice(0, slash)) / read(plain.slice(slash + 1));
  if (!Number.isFinite(value)) throw new Unreadable(`“${text.trim()}” is not a finite number.`);
  return value;
}

const fourDigits = (value) => Number(value.toPrecision(4));

class Question {
  constructor(form) {
    this.form = form;
    this.name = form.dataset.question;
    const bytes = Uint8Array.from(atob(form.dataset.sealed), (letter) => letter.charCodeAt(0));
    this.entry = JSON.parse(new TextDecoder().decode(bytes));
    this.verdict = form.querySelector(".gd-verdict");
    form.gdviz = this;
    for (const field of form.elements) field.disabled = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.commit();
    });
    form.querySelector(".gd-again")?.addEventListener("click", () => this.forget());
    const kept = memory.get(this.name);
    if (kept !== null) this.restore(kept);
  }

  given() {
    const { kind, names } = this.entry;
    if (kind === "choice") return this.form.elements.answer.value;
    if (names) return JSON.stringify(names.map((_, n) => this.form.elements[`answer${n}`].value));
    return this.form.elements.answer.value.trim();
  }

  restore(kept) {
    const { names } = this.entry;
    try {
      if (names) {
        JSON.parse(kept).forEach((word, n) => (this.form.elements[`answer${n}`].value = word));
      } else this.form.elements.answer.value = kept;
      this.commit();
    } catch {
      memory.set(this.name, null);
    }
  }

  commit() {
    const { asked } = this.entry;
    try {
      const given = this.given();
      const empty = this.entry.names ? JSON.parse(given).some((word) => !word) : !given;
      if (empty) {
        const what = this.entry.kind === "choice" ? "Choose an answer" : "Type an answer";
        const why = asked === "predict" ? ": a wrong prediction teaches more than none." : ".";
        throw new Unreadable(`${what} first${why}`);
      }
      if (asked === "predict") this.reveal(given);
      else this.judge(given);
      memory.set(this.name, given);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.tell("not yet", "", error.message);
    }
  }

  number(text) {
    return readNumber(text, this.entry.patterns);
  }

  tell(outcome, judged, words, beside = []) {
    this.verdict.replaceChildren();
    const mark = element("span", `gdviz-${outcome.replace(" ", "-")}`, this.verdict);
    mark.textContent = `${MARKS[outcome]} ${judged}`.trim();
    if (beside.length) {
      const table = element("div", "gdviz-beside", this.verdict);
      for (const words_ of beside) element("span", "", table, words_);
    }
    this.verdict.append(` ${words}`);
  }

  reveal(given) {
    const { kind, unit, answer, told, tolerance, because, see } = this.entry;
    let right, judged, said = `“${given}”`;
    if (kind === "choice") {
      right = given === answer;
      judged = right ? "As you predicted." : "A surprise.";
    } else {
      const typed = (unit && given.endsWith(unit) ? given.slice(0, -unit.length) : given).trim();
      const guess = this.number(typed);
      said = `${typed} ${unit}`.trim();
      right = Math.abs(guess - answer) <= tolerance * Math.abs(answer) + 1e-12;
      judged = !right ? "A surprise."
        : fourDigits(guess) === fourDigits(answer) ? "As you predicted."
          : `Close enough, within ${Number((100 * tolerance).toPrecision(6))} %.`;
    }
    const look = see ? `Look at ${see}.` : "";
    this.tell(right ? "right" : "wrong", judged, `${because} ${look}`.trim(),
      said === told ? ["it is", told] : ["you said", said, "it is", told]);
    this.lock(true);
  }

  lock(locked) {
    for (const field of this.form.elements) {
      if (field.tagName !== "FIELDSET") field.disabled = locked && field.className !== "gd-again";
    }
    const again = this.form.querySelector(".gd-again");
    if (again) again.hidden = !locked;
  }

  forget() {
    memory.set(this.name, null);
    this.lock(false);
    this.verdict.replaceChildren();
    this.form.reset();
    (this.form.querySelector("input") || this.form).focus();
  }

  judge(given) {
    const { names, answer, hint, praise } = this.entry;
    const word = (text) => text.replaceAll(/[^\p{L}\p{N}_\s-]/gu, "").toLowerCase().split(/\s+/)
      .filter((part) => part && !["a", "an", "the", "point"].includes(part)).join(" ");
    if (names) {
      const wrong = JSON.parse(given)
        .map((text, n) => (word(text) === word(answer[n]) ? "" : names[n])).filter(Boolean);
      if (wrong.length) this.tell("wrong", "Wrong.", `Look again at ${wrong.join(", ")}. ${hint}`.trim());
      else this.tell("right", "Right.", praise);
      return;
    }
    if (typeof answer === "string") {
      const right = word(given) === word(answer);
      this.tell(right ? "right" : "wrong", right ? "Right." : "Wrong.", right ? praise : hint);
      return;
    }
    const number = this.number(given), { digits, tolerance } = this.entry;
    const size = Math.abs(answer) || 1;
    const last = digits ? 0.999 * 10 ** (Math.floor(Math.log10(size)) - digits + 1) : 0;
    const off = Math.abs(number - answer);
    if (off <= (digits ? last : answer ? tolerance * size : 1e-12)) {
      this.tell("right", "Right.", praise);
      return;
    }
    for (let fewer = 2; fewer < (digits || 0); fewer += 1) {
      if (number === Number(answer.toPrecision(fewer))) {
        this.tell("not yet", "Not yet.", `Right as far as it goes, and ${digits} digits are asked for.`);
        return;
      }
    }
    this.tell("wrong", "Wrong.", hint);
  }
}

// ---------------------------------------------------------------- the page

function openAround(place) {
  for (let box = place; box; box = box.parentElement) if (box.tagName === "DETAILS") box.open = true;
}

function follow() {
  const name = decodeURIComponent(window.location.hash.slice(1));
  const place = name && document.getElementById(name);
  if (!place) return;
  openAround(place);
  place.scrollIntoView();
}

function begin() {
  const figures = [...document.querySelectorAll(".gd-figure[data-frames]")];
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const Kind = target.classList.contains("gd-clinic") ? Clinic : Baked;
      new Kind(target).wake();
    }
  }, { rootMargin: "350px 0px" });
  for (const figure of figures) near.observe(figure);
  for (const form of document.querySelectorAll(".gd-question[data-sealed]")) new Question(form);
  window.addEventListener("hashchange", follow);
  follow();
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll(".gd-deeper")) details.open = true;
  });
}
