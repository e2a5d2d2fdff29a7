"""Figures in one style: the message in the title, names beside the lines, legible in both themes.

Importing this package costs nothing beyond NumPy: matplotlib is imported when the first figure is
drawn. In a notebook figures become SVG that is the same digit for digit from run to run.
"""

from chainrule.plotting.activations import activation_gallery
from chainrule.plotting.color import CYCLE, text_color
from chainrule.plotting.direct_labels import label_lines
from chainrule.plotting.distributions import bars_with_error, histograms
from chainrule.plotting.fields import contour, decision_boundary, surface
from chainrule.plotting.graphs import computation_graph
from chainrule.plotting.grids import images, matrix
from chainrule.plotting.lines import curves
from chainrule.plotting.style import dress, new_figure, use_style

__all__ = ["CYCLE", "activation_gallery", "bars_with_error", "computation_graph", "contour",
           "curves", "decision_boundary", "dress", "histograms", "images", "label_lines", "matrix",
           "new_figure", "surface", "text_color", "use_style"]
