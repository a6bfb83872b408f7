"""From a description to the one thing it means, source by source: the cheap and sure ones first.

1. The words as they are, on what is seen and what applications say: all that `perception.ground`
   finds, at its price. Where they settle it, nothing else is asked.
2. What the description states beside words (kind, colour, place, neighbours, rank), in code.
3. CLIP, where there is one: which drawing looks like it.
4. A grounding model, where there is one: where it points, matched to what lies there.

The answer says which source gave it, how sure it is, what came second, what each source said, and
whether two of them point at different places. What is written on a screen is only ever compared
with the description; nothing in it is read as a place or a request.

Confidence is in [0, 1] and says how well what was stated is met (`candidates`), not how often such
an answer is right; sources that agree independently raise it. `benchmarks/find_elements.py` says
what it was worth on real screens.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from ...memory.errors import Ambiguous, GroundingError, ModelOutputError, NotFound
from ..actions import TextTarget
from ..perception.elements import Element, Observation
from ..perception.ground import blocked_by, describe, find, find_all, in_window, several
from ..perception.modality import blocking_dialog
from ..perception.text_match import ALIKE, match_text, split_role
from .candidates import (
    ENOUGH,
    NAMED_EXACTLY,
    PASSED_OVER,
    Candidate,
    FoundBy,
    candidates,
    equals,
    open_to_clicks,
    why_not,
)
from .clip_ranking import rank_by_looks
from .description import KIND_OF_ROLE, Description, Kind, Relation, parse_description
from .found import Found, Guess, Status, Verdict, is_same, place_of
from .sources import NO_MODELS, Sources

SURE = 0.8
"""From here on, no model is asked."""
POINTED, POINTED_UNCALIBRATED = 0.7, 0.5
"""A model's text tells no confidence; this is for a point of one that passed its calibration."""
BY_WORDS_LOOSELY = 0.4
"""The words stand in a running text, and a thing of another kind was asked for."""
OTHER_SOURCE = 0.5
"""A second source this sure, at another place, is a disagreement to be told."""


def locate(
    observation: Observation,
    target: TextTarget | str,
    sources: Sources = NO_MODELS,
    *,
    is_for_click: bool = False,
    asks_all: bool = False,
) -> Found:
    """Return the one thing that a description means.

    Args:
        observation: What is seen.
        target: The description, perhaps with kind, window and neighbour named apart.
        sources: Models that may be asked where words and pixels do not settle it.
        is_for_click: A click is to rest on the answer: a model that did not pass its calibration
            is not asked, and models that disagree with the rest make it ambiguous.
        asks_all: Ask the models also where it is settled.

    Raises:
        NotFound: If no source finds it; saying what comes nearest and what that lacks.
        Ambiguous: If several things answer equally well, or, for a click, sources disagree.
        ModelUnavailable: If only a model could tell, and it may not be used for clicks.
    """
    wanted = TextTarget(text=target) if isinstance(target, str) else target
    return _Search(observation, wanted, sources, is_for_click=is_for_click).run(asks_all)


def find_described(observation: Observation, target: TextTarget) -> Element:
    """Return the one element that a description means, by words and pixels alone.

    Raises:
        NotFound: If there is none.
        Ambiguous: If several answer equally well.
    """
    element = locate(observation, target).element
    assert element is not None  # only models give bare points
    return element


def element_at(observation: Observation, x: float, y: float) -> Element | None:
    """Return the smallest element under a position: what a click there would hit."""
    under = [element for element in observation.elements if element.box.contains(x, y)]
    return min(under, key=lambda element: element.box.area, default=None)


