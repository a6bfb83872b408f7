"""The visual memory as tools: keep the screen, and search what was seen.

What a screen showed once is no more to be trusted than what it shows now: everything that was read
reaches a model inside a fence, and pictures only where they are asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..memory.errors import BadArgumentError, PolicyDenied
from ..memory.recording_rows import MomentHit
from ..memory.records import Filter
from ..memory.screens import VisualMemory
from . import tool_arguments as arguments
from .perception.element_text import quoted
from .perception.elements import Observation
from .remembering.contact_sheet import draw_sheet
from .remembering.folder_index import INDEXED, folder_tag
from .remembering.moments import parse_moment
from .remembering.opening import missing_sources
from .remembering.recall import recall
from .remembering.recall_all import Found, citation, in_one_ranking, moment_json
from .remembering.recorder import ScreenRecorder
from .remembering.thumbnails import thumbnail
from .safety.fence import Fence
from .tool_pictures import image_block
from .tool_spec import Result, ToolSpec

MAX_LINE_CHARS = 160


class MemoryTools:
    """Tools over one memory.

    Args:
        memory: The memory; it stays open as long as the tools are used.
        look: Returns what is on the screen now; None for tools that only search.
        recorder: Keeps looks; None for one with the default exclusions.
    """

    def __init__(
        self,
        memory: VisualMemory,
        look: Callable[[], Observation] | None = None,
        *,
        recorder: ScreenRecorder | None = None,
    ) -> None:
        self._memory = memory
        self._look = look
        self._recorder = ScreenRecorder(memory) if recorder is None else recorder

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what there is."""
        spec = ToolSpec.of
        search = (
            spec(self.recall_screens, arguments.RecallScreensArguments, read_only=True),
            spec(self.search_images, arguments.SearchImagesArguments, read_only=True),
        )
        if self._look is None:
            return search
        return (spec(self.remember_screen, arguments.RememberScreenArguments), *search)

    # Each tool's docstring is what the model reads.

    def remember_screen(self, tags: Sequence[str] = ()) -> Result:
        """Keep what is on the screen now, to be found again with recall_screens.

        Passwords and other secrets are taken out. Cite it by the [screen:ID] that is returned.
        """
        assert self._look is not None  # only then is it a tool
        recorded = self._recorder.record(self._look(), tags=tags)
        if recorded.added is None:
            raise PolicyDenied("nothing was kept: the active window is excluded from the memory")
        citation = f"[screen:{recorded.added.id}]"
        hidden = sum(recorded.hidden.values())
        said = f"kept as {citation}" if recorded.added.is_new else f"seen before: {citation}"
        said += f"; {hidden} secrets taken out" if hidden else ""
        return said, {"id": recorded.added.id, "is_new": recorded.added.is_new, "hidden": hidden}

    def recall_screens(
        self,
        query: str | None = None,
        like: str | None = None,
        app: str | None = None,
        window: str | None = None,
        since: str | None = None,
        until: str | None = None,
        tags: Sequence[str] = (),
        limit: int = 5,
        pictures: bool = False,
    ) -> Result:
        """Find screens that were seen earlier, by words, meaning, application and time.

        Moments of recordings that are remembered are found as well. Returns when and where each
        was seen, the line that answers, and [screen:ID] or [video:ID@time] to cite.
        """
        now = datetime.now(UTC).astimezone()
        chosen = Filter(
            app=app,
            window=window,
            since=None if since is None else parse_moment(since, now=now),
            until=None if until is None else parse_moment(until, now=now, is_end=True),
            tags=frozenset(tags),
        )
        found = recall(self._memory, text=query, like=like, filter=chosen, limit=limit)
        moments: list[MomentHit] = []
        if query and not (like or app or window or tags):
            moments = self._memory.recordings.search(
                query, limit, since=chosen.since, until=chosen.until
            )
        if moments and query:
            everything = in_one_ranking(query, found, moments, limit)
            return self._result(everything, "what was seen earlier", pictures=pictures)
        return self._result(found, "screens seen earlier", pictures=pictures)

    def search_images(
        self,
        query: str | None = None,
        like: str | None = None,
        folder: str | None = None,
        limit: int = 5,
        pictures: bool = False,
    ) -> Result:
        """Find pictures in the folders that were indexed, by words in them or by what they show."""
        if query is None and like is None:
            raise BadArgumentError("give a query, or like=ID")
        tag = INDEXED if folder is None else folder_tag(Path(folder).expanduser())
        found = recall(self._memory, text=query, like=like, filter=Filter(tags={tag}), limit=limit)
        return self._result(found, "pictures in indexed folders", pictures=pictures)

    def _result(self, found: Sequence[Found], what: str, *, pictures: bool) -> Result:
        artifact: dict[str, Any] = {
            "screens": [one.to_json() for one in found if not isinstance(one, MomentHit)],
            "moments": [moment_json(one) for one in found if isinstance(one, MomentHit)],
        }
        missing = [f"{one.name} ({one.why})" for one in missing_sources(self._memory)]
        blind = f"\nnot searched by {', '.join(missing)}" if missing else ""
        if not found:
            return f"nothing was found{blind}", artifact
        lines = [_line(number, one) for number, one in enumerate(found, start=1)]
        text = Fence().wrap("\n".join(lines), what) + blind
        if not pictures:
            return text, artifact
        sheet = draw_sheet(
            [
                replace(thumbnail(number, one), caption=(f"{number}  {citation(one)}",))
                for number, one in enumerate(found, start=1)
            ]
        )
        return [{"type": "text", "text": text}, image_block(sheet)], artifact


def _line(number: int, one: Found) -> str:
    if isinstance(one, MomentHit):
        recording, moment = one.recording, one.moment
        how = "said" if moment.source == "speech" else "shown"
        return (
            f"{number}. {one.citation} {recording.time.astimezone():%Y-%m-%d %H:%M}, "
            f"file {quoted(recording.path)}, {how} {quoted(moment.text, MAX_LINE_CHARS)}"
        )
    record = one.record
    parts = [f"{number}. {record.citation} {record.last_seen.astimezone():%Y-%m-%d %H:%M}"]
    if record.app:
        parts.append(record.app)
    if record.source:
        parts.append(f"file {quoted(record.source)}")
    if record.window:
        parts.append(f"window {quoted(record.window)}")
    if one.line:
        parts.append(f"line {quoted(one.line, MAX_LINE_CHARS)}")
    if one.reasons:
        ways = ", ".join(f"{reason.source} #{reason.rank}" for reason in one.reasons)
        parts.append(f"found by {ways}")
    return ", ".join(parts)
