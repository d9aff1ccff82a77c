// The clinic on a page. Its words, pictures and prices are baked; what was bought, tried and is left
// of the points is counted here, as rounds.py counts it, and kept nowhere else than in memory.

// so wide is a figure that has room for two panels; panels are not drawn much larger than baked
const TWO = 500, LARGEST = 1.08;

// A sentence whose places, as in {points}, are filled.
function filled(words, places) {
  return words.replaceAll(/\{(\w+)\}/g, (_, name) => places[name]);
}

function sum(numbers) {
  return numbers.reduce((one, other) => one + other, 0);
}

class Clinic extends Baked {
  constructor(root) {
    super(root);
    const named = (kind) => Object.fromEntries(
      [...root.querySelectorAll(`[data-${kind}]`)].map((one) => [one.dataset[kind], one]));
    [this.instruments, this.menus, this.buttons] = ["buys", "gives", "does"].map(named);
    this.plain = Object.fromEntries(
      Object.entries(this.buttons).map(([name, button]) => [name, button.textContent]));
  }

  readStates() {
    this.step = null;
    this.callIn();
    // what is seen first is there
    this.panels().map(Object.entries);
  }

  begin() {
    this.stand();
    this.stage.classList.add("gdviz-clinic");
    // what is printed
    this.image.loading = "eager";
    this.stage.after(this.image);
    for (const [name, button] of Object.entries(this.instruments)) {
      button.addEventListener("click", () => this.buy(name));
    }
    const acts = {
      treat: () => this.treat(this.menus.name.value, this.menus.cure.value),
      give_up: () => this.askGiveUp(),
      following: () => this.following(),
      again: () => this.again(),
    };
    for (const [name, act] of Object.entries(acts)) {
      this.buttons[name].addEventListener("click", act);
    }
    this.answer(this.told);
  }

  // ------------------------------------------------------------ the round

  callIn(visits = []) {
    const patient = this.head.patients[visits.length];
    this.visit = { patient, bought: [], names: [], cures: [], outcome: "sick", loss: patient.loss };
    this.visits = [...visits, this.visit];
    this.over = false;
    this.told = patient.complaint;
    for (const menu of Object.values(this.menus)) menu.selectedIndex = 0;
  }

  get sick() {
    return this.visit.outcome === "sick";
  }

  points({ patient, bought, names, cures, outcome }) {
    const { worth, wrong, prices } = this.head;
    const paid = sum([...bought, ...cures].map((name) => prices[name]));
    const misnamed = names.filter((name) => name !== patient.disease).length;
    return outcome === "given up" ? 0 : Math.max(0, worth - paid - wrong * misnamed);
  }

  buy(name) {
    this.visit.bought.push(name);
    this.answer(this.visit.patient.bought[name].said);
  }

  treat(name, cure) {
    const { visit } = this, { patient } = visit;
    if (!name || !cure) {
      this.answer(name ? patient.uncured : patient.unnamed);
      return;
    }
    visit.names.push(name);
    visit.cures.push(cure);
    const { cured, first, last, loss } = patient.treated[cure];
    visit.loss = loss;
    if (cured) visit.outcome = "cured";
    const ofTheName = cured ? patient.named[name] : this.head.shows[name];
    this.answer([first, ofTheName, last].filter(Boolean).join(" "));
  }

  askGiveUp() {
    const button = this.buttons.give_up, { again } = button.dataset;
    if (button.textContent === again) this.giveUp();
    else {
      button.textContent = again;
      button.classList.add("gd-warning");
    }
  }

  giveUp() {
    const { said, loss } = this.visit.patient.given_up;
    this.visit.outcome = "given up";
    this.visit.loss = loss;
    this.answer(said);
  }

  following() {
    if (this.visits.length < this.head.patients.length) this.callIn(this.visits);
    else this.over = true;
    this.answer(this.told);
  }

  again() {
    this.callIn();
    this.answer(this.told);
  }

  answer(words) {
    this.told = words;
    const held = document.activeElement;
    this.setButtons();
    if (this.root.contains(held) && held.disabled) passFocus(held, this.root);
    this.show();
  }

  // ------------------------------------------------------------ what is seen

  // What is pinned elsewhere is a trail of a run: here is none.
  showPins() {}

  show() {
    this.arrange();
    this.laid = null;
    this.lay(this.stills, this.places);
    this.draw(this.pack, this.moved, this.over ? this.record() : this.chart());
  }

