"""The figures that the benchmarks drag, each as the code of a notebook's cell.

A cell shows a box of class "bench"; the control that is moved has class "moved".
"""

EMPTY = """
import ipywidgets as widgets

slider = widgets.IntSlider(50, 0, 100)
slider.add_class("moved")
answer = widgets.Label("0")
answer.add_class("bench-answer")
slider.observe(lambda change: setattr(answer, "value", str(int(answer.value) + 1)), "value")
box = widgets.VBox([slider, answer])
box.add_class("bench")
box
"""

START = """
import numpy as np
import gdviz as gd

def show(live, moved=None):
    live.widget.add_class("bench")
    if moved:
        live.controls[moved].add_class("moved")
    return live
"""

RATE = """
bowl = gd.landscape("(x**2 + k*y**2) / 2", bounds=((-3, 3), (-2, 2)), k=10)

def race(lr=0.05):
    return gd.descend(bowl, (-2.5, 2), gd.GD(lr), steps=80)

def factors(run, lr):
    largest = max(abs(1 - lr), abs(1 - 10 * lr))
    return {"": "arrives", "factor a step": (largest, run.contraction((0, 0)))}

show(gd.Live(race, gd.Contour(bowl), gd.Loss(limits=(1e-20, 1e2)), readout=factors, %s), "lr")
"""

CASES = {
    "a learning rate": RATE % "lr=(0.0, 0.19, 0.0019)",
    "a learning rate, by factors": RATE % "lr=gd.log_slider(0.005, 0.19)",
    "depth of a stack": """
rng = np.random.default_rng(0)
inputs = rng.normal(size=(16, 8))
targets = np.sign(inputs[:, 0])

def sizes(depth=30, gain=1.0):
    loss = gd.networks.Stack(depth, width=16, inputs=8, activation="tanh").loss(inputs, targets)
    return loss.layer_gradient_norms(loss.network.initial(gain, seed=4))

def ends(norms):
    return {"first layer": norms[0], "last layer": norms[-1]}

def by_layer():
    return gd.Lines(
        lambda norms: norms, log="y", marker=True, limits=(1e-12, 1e2), xlimits=(0, 60)
    )

show(gd.Live(sizes, by_layer(), readout=ends, depth=(1, 60), gain=(0.0, 3.0, 0.03)), "depth")
""",
    "gain of a stack": """
show(gd.Live(sizes, by_layer(), readout=ends, depth=(1, 60), gain=(0.0, 3.0, 0.03)), "gain")
""",
    "a map of 13,500 walks": """
hills = gd.landscape("x**4 - 5*x**2 + 3*x", bounds=((-2.8, 2.6),))
places = np.linspace(-2.8, 2.6, 150)
rates = np.geomspace(0.001, 0.3, 90)
minima = [point for point in hills.critical_points() if point.kind == "minimum"]

def walk_all(beta=0.4):
    momentum = gd.Momentum(rates[:, None], beta)
    return gd.descend(hills, places[:, None], momentum, steps=100, record="last")

def where_each_ends(run):
    ends = run.final[..., 0]
    codes = np.where(np.isfinite(ends), -1, -2)
    for number, minimum in enumerate(minima):
        codes[np.abs(ends - minimum.point[0]) < 1e-3] = number
    return codes

def settled(run):
    return {"settled": np.mean(where_each_ends(run) >= 0)}

walks = gd.Cells(where_each_ends, x=places, y=rates, regions=("A", "B"), log="y")
show(gd.Live(walk_all, walks, readout=settled, beta=(0.0, 0.9, 0.009)), "beta")
""",
    "the landscape itself": """
def ravine_race(k=30.0):
    ravine = gd.landscape("ravine", bounds=((-3, 3), (-2, 2)), k=k)
    return gd.descend(ravine, (-2.5, 1.5), gd.GD(0.015), steps=80)

limited = gd.Loss(limits=(1e-6, 1e3))
show(gd.Live(ravine_race, gd.Contour(), limited, k=(1.0, 100.0, 1.0)), "k")
""",
}

SURFACE = """
def on_surface(lr=0.05):
    return gd.descend(bowl, (-2.5, 2), gd.GD(lr), steps=80)

show(gd.Live(on_surface, gd.Surface(bowl), gd.Loss(), lr=(0.0, 0.19, 0.0019)))
"""

PEERS = {
    "interact, inline figures": """
import matplotlib.pyplot as plt

X, Y = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-2, 2, 121))

def inline(lr=(0.0, 0.19, 0.0019)):
    run = race(lr)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    left.contourf(X, Y, (X**2 + 10 * Y**2) / 2, levels=15)
    left.plot(*run.points.T, "o-")
    right.semilogy(run.values + 1e-300)
    plt.show()

box = widgets.interactive(inline)
box.add_class("bench")
box.children[0].add_class("moved")
box
""",
    "ipympl": """
%matplotlib widget
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
left.contourf(X, Y, (X**2 + 10 * Y**2) / 2, levels=15)
run = race(0.05)
(way,) = left.plot(*run.points.T, "o-")
(loss,) = right.semilogy(run.values + 1e-300)

def move(change):
    run = race(change.new)
    way.set_data(*run.points.T)
    loss.set_ydata(run.values + 1e-300)
    figure.canvas.draw_idle()

slider = widgets.FloatSlider(0.05, min=0.0, max=0.19, step=0.0019)
slider.add_class("moved")
slider.observe(move, "value")
box = widgets.VBox([slider, figure.canvas])
box.add_class("bench")
box
""",
    "plotly": """
import plotly.graph_objects as go
from plotly.subplots import make_subplots

figure = go.FigureWidget(make_subplots(1, 2))
figure.add_contour(x=X[0], y=Y[:, 0], z=(X**2 + 10 * Y**2) / 2, row=1, col=1)
figure.add_scatter(row=1, col=1)
figure.add_scatter(row=1, col=2)
figure.update_yaxes(type="log", row=1, col=2)

def move(change):
    run = race(change.new)
    with figure.batch_update():
        figure.data[1].x, figure.data[1].y = run.points.T
        figure.data[2].y = run.values

slider = widgets.FloatSlider(0.05, min=0.0, max=0.19, step=0.0019)
slider.add_class("moved")
slider.observe(move, "value")
box = widgets.VBox([slider, figure])
box.add_class("bench")
box
""",
}
