"""The page: four panels under one head, each a module."""

from importlib import resources

from nicegui import ui

from .memory_panel import MemoryPanel
from .requests_panel import RequestsPanel
from .runs_panel import RunsPanel
from .site import Site
from .videos_panel import VideosPanel
from .watch_panel import WatchPanel

EVERY_S = 0.5
"""So often a panel that moves looks again."""


async def draw_page(site: Site) -> None:
    """Draw the page for one browser."""
    ui.add_css(resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
    with ui.header().classes("line head"):
        ui.label("deskhand").classes("strong")
        with ui.tabs().props("inline-label no-caps dense") as tabs:
            watch = ui.tab("Watch", icon="visibility")
            runs = ui.tab("Runs", icon="history")
            memory = ui.tab("Memory", icon="photo_library")
            videos = ui.tab("Videos", icon="movie")
    requests = RequestsPanel(site)
    with ui.tab_panels(tabs, value="Watch", animated=False).classes("full-width") as panels:
        with ui.tab_panel(watch):
            watching = WatchPanel(site)
        with ui.tab_panel(runs):
            earlier = RunsPanel(site)
        with ui.tab_panel(memory):
            remembered = MemoryPanel(site)
        with ui.tab_panel(videos):
            shown = VideosPanel(site)

    async def turn() -> None:
        opened = {"Runs": earlier.open, "Memory": remembered.open, "Videos": shown.open}
        if panels.value in opened:
            await opened[panels.value]()

    async def look() -> None:
        await requests.look()
        await watching.look(is_shown=panels.value == "Watch")

    panels.on_value_change(turn)
    ui.timer(EVERY_S, look)
    ui.context.client.on_disconnect(watching.close)
    ui.context.client.on_delete(shown.close)
