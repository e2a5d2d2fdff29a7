"""Figures in one style: the message in the title, names beside the lines, legible in both themes.

Importing this package costs nothing beyond NumPy: matplotlib is imported when the first figure is
drawn. In a notebook figures become SVG that is the same digit for digit from run to run.
"""

from chainrule.plotting.color import CYCLE, text_color
from chainrule.plotting.direct_labels import label_lines
from chainrule.plotting.lines import curves
from chainrule.plotting.style import dress, new_figure, use_style

__all__ = ["CYCLE", "curves", "dress", "label_lines", "new_figure", "text_color", "use_style"]
