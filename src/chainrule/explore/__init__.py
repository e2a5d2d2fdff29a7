"""L4: live figures, which run in the page, in JupyterLab and in Colab from one source.

``computation_graph()`` or ``variance_through_depth()`` as the last line of a cell is all that a
notebook needs. Each figure is one JavaScript module with pure functions and a ``render``; Python
checks the input, draws the picture of the first state, and hands both to the front end.
"""

from chainrule.explore.computation_graph import computation_graph
from chainrule.explore.live_figure import LiveFigure
from chainrule.explore.variance_through_depth import variance_through_depth

__all__ = ["LiveFigure", "computation_graph", "variance_through_depth"]
