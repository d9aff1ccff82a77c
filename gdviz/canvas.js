// One picture with its text: shows the PNG that the kernel drew, and sends back where the pointer pressed.
function render({ model, el }) {
  const picture = document.createElement("img");
  picture.className = "gdviz-picture";
  picture.draggable = false;
  picture.tabIndex = 0;
  const readout = document.createElement("div");
  readout.className = "gdviz-readout";
  readout.setAttribute("role", "status");
  const error = document.createElement("div");
  error.className = "gdviz-error";
  error.setAttribute("role", "alert");
  el.classList.add("gdviz-canvas");
  el.append(picture, readout, error);

  const show = () => {
    const url = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    picture.onload = () => URL.revokeObjectURL(url);
    picture.src = url;
  };
  const describe = () => {
    picture.alt = readout.textContent = model.get("text");
    error.textContent = model.get("error");
    picture.style.width = `${model.get("width")}px`;
    picture.style.cursor = model.get("grab") ? "crosshair" : "default";
    picture.style.touchAction = model.get("grab") ? "none" : "auto";
  };
  const send = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  let press = 0;
  const point = (event) => {
    const box = picture.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    send("pointer", [x, y, press]);
  };
  picture.addEventListener("pointerdown", (event) => {
    if (!model.get("grab")) return;
    press = Date.now();
    picture.setPointerCapture(event.pointerId);
    point(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (picture.hasPointerCapture(event.pointerId)) point(event);
  });
  const turns = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  picture.addEventListener("keydown", (event) => {
    if (!model.get("turns") || !(event.key in turns)) return;
    event.preventDefault();
    event.stopPropagation();
    send("turn", [...turns[event.key], Date.now()]);
  });

  const observed = { "change:png": show };
  for (const name of ["text", "error", "width", "grab"]) observed[`change:${name}`] = describe;
  for (const [name, action] of Object.entries(observed)) model.on(name, action);
  send("ratio", window.devicePixelRatio || 1);
  show();
  describe();
  return () => {
    for (const [name, action] of Object.entries(observed)) model.off(name, action);
  };
}
export default { render };
