"""Figures to explore: change what they show, in the page, in JupyterLab and in Colab.

``computation_graph()`` or ``variance_through_depth()`` as the last line of a cell is all that a
notebook needs. Each figure's function carries its module's name, so all are imported here, at once:
imported later, a module would take its function's place. What a figure needs beyond NumPy
(anywidget) is imported when it is shown.
"""

from chainrule.explore.attention_by_hand import attention_by_hand
from chainrule.explore.computation_graph import computation_graph
from chainrule.explore.convolution_microscope import convolution_microscope
from chainrule.explore.decision_boundary import decision_boundary
from chainrule.explore.draw_a_digit import draw_a_digit
from chainrule.explore.figure import LiveFigure
from chainrule.explore.fit import fit
from chainrule.explore.gates import gates
from chainrule.explore.gradient_through_time import gradient_through_time
from chainrule.explore.race import race
from chainrule.explore.schedules import schedules
from chainrule.explore.small_transformer import small_transformer
from chainrule.explore.variance_through_depth import variance_through_depth

__all__ = [
    "LiveFigure", "attention_by_hand", "computation_graph", "convolution_microscope", "decision_boundary",
    "draw_a_digit", "fit", "gates", "gradient_through_time", "race", "schedules", "small_transformer",
    "variance_through_depth",
]  # fmt: skip
