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
    this.meaning = root.querySelector(".gd-meaning");
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
      give_up: () => this.ask(this.buttons.give_up, () => this.giveUp()),
      following: () => this.following(),
      again: () => (this.over ? this.again() : this.ask(this.buttons.again, () => this.again())),
    };
    for (const [name, act] of Object.entries(acts)) {
      this.buttons[name].addEventListener("click", act);
    }
    for (const menu of Object.values(this.menus)) {
      menu.addEventListener("change", () => this.explain());
    }
    this.answer(this.told);
  }

  // What the chosen name means, and what the chosen cure does.
  explain() {
    const words = Object.entries(this.menus).map(([kind, { value }]) =>
      this.head.explained[kind][value]);
    this.meaning.textContent = words.filter(Boolean).join(" ") || this.meaning.dataset.unchosen;
  }

  // ------------------------------------------------------------ the round

  callIn(visits = []) {
    const patient = this.head.patients[visits.length];
    this.visit = { patient, bought: [], names: [], cures: [], outcome: "sick", loss: patient.loss };
    this.visits = [...visits, this.visit];
    this.over = false;
    this.told = patient.complaint;
    for (const menu of Object.values(this.menus)) menu.selectedIndex = 0;
    this.explain();
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
    const { bought, patient } = this.visit, { said, already } = patient.bought[name];
    const had = bought.includes(name);
    if (!had) bought.push(name);
    this.answer(had ? already : said);
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
    const ofTheName = (cured ? patient.named : patient.misnamed)[name];
    this.answer([first, ofTheName, last].filter(Boolean).join(" "));
    if (loss !== patient.loss) this.figure.sweep();
  }

  // Act on the second press only.
  ask(button, act) {
    const { again } = button.dataset;
    if (button.textContent === again) {
      act();
      return;
    }
    button.textContent = again;
    button.classList.add("gd-warning");
  }

  giveUp() {
    const { said, loss } = this.visit.patient.given_up;
    this.visit.outcome = "given up";
    this.visit.loss = loss;
    this.answer(said);
    this.figure.sweep();
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
    const { visit, over, sick } = this, { bought, cures, patient } = visit;
    for (const [name, button] of Object.entries(this.instruments)) {
      // what is bought keeps the focus
      button.disabled = over || !patient.bought[name] || !(sick || bought.includes(name));
      button.classList.toggle("gd-bought", bought.includes(name));
    }
    const { treat, give_up, following, again } = this.buttons;
    for (const one of [...Object.values(this.menus), treat, give_up]) one.disabled = over || !sick;
    for (const [name, button] of Object.entries({ give_up, again })) {
      button.textContent = this.plain[name];
      button.classList.remove("gd-warning");
    }
    const last = this.visits.length === this.head.patients.length;
    following.textContent = last ? following.dataset.last : this.plain.following;
    following.disabled = over || sick;
    again.disabled = this.visits.length === 1 && sick && !bought.length && !cures.length;
  }

  // What stands beside the patient who is here.
  chart() {
    const { patient, bought } = this.visit;
    const [place, [left], ...complaint] = patient.rows;
    const points = [left, "", this.head.left[this.points(this.visit)]];
    const below = this.told === patient.complaint ? [] : complaint;
    const seen = bought.flatMap((name) => patient.bought[name].rows);
    return { verdict: this.told, rows: [place, points, ...below, ...seen] };
  }

  record() {
    const { visits } = this, { verdict, told, called, worth } = this.head;
    const tried = ({ cures, outcome }) => {
      const all = cures.join(told.then);
      if (outcome !== "given up") return all;
      return all ? filled(told.after, { tried: all }) : told["given up"];
    };
    const of = (visit) => {
      const { patient, names, bought } = visit;
      const wrong = [...new Set(names)].filter((name) => name !== patient.disease);
      return filled(told.all, {
        points: this.points(visit),
        best: patient.best,
        tried: tried(visit),
        called: wrong.map((name) => called[name]).join(""),
        seen: bought.join(told.and) || told.unseen,
      });
    };
    return {
      verdict: filled(verdict, {
        cured: visits.filter(({ outcome }) => outcome === "cured").length,
        count: visits.length,
        named: visits.filter(({ names, patient }) =>
          names.length && names.every((name) => name === patient.disease)).length,
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
      const chosen = row.map((shots) => {
        const away = (width) => Math.abs(Math.log(each / width));
        const width = Object.keys(shots).reduce((one, other) => (away(other) < away(one) ? other : one));
        return [...shots[width], Math.min(each / width, LARGEST)];
      });
      const tall = Math.max(...chosen.map(([, , height, scale]) => height * scale));
      chosen.forEach(([still, moved, height, scale], number) => {
        const spot = {
          scale: scale * this.ratio,
          left: number * each * this.ratio,
          // titles have one line or two: the axes below them are in line
          top: (this.tall + tall - height * scale) * this.ratio,
        };
        this.stills.push(...still);
        this.places.push(...still.map(() => spot));
        this.moved.push(...moved);
        this.spots.push(...moved.map(() => spot));
      });
      this.tall += tall;
    }
  }
}
