"""The desktop as LangChain tools: the same actions, the same gate, the same verdicts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, BaseToolkit
from PIL import Image
from pydantic import ConfigDict, PrivateAttr

from ..memory.errors import Ambiguous, BadArgumentError, NotFound
from . import tool_arguments as arguments
from .actions import (
    Action,
    Click,
    DoubleClick,
    Drag,
    FocusWindow,
    Launch,
    PointTarget,
    PressKeys,
    RightClick,
    Scroll,
    SetClipboard,
    Target,
    TextTarget,
    TypeText,
    WaitFor,
)
from .classify_tool import ClassifyTool
from .desktop.capture import Pixels
from .desktop.desktop import Desktop
from .desktop.geometry import Box, Point, View
from .desktop.keys import parse_keys
from .finding import report
from .finding.cascade import locate
from .finding.found import Found
from .finding.sources import NO_MODELS, Sources
from .grounding import find_window
from .hands import Hands
from .memory_tools import MemoryTools
from .models.chat_models import LoadedChatModel
from .perception.elements import Element, Observation
from .perception.ground import find_all
from .perception.news import render_news
from .perception.observe import Observer, load_observer
from .perception.render import render_elements
from .question_tools import QuestionTools
from .safety.gate import Gate
from .tool_pictures import image_block, marked_part
from .tool_spec import Quoting, QuotingError, Result, ToolSpec

if TYPE_CHECKING:
    from ..memory.screens import VisualMemory
    from .recording_tools import RecordingTools

MAX_PICTURE_SIDE_PX = 1280
ZOOM = 3.0
ZOOM_RIM_PX = 60


class DesktopToolkit(BaseToolkit):
    """Tools that look at a desktop and act on it.

    Every acting tool goes through the gate; with the default one, risky actions are refused
    because nobody is there to ask. Its result says what effect was seen, not that a call returned.

    Args:
        desktop: The desktop.
        gate: Decides about actions.
        env: Environment for launched applications; None for this process's own.
        sources: Models that may tell where a described thing is; none by default.
        asked: Who answers questions about the screen; None for the best that is on this machine.
        memory: Lets the agent keep what it sees and search what was seen before, by anybody; None
            for no such tools.
        recordings: Folder for videos of the screen; None for no tools that record it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    _desktop: Desktop = PrivateAttr()
    _observer: Observer = PrivateAttr()
    _hands: Hands = PrivateAttr()
    _seen: Observation | None = PrivateAttr(default=None)
    _questions: QuestionTools = PrivateAttr()
    _memory: "VisualMemory | None" = PrivateAttr(default=None)
    _recording: "RecordingTools | None" = PrivateAttr(default=None)
    _shown: dict[str, View] = PrivateAttr(default_factory=dict)

    _sources: Sources = PrivateAttr()

    def __init__(
        self,
        desktop: Desktop,
        *,
        gate: Gate | None = None,
        env: Mapping[str, str] | None = None,
        sources: Sources = NO_MODELS,
        asked: LoadedChatModel | None = None,
        memory: "VisualMemory | None" = None,
        recordings: Path | None = None,
    ) -> None:
        super().__init__()
        self._memory = memory
        self._desktop = desktop
        self._observer = load_observer(desktop)
        self._hands = Hands(
            desktop,
            self._observer,
            gate,
            env=env,
            pictures=Path.cwd(),
            sources=sources,
        )
        self._sources = sources
        self._questions = QuestionTools(self._look, model=asked)
        if recordings is not None:
            from .recording_tools import RecordingTools

            self._recording = RecordingTools(desktop, recordings)

    def close(self) -> None:
        """End what asks the applications, and a recording; the toolkit is of no use afterwards."""
        self._observer.close()
        if self._recording is not None:
            self._recording.close()

    def get_tools(self) -> list[BaseTool]:
        """Return the tools, in the order of `specs`."""
        return [spec.structured() for spec in self.specs()]

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what there is, for servers of other protocols."""
        spec = ToolSpec.of
        screen, board = "the screen", "the clipboard"
        remembering = () if self._memory is None else MemoryTools(self._memory, self._look).specs()
        return (
            spec(self.screenshot, arguments.ScreenshotArguments, read_only=True, quotes=screen),
            spec(self.read_screen, arguments.ReadScreenArguments, read_only=True, quotes=screen),
            spec(self.find_element, arguments.FindElementArguments, read_only=True, quotes=screen),
            spec(self.click, arguments.ClickArguments, destructive=True, quotes=screen),
            spec(self.type_text, arguments.TypeTextArguments, destructive=True, quotes=screen),
            spec(self.press_keys, arguments.PressKeysArguments, destructive=True, quotes=screen),
            spec(self.scroll, arguments.ScrollArguments, quotes=screen),
            spec(self.drag, arguments.DragArguments, destructive=True, quotes=screen),
            spec(self.wait_for, arguments.WaitForArguments, read_only=True, quotes=screen),
            spec(self.list_windows, arguments.NoArguments, read_only=True, quotes=screen),
            spec(self.focus_window, arguments.FocusWindowArguments, quotes=screen),
            spec(self.launch_app, arguments.LaunchAppArguments, destructive=True, quotes=screen),
            spec(self.get_clipboard, arguments.NoArguments, read_only=True, quotes=board),
            spec(self.set_clipboard, arguments.SetClipboardArguments, destructive=True),
            *ClassifyTool(self._pixels).specs(),
            *self._questions.specs(),
            *remembering,
            *(() if self._recording is None else self._recording.specs()),
        )

    # Each tool's docstring is what the model reads.

    def screenshot(
        self,
        window: str | None = None,
        marks: bool = False,
        max_marks: int | None = None,
        zoom: int | None = None,
    ) -> Result:
        """Take a picture of the desktop or of one window.

        Positions read from it are given to other tools with the view id that comes with it.
        Prefer read_screen: it costs a fraction of the tokens.
        """
        if max_marks is not None and not marks:
            raise BadArgumentError("max_marks is for a picture with marks; add marks=true")
        seen = self._look()
        view = seen.capture.view
        part = self._part(seen, window, zoom)
        pixels, said = Image.fromarray(seen.capture.pixels), ""
        artifact: dict[str, Any] = {}
        if marks:
            marked = marked_part(seen, part, max_marks)
            pixels, artifact["marked"] = marked.picture, list(marked.shown)
            if marked.left_out:
                said = f"; {len(marked.shown)} elements are marked, {marked.left_out} more are not"
        if part is not None:
            view = view.crop(part)
            pixels = pixels.crop(part.xyxy)
        limit = ZOOM if zoom is not None else 1.0
        scale = min(limit, MAX_PICTURE_SIDE_PX / max(pixels.size))
        if scale != 1:
            pixels = pixels.resize((round(pixels.width * scale), round(pixels.height * scale)))
            view = view.resize(pixels.width, pixels.height)
        self._shown[view.id] = view
        note = f"view {view.id}: {view.width}x{view.height} pixels{said}"
        artifact |= {"view": view.id, "width": view.width, "height": view.height}
        return [{"type": "text", "text": note}, image_block(pixels)], artifact

    def read_screen(
        self, window: str | None = None, budget: int | None = None, only_news: bool = False
    ) -> Result:
        """List what is on the screen as numbered elements: number, kind, text, state.

        Window by window, a line for each row of the screen. An element keeps its number for as
        long as it is there.
        """
        before = self._seen
        seen = self._look()
        own = None if window is None else find_window(seen.windows, window)
        elements = [e for e in seen.elements if own is None or e.window == own.title]
        artifact = {"view": seen.capture.view.id, "elements": [_record(e) for e in elements]}
        if only_news and before is not None:
            return render_news(before, seen, window=own, budget=budget), artifact
        return render_elements(seen, elements, budget=budget).text, artifact

    def find_element(
        self,
        text: str,
        role: str | None = None,
        window: str | None = None,
        near: str | None = None,
        nth: int | None = None,
    ) -> Result:
        """Find elements by the words on them or by a description, such as "the blue save icon".

        Says which source found it and how sure it is. Several matches are all listed, the best
        first.
        """
        target = TextTarget.model_validate(
            {"text": text, "role": role, "window": window, "near": near, "nth": nth}
        )
        seen = self._look()
        try:
            found = locate(seen, target, self._sources)
        except Ambiguous as error:
            several = [one for one in error.candidates if isinstance(one, Element)]
            said = "\n".join(["several answer equally well:", *map(report.render_line, several)])
            return said, {"elements": [_record(e) for e in several], "found": None}
        return self._found(seen, target, found)

    def _found(self, seen: Observation, target: TextTarget, found: Found) -> Result:
        try:
            others = [match.element for match in find_all(seen, target)]
        except NotFound:  # what it is near to was found, by less than its words
            others = []
        if found.element is None:
            point, elements = found.point, others
            lines = [f"x {point.x:.0f}, y {point.y:.0f} in view {point.view_id}"]
        else:
            element = found.element
            elements = [element, *(e for e in others if e.id != element.id)]
            lines = []
        lines += [*map(report.render_line, elements), report.in_words(found)]
        artifact = {"elements": [_record(e) for e in elements], "found": report.to_json(found)}
        return "\n".join(lines), artifact

    def click(self, button: str = "left", count: int = 1, **place: Any) -> Result:
        """Click an element or a position, and say what effect was seen."""
        target = self._target(place)
        if button == "right":
            return self._do(RightClick(target=target))
        return self._do(DoubleClick(target=target) if count == 2 else Click(target=target))

    def type_text(self, typed: str, replace: bool = False, **place: Any) -> Result:
        """Type text, into a place that is clicked first or where the keyboard goes now."""
        into = self._target(place, optional=True)
        return self._do(TypeText(text=typed, into=into, replace=replace))

    def press_keys(self, keys: str) -> Result:
        """Press keys together, such as ctrl+s, and release them."""
        return self._do(PressKeys(keys=parse_keys(keys)))

    def scroll(self, direction: str, notches: int = 5, **place: Any) -> Result:
        """Turn the wheel over a place, or where the pointer is."""
        over = self._target(place, optional=True)
        return self._do(
            Scroll.model_validate({"direction": direction, "notches": notches, "target": over})
        )

    def drag(self, source: arguments.TargetArguments, target: arguments.TargetArguments) -> Result:
        """Press on one place, move to another, release."""
        begin = self._target(source.model_dump())
        end = self._target(target.model_dump())
        return self._do(Drag(source=begin, target=end))

    def wait_for(
        self, text: str, what: str = "text", present: bool = True, timeout_s: float = 10.0
    ) -> Result:
        """Wait until words or a window appear, or are gone."""
        return self._do(
            WaitFor.model_validate(
                {"text": text, "what": what, "present": present, "timeout_s": timeout_s}
            )
        )

    def list_windows(self) -> Result:
        """List the open windows, topmost first."""
        windows = self._desktop.windows()
        lines = [
            f'"{window.title}" ({window.app or "unknown application"})'
            + (", active" if window.is_active else "")
            + (", minimized" if window.is_minimized else "")
            for window in windows
        ]
        records = [
            {"title": w.title, "app": w.app, "box": list(w.box.xyxy), "is_active": w.is_active}
            for w in windows
        ]
        return "\n".join(lines) or "no windows are open", {"windows": records}

    def focus_window(self, title: str) -> Result:
        """Raise a window and give it the keyboard."""
        return self._do(FocusWindow(title=title))

    def launch_app(self, command: list[str]) -> Result:
        """Start an application and wait for its window."""
        return self._do(Launch(command=tuple(command)))

    def get_clipboard(self) -> Result:
        """Return the text on the clipboard."""
        text = self._desktop.get_clipboard()
        return text or "the clipboard holds no text", {"text": text}

    def set_clipboard(self, text: str) -> Result:
        """Put text on the clipboard."""
        return self._do(SetClipboard(text=text))

    def _part(self, seen: Observation, window: str | None, zoom: int | None) -> Box | None:
        """Return the part of a look that is to be shown, in its pixels; None for all of it."""
        view = seen.capture.view
        if zoom is not None:
            element = seen.element(zoom)
            if element is None:
                raise BadArgumentError(f"there is no element {zoom} on the screen; look again")
            return element.box.inflate(ZOOM_RIM_PX).intersect(view.box)
        if window is None:
            return None
        box = view.box_from_desktop(find_window(seen.windows, window).box)
        if box is None:
            raise BadArgumentError(f'window "{window}" is not on the screen')
        return box

    def _pixels(self, window: str | None, number: int | None) -> Pixels:
        """Return what a new look shows of a window or an element; of everything for neither."""
        seen = self._look()
        part = self._part(seen, window, None)
        if number is not None:
            element = seen.element(number)
            part = None if element is None else element.box.intersect(seen.capture.view.box)
            if part is None:
                raise BadArgumentError(f"there is no element {number} on the screen; look again")
        if part is None:
            return seen.capture.pixels
        left, top, right, bottom = part.xyxy
        return seen.capture.pixels[top:bottom, left:right]

    def _look(self) -> Observation:
        self._seen = self._hands.look()
        # Positions of older pictures are refused from here on.
        self._shown = {self._seen.capture.view.id: self._seen.capture.view}
        return self._seen

    def _target(self, place: Mapping[str, Any], *, optional: bool = False) -> Any:
        """Return the target that the arguments name; positions in the latest look's pixels."""
        target: Target | None = arguments.TargetArguments.model_validate(dict(place)).target()
        if target is None and not optional:
            raise BadArgumentError("name a place: text, or element, or x, y and view")
        if isinstance(target, PointTarget):
            shown = self._shown.get(target.view)
            if shown is None or self._seen is None:
                raise BadArgumentError(
                    f"view {target.view} is not of the latest screenshot; take a new one"
                )
            own = self._seen.capture.view
            point: Point = shown.carry(shown.point(target.x, target.y), own)
            return PointTarget(x=point.x, y=point.y, view=own.id)
        return target

    def _do(self, action: Action) -> Result:
        is_numbered = _uses_look(action)
        if is_numbered and self._seen is None:
            raise BadArgumentError("look first: call read_screen or screenshot")
        outcome = self._hands.perform(action, self._seen if is_numbered else None)
        if outcome.effect == "refused":
            ours = "; ".join(filter(None, ("refused", outcome.remedy)))
            raise QuotingError(ours, outcome.evidence)
        return Quoting(outcome.effect, outcome.evidence), outcome.to_json()


def _uses_look(action: Action) -> bool:
    """Tell whether the action names elements or positions of the look that was shown."""
    targets = [getattr(action, name, None) for name in ("target", "source", "into")]
    return any(target is not None and not isinstance(target, TextTarget) for target in targets)


def _record(element: Element) -> dict[str, Any]:
    return {
        "id": element.id,
        "role": element.role,
        "text": element.text,
        "box": list(element.box.xyxy),
        "states": sorted(element.states),
        "window": element.window,
        "source": element.source,
        "score": round(element.score, 3),
    }
