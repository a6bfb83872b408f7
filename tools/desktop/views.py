"""Which pictures are current: a point of any other is refused."""

from collections import OrderedDict

from ...memory.errors import StaleView
from .geometry import Point, View

MAX_REMEMBERED = 64
"""Retired views are remembered for a better message, but not for ever."""


class Views:
    """A ledger of views: for each source the newest picture and what was derived from it."""

    def __init__(self) -> None:
        self._current: OrderedDict[str, dict[str, View]] = OrderedDict()
        self._retired: OrderedDict[str, str] = OrderedDict()

    def register(self, source: str, view: View) -> None:
        """Make a view the current one of its source; the earlier ones are retired."""
        self._retire(source)
        self._current[source] = {view.id: view}
        # Regions may be captured at ever new places, each a source of its own.
        if len(self._current) > MAX_REMEMBERED:
            self._retire(next(iter(self._current)))

    def _retire(self, source: str) -> None:
        for old in self._current.pop(source, {}):
            self._retired[old] = source
            if len(self._retired) > MAX_REMEMBERED:
                self._retired.popitem(last=False)

    def derive(self, parent: View, view: View) -> None:
        """Make a crop or a resize of a current view current as well, until its parent is retired.

        Raises:
            StaleView: If the parent is not current.
        """
        for views in self._current.values():
            if parent.id in views:
                views[view.id] = view
                return
        raise StaleView(f"view {parent.id} is not current; look again")

    def resolve(self, point: Point) -> View:
        """Return the current view that a point belongs to.

        Raises:
            StaleView: If it is unknown, or a newer picture of its source was taken.
        """
        for views in self._current.values():
            if point.view_id in views:
                return views[point.view_id]
        source = self._retired.get(point.view_id)
        if source is not None:
            raise StaleView(
                f"view {point.view_id} was replaced by a newer picture of the {source}; look again"
            )
        raise StaleView(f"view {point.view_id} is unknown; look first")
