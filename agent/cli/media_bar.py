"""How far the reading of a recording is."""

from .output import notes


class MediaBar:
    """A progress bar on stderr, in seconds of the recording, with what was heard last."""

    def __init__(self, name: str) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = notes()
        self.done_s, self._heard = 0.0, ""
        self._progress: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[heard]}", markup=False, style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(name, total=None, heard="")

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def show(self, done_s: float, total_s: float | None, heard: str = "") -> None:
        """Move the bar; what was heard stays until something else is."""
        self.done_s = done_s
        if heard:
            self._heard = "".join(c if c.isprintable() else " " for c in heard[-60:])
        self._progress.update(self._task, completed=done_s, total=total_s, heard=self._heard)
