"""Earlier runs, each with its report."""

from typing import Any

from nicegui import ui

from ..trajectory.report import STATUSES
from ..trajectory.run_folder import RunFolder, list_runs
from .parts import soft
from .site import Site, aside

NEWEST = 500
COLUMNS: list[dict[str, Any]] = [
    {"name": "when", "label": "Began", "field": "when", "align": "left", "sortable": True},
    {"name": "status", "label": "Status", "field": "word", "align": "left", "sortable": True},
    {"name": "task", "label": "Task", "field": "task", "align": "left"},
    {"name": "planner", "label": "Planner", "field": "planner", "align": "left", "sortable": True},
    {"name": "took", "label": "Took", "field": "took", "align": "right", "sortable": True},
]
# The templates are ours and fixed; what they are given is put in as text and as an address only.
TASK_CELL = """
<q-td :props="props">
  <a :href="'runs/' + encodeURIComponent(props.row.id) + '/report'" target="_blank"
     rel="noopener" dir="auto">{{ props.row.task }}</a>
  <div class="soft" dir="auto">{{ props.row.reason }}</div>
</q-td>
"""
STATUS_CELL = """
<q-td :props="props"><span :class="'badge ' + props.row.style">{{ props.row.word }}</span></q-td>
"""
TOOK_CELL = '<q-td :props="props">{{ props.row.took }} s</q-td>'


class RunsPanel:
    """Lists what was run, newest first."""

    def __init__(self, site: Site) -> None:
        self._site = site
        with ui.element("div").classes("panel"):
            with ui.element("div").classes("line"):
                find = ui.input("Find a task").props("dense outlined clearable")
                soft("A task opens its report.").classes("push")
            self._table = ui.table(
                columns=COLUMNS, rows=[], row_key="id", pagination={"rowsPerPage": 25}
            ).props('flat bordered no-data-label="Nothing was run yet."')
            self._table.bind_filter_from(find, "value", lambda text: text or "")
            self._table.add_slot("body-cell-task", TASK_CELL)
            self._table.add_slot("body-cell-status", STATUS_CELL)
            self._table.add_slot("body-cell-took", TOOK_CELL)

    async def open(self) -> None:
        """Read the list anew."""
        runs = await aside(lambda: list_runs(self._site.runs)[:NEWEST])
        self._table.update_rows(await aside(lambda: [_row(run) for run in runs]))


def _row(run: RunFolder) -> dict[str, Any]:
    from datetime import datetime

    info = run.info
    style, sign, word = STATUSES["killed" if run.is_killed else info.status]
    return {
        "id": run.path.name,
        "when": f"{datetime.fromtimestamp(info.created):%Y-%m-%d %H:%M}",
        "style": style,
        "word": f"{sign} {word}",
        "task": info.task,
        "reason": info.reason if info.status != "done" else "",
        "planner": info.planner,
        "took": round(info.spent_s),
    }