class _Search:
    """One search, with what its sources said so far."""

    def __init__(
        self,
        observation: Observation,
        target: TextTarget,
        sources: Sources,
        *,
        is_for_click: bool,
    ) -> None:
        self._seen = observation
        self._target = target
        self._sources = sources
        self._is_for_click = is_for_click
        self._verdicts: dict[FoundBy, Verdict] = {}

    @cached_property
    def _about(self) -> Description:
        return _stated(self._target)

    def run(self, asks_all: bool) -> Found:
        guesses, problem = self._by_words()
        is_settled = bool(guesses) and guesses[0].confidence > BY_WORDS_LOOSELY
        if not is_settled:
            guesses, problem = self._by_description(guesses, problem)
            is_settled = problem is None and bool(guesses) and guesses[0].confidence >= SURE
        # Nothing tells equals apart: a model would take one of them at random.
        is_hopeless = isinstance(problem, Ambiguous) and not self._about.states_more
        if (asks_all or not is_settled) and not is_hopeless:
            guesses, problem = self._by_looks(guesses, problem)
            return self._pointed_at(guesses, problem)
        return self._answer(guesses, problem)

    # --- the sources

    def _by_words(self) -> tuple[list[Guess], GroundingError | None]:
        """Return what the words alone find: nothing or little of it where it is not to be trusted.

        Raises:
            NotFound: If the window is not there, or the thing is blocked, or too few of it are
                there: no other source can do better.
        """
        target = self._target
        try:
            element = find(self._seen, target)
        except Ambiguous as error:
            return [], error
        except NotFound as error:
            if target.near is None and find_all(self._seen, target):
                raise
            in_window(self._seen, target.window)
            return [], error
        score = _score(target.text, element)
        if score < ALIKE and target.near is None and target.nth is None:
            about = self._about
            # "blue button" is no button on which "blue" is written.
            named = split_role(target.text) if about.words else None
            score = max(score, 0.0 if named is None else _score(named[0], element))
            if score < ALIKE and about.states_more:
                return [], None
            if score < ALIKE and about.kind is not None and _is_prose(element, about.kind):
                is_loose = not about.kind.is_picture
                return [self._guess(element, BY_WORDS_LOOSELY)] if is_loose else [], None
        self._said_by(element, "found", describe(element))
        return [self._guess(element, NAMED_EXACTLY * min(1.0, score / ALIKE))], None

    def _by_description(
        self, loose: list[Guess], problem: GroundingError | None
    ) -> tuple[list[Guess], GroundingError | None]:
        """Return what answers all that was stated, best first, and why it is no answer."""
        every = in_window(self._seen, self._target.window)
        elements, blocked = open_to_clicks(self._seen, every)
        if self._target.window is not None:
            elements, blocked = list(every), []
        ranked = candidates(self._seen, self._about, elements)
        for source in ("accessibility", "ocr", "icon"):
            self._say_best(source, ranked)
        best = equals(ranked)
        guesses = [
            self._guess(c.element, c.confidence, c.source) for c in ranked if c.confidence >= ENOUGH
        ]
        if len(best) > 1:
            given = isinstance(problem, Ambiguous) and not self._about.states_more
            error = problem if given else several(self._target.text, [c.element for c in best])
            return guesses, error
        if best:
            return guesses, None
        if loose:
            return loose, None
        waiting = equals(candidates(self._seen, self._about, blocked))
        return [], self._not_found(problem, ranked, waiting)

    def _by_looks(
        self, guesses: list[Guess], problem: GroundingError | None
    ) -> tuple[list[Guess], GroundingError | None]:
        if not self._about.words:
            self._say("clip", "not asked", "nothing is said of what it looks like")
            return guesses, problem
        embedder = self._sources.embedder()
        if embedder is None:
            self._say("clip", "not there", self._sources.why_absent("clip"))
            return guesses, problem
        every, _ = open_to_clicks(self._seen, in_window(self._seen, self._target.window))
        fitting = candidates(self._seen, replace(self._about, words=""), every)
        drawn = [c.element for c in fitting if c.confidence >= ENOUGH]
        ranked = rank_by_looks(self._seen, self._about.words, drawn, embedder)
        self._say_best("clip", ranked)
        best = equals(ranked)
        if len(best) != 1:
            return guesses, problem
        looked = self._guess(best[0].element, best[0].confidence, "clip")
        return self._with(looked, guesses, problem)

    def _pointed_at(self, guesses: list[Guess], problem: GroundingError | None) -> Found:
        pointer = self._sources.vlm
        if pointer is None:
            self._say("vlm", "not there", self._sources.why_absent("vlm"))
            return self._answer(guesses, problem)
        is_calibrated = pointer.may_click()
        if self._is_for_click and not is_calibrated:
            if problem is not None:
                pointer.require()
            self._say("vlm", "not asked", f"{pointer.name} did not pass a calibration")
            return self._answer(guesses, problem)
        trust = POINTED if is_calibrated else POINTED_UNCALIBRATED
        note = "" if is_calibrated else "; not calibrated"
        try:
            point = pointer.point(self._seen.capture, _in_words(self._target))
        except NotFound as error:
            self._say("vlm", "not found", f"{error}{note}")
            return self._answer(guesses, problem)
        except ModelOutputError as error:
            self._say("vlm", "failed", f"{pointer.name}: {error}")
            return self._answer(guesses, problem)
        hit = element_at(self._seen, point.x, point.y)
        on = "nothing that is known" if hit is None else describe(hit)
        at = f"{pointer.name} points at ({point.x:.0f}, {point.y:.0f}): {on}{note}"
        self._say("vlm", "found", at)
        if hit is not None and self._target.window is None:
            dialog = blocking_dialog(self._seen, hit)
            if dialog is not None:
                blocked = NotFound(f'"{self._target.text}" is {blocked_by(hit, dialog)}')
                return self._answer(guesses, problem if guesses else blocked)
        pointed = Guess(element=hit, point=point, source="vlm", confidence=trust)
        guesses, problem = self._with(pointed, guesses, problem)
        return self._answer(guesses, problem)

    # --- putting together

    def _with(
        self, new: Guess, guesses: list[Guess], problem: GroundingError | None
    ) -> tuple[list[Guess], GroundingError | None]:
        """Return the guesses with one of an independent source, and what is left of the problem."""
        same = [guess for guess in guesses if is_same(guess, new)]
        others = [guess for guess in guesses if not is_same(guess, new)]
        if isinstance(problem, Ambiguous):
            # It may tell equals apart, and must not bring up something else.
            is_one_of_them = bool(same) and same[0].confidence >= guesses[0].confidence - 0.1
            if not is_one_of_them:
                return [*guesses, new], problem
            passed_over = [replace(g, confidence=g.confidence * PASSED_OVER) for g in others]
            return [new, *passed_over], None
        if same:
            raised = 1 - (1 - same[0].confidence) * (1 - new.confidence)
            joined = replace(same[0], confidence=raised)
            return sorted([joined, *others], key=lambda g: -g.confidence), None
        return sorted([*guesses, new], key=lambda g: -g.confidence), None

    def _answer(self, guesses: Sequence[Guess], problem: GroundingError | None) -> Found:
        if problem is not None or not guesses:
            assert problem is not None  # no guess without a reason
            raise problem
        best, *others = guesses
        second = next((guess for guess in others if not is_same(guess, best)), None)
        disagreement = self._disagreement(best, others)
        is_by_models = {best.source, *(g.source for g in others)} & {"clip", "vlm"}
        if disagreement and self._is_for_click and is_by_models:
            raise Ambiguous(
                f'"{self._target.text}": {disagreement}; say more of it, or which',
                candidates=[g.element for g in guesses if g.element is not None],
            )
        return Found(
            element=best.element,
            point=best.point,
            source=best.source,
            confidence=round(best.confidence, 3),
            runner_up=second,
            verdicts=self._all_verdicts(),
            disagreement=disagreement,
        )

    def _disagreement(self, best: Guess, others: Sequence[Guess]) -> str:
        for other in others:
            is_elsewhere = other.source != best.source and not is_same(other, best)
            if is_elsewhere and other.confidence >= OTHER_SOURCE:
                return (
                    f"{best.source} says {place_of(best)} ({best.confidence:.2f}), "
                    f"{other.source} says {place_of(other)} ({other.confidence:.2f})"
                )
        return ""

    def _guess(self, element: Element, confidence: float, source: FoundBy | None = None) -> Guess:
        if source is None:
            source = "accessibility" if element.source == "accessibility" else "ocr"
        point = self._seen.click_point(element)
        return Guess(element=element, point=point, source=source, confidence=confidence)

    def _not_found(
        self,
        problem: GroundingError | None,
        ranked: Sequence[Candidate],
        waiting: Sequence[Candidate],
    ) -> GroundingError:
        text = self._target.text
        if waiting and (dialog := blocking_dialog(self._seen, waiting[0].element)) is not None:
            return NotFound(f'"{text}" is {blocked_by(waiting[0].element, dialog)}')
        said = f'"{text}" is not on the screen' if problem is None else str(problem)
        lacks = why_not(ranked)
        return NotFound(f"{said}; {lacks}" if lacks else said)

    # --- what was said

    def _say(self, source: FoundBy, status: Status, said: str = "") -> None:
        self._verdicts[source] = Verdict(source=source, status=status, said=said)

    def _said_by(self, element: Element, status: Status, said: str) -> None:
        self._say("accessibility" if element.source == "accessibility" else "ocr", status, said)

    def _say_best(self, source: FoundBy, ranked: Sequence[Candidate]) -> None:
        best = equals([c for c in ranked if c.source == source])
        status: Status = "found" if len(best) == 1 else "ambiguous" if best else "not found"
        said = "; ".join(f"{describe(c.element)} ({c.confidence:.2f})" for c in best[:3])
        self._say(source, status, said)

    def _all_verdicts(self) -> tuple[Verdict, ...]:
        order: tuple[FoundBy, ...] = ("ocr", "accessibility", "icon", "clip", "vlm")
        return tuple(
            self._verdicts.get(source, Verdict(source=source, status="not asked"))
            for source in order
        )


def _stated(target: TextTarget) -> Description:
    """Return what a target states, in its words and in its fields."""
    about = parse_description(target.text)
    if target.role is not None:
        about = replace(about, kind=KIND_OF_ROLE.get(target.role, about.kind))
    if target.near is not None:
        about = replace(about, relation=Relation(where="beside", anchor=target.near))
    if target.nth is not None:
        about = replace(about, nth=target.nth)
    return about


def _score(words: str, element: Element) -> float:
    found = match_text(words, element.text)
    return 0.0 if found is None else found.score


def _is_prose(element: Element, kind: Kind) -> bool:
    """Tell whether an element is mere text where another kind of thing was asked for."""
    return element.role == "text" and "text" not in kind.roles | kind.near


def _in_words(target: TextTarget) -> str:
    """Return all that a target states as one description for a model."""
    near = "" if target.near is None else f' near "{target.near}"'
    window = "" if target.window is None else f' in the window "{target.window}"'
    rank = "" if target.nth is None else f" (number {target.nth} of them)"
    kind = "" if target.role is None or target.role in target.text else f" ({target.role})"
    return f"{target.text}{kind}{near}{window}{rank}"
