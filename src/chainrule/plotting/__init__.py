"""Figures in one style: the message in the title, names beside the lines, legible in both themes.

Importing this package costs nothing beyond NumPy: matplotlib is imported when the first figure is
drawn. In a notebook figures become SVG that is the same digit for digit from run to run.
"""

from chainrule.plotting.direct_labels import label_lines
from chainrule.plotting.lines import curves
from chainrule.plotting.style import new_figure, use_style

__all__ = ["curves", "label_lines", "new_figure", "use_style"]