  readout(told) {
    return told;
  }

  setButtons() {
    const { visit, over, sick } = this, { bought, names, patient } = visit;
    for (const [name, button] of Object.entries(this.instruments)) {
      button.disabled = over || !sick || bought.includes(name) || !patient.bought[name];
      button.classList.toggle("gd-bought", bought.includes(name));
    }
    const { treat, give_up, following, again } = this.buttons;
    for (const one of [...Object.values(this.menus), treat, give_up]) one.disabled = over || !sick;
    give_up.textContent = this.plain.give_up;
    give_up.classList.remove("gd-warning");
    const last = this.visits.length === this.head.patients.length;
    following.textContent = last ? following.dataset.last : this.plain.following;
    following.disabled = over || sick;
    again.disabled = this.visits.length === 1 && sick && !bought.length && !names.length;
  }

  // What stands beside the patient who is here.
  chart() {
    const { patient, bought } = this.visit;
    const [place, [left]] = patient.rows;
    const seen = bought.flatMap((name) => patient.bought[name].rows);
    const points = [left, "", this.head.left[this.points(this.visit)]];
    return { verdict: this.told, rows: [place, points, ...seen] };
  }

  record() {
    const { visits } = this, { verdict, told, worth } = this.head;
    const rightly = ({ names, patient }) => names[names.length - 1] === patient.disease;
    const of = (visit) => {
      const { names, cures, bought } = visit;
      const name = names.length ? names[names.length - 1] : told.unnamed;
      return filled(told.all, {
        points: this.points(visit),
        tried: cures.join(told.then) || told.untreated,
        called: rightly(visit) ? "" : filled(told.called, { name }),
        seen: bought.join(told.and) || told.unseen,
      });
    };
    return {
      verdict: filled(verdict, {
        cured: visits.filter(({ outcome }) => outcome === "cured").length,
        count: visits.length,
        named: visits.filter(rightly).length,
        points: sum(visits.map((visit) => this.points(visit))),
        most: worth * visits.length,
      }),
      rows: visits.map((visit) => [visit.patient.name, "", of(visit)]),
    };
  }

  // Each panel that is to be seen: by the width in which it was baked the frames of its still part,
  // those of what moves in it, and its height.
  panels() {
    const { patient, bought, loss } = this.visit;
    if (!this.over) return [loss, ...bought.flatMap((name) => patient.bought[name].panels)];
    const shots = Object.entries(this.head.record).map(([width, { still, tall, bars }]) => {
      const shown = bars.map((bar, number) => bar[this.points(this.visits[number])]);
      return [width, [still, shown, tall]];
    });
    return [Object.fromEntries(shots)];
  }

  // As _boxes in picture.py: among many panels the loss has a row of its own.
  rows(panels) {
    const most = this.shown < TWO ? 1 : Math.min(3, Math.floor(this.shown / 250));
    const wide = panels.length > 2 ? 1 : 0;
    const across = panels.length - wide === 4 && most > 2 ? 2 : most;
    const rows = wide ? [[panels[0]]] : [];
    for (let at = wide; at < panels.length; at += across) rows.push(panels.slice(at, at + across));
    return rows;
  }

  arrange() {
    [this.stills, this.places, this.moved, this.spots] = [[], [], [], []];
    [this.across, this.tall] = [this.shown, 0];
    const panels = this.panels();
    for (const row of this.rows(panels)) {
      // one that is left over is no wider than two beside one another
      const left = row.length === 1 && row[0] !== panels[0] && this.shown >= TWO;
      const each = this.shown / (left ? 2 : row.length);
      let tall = 0;
      row.forEach((shots, number) => {
        const away = (width) => Math.abs(Math.log(each / width));
        const width = Object.keys(shots).reduce((one, other) => (away(other) < away(one) ? other : one));
        const [still, moved, height] = shots[width];
        const scale = Math.min(each / width, LARGEST);
        const spot = {
          scale: scale * this.ratio,
          left: number * each * this.ratio,
          top: this.tall * this.ratio,
        };
        tall = Math.max(tall, height * scale);
        this.stills.push(...still);
        this.places.push(...still.map(() => spot));
        this.moved.push(...moved);
        this.spots.push(...moved.map(() => spot));
      });
      this.tall += tall;
    }
  }
}
