"""What `--model gui:…` names: a GUI model, where it runs, and the format that it answers in.

A model whose coordinates become clicks is loaded for a run only if it was calibrated and passed,
whether it runs here, on a server or at a provider.
"""

import hashlib
import logging
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...memory.errors import ConfigError, DeskhandError
from ...tools.models.calibration_store import CalibrationStore, default_folder
from ...tools.models.coordinates.families import Family
from ...tools.models.registry import ModelEntry, entry_named
from ...tools.models.store import ModelStore, find_model
from .gui_formats.form import GuiFormat
from .gui_formats.names import CLAUDE, OPENAI, format_in_name, takes_other_tool
from .gui_models import FORMATS, GuiModelPlanner

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from .choose import Belongings, ModelChoice

logger = logging.getLogger(__name__)

GUI = "gui:"
GUI_MODELS = (
    "ui-tars-1.5-7b", "qwen3-vl-8b", "qwen2.5-vl-7b", "qwen3-vl-4b", "qwen2.5-vl-3b", "qwen3-vl-2b",
)  # fmt: skip
"""Those of the catalogue that operate a computer: trained for it, then by size."""
OPTION = "--family"
SERVERS = ("http://", "https://")
REVISION_CHARS = 16

Where = Literal["here", "server", "provider"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiModel:
    """A GUI model that was named; nothing of it is loaded."""

    where: Where
    target: str
    """A name of the catalogue, a checkpoint's folder, a server's address, or `provider:name`."""
    server_name: str
    """The model's name on a server, else empty."""
    form: GuiFormat
    option: str
    """What `--family` said, empty where the name tells."""
    revision: str
    """Which weights; empty where a server or a provider does not tell."""

    @property
    def name(self) -> str:
        """What its calibration is kept under; also what records and errors call it."""
        if self.where == "server":
            return f"{GUI}{self.server_name} at {self.target}"
        return GUI + self.target

    @property
    def family(self) -> Family:
        """How its coordinates are meant."""
        return self.form.family

    @property
    def calibration(self) -> str:
        """The command that calibrates it."""
        words = ["deskhand", "models", "calibrate", GUI + self.target]
        if self.server_name:
            words += ["--model-name", self.server_name]
        if self.option:
            words += [OPTION, self.option]
        return shlex.join(words)

    def load(self, has: "Belongings") -> "BaseChatModel":
        """Return it as a chat model; no call is made.

        Raises:
            ConfigError: If a key or a package is missing.
            MissingExtraError: If an extra of deskhand is not installed.
            ModelUnavailable: If the files of a local one are not there.
        """
        options: dict[str, Any] = {}
        if self.form.name == OPENAI:
            # Its tool is one of the responses protocol alone, and wants to cut what is too long.
            options = {"use_responses_api": True, "truncation": "auto"}
        if self.where == "here":
            from ...tools.models.chat_vlm import ChatLocalVLM

            return ChatLocalVLM.load(find_model(self.target))
        from ...tools.models.providers import hosted_model, server_model

        if self.where == "provider":
            return hosted_model(self.target, keys=has.keys, options=options)
        if self.form.name != OPENAI:
            options = {"temperature": 0}
        return server_model(self.target, self.server_name, key=has.server_key, options=options)


def gui_model(choice: "ModelChoice") -> GuiModel:
    """Return the model that a choice names, and the format that it answers in.

    Raises:
        ConfigError: If there is no such model, nothing tells its format, or it cannot have that.
        ModelUnavailable: If what the store says of it cannot be read.
    """
    target, revision = choice.model.removeprefix(GUI), ""
    entry: ModelEntry | None = None
    where: Where = "here"
    called = target
    if target.startswith(SERVERS):
        from ...tools.models.providers import check_server

        check_server(target, choice.name)
        where, called = "server", choice.name
    elif target and Path(target).expanduser().exists() and not _is_of_catalogue(target):
        folder = Path(target).expanduser().resolve()
        target, called, revision = str(folder), folder.name, _revision_of(folder)
    elif all(target.partition(":")):
        where, called = "provider", target.partition(":")[2]
    else:
        entry = entry_named(target)
        target, revision = entry.name, _revision_stored(entry.name)
    form = _format_for(called, entry, choice)
    _check_speaks(form, where, choice)
    return GuiModel(
        where=where,
        target=target,
        server_name=choice.name if where == "server" else "",
        form=form,
        option=choice.family,
        revision=revision,
    )


def load_gui_planner(choice: "ModelChoice", has: "Belongings") -> GuiModelPlanner:
    """Return the planner that a GUI model is.

    Raises:
        ModelUnavailable: If it is not calibrated and that was not waived, or its files are not
            there.
        ConfigError: See `gui_model` and `GuiModel.load`.
        MissingExtraError: If an extra of deskhand is not installed.
    """
    model = gui_model(choice)
    if model.where == "here":
        find_model(model.target)  # what is not there is said first
    if not choice.uncalibrated:
        _calibrations().require(model, run=model.calibration)
    elif not _calibrations().is_calibrated(model):
        logger.warning(
            "%s is not calibrated as %s: its clicks may land anywhere (--uncalibrated); run: %s",
            model.name,
            model.form.name,
            model.calibration,
        )
    return GuiModelPlanner(
        model.load(has),
        model.form,
        name=model.name,
        price=has.prices.get(model.server_name or model.target),
    )


def is_ready(name: str) -> bool:
    """Tell whether a model of the catalogue is here, calibrated, and not too large to run here."""
    from ...tools.models.machine import holds, read_machine
    from .choose import ModelChoice

    store = ModelStore()
    if store.state(entry_named(name)) != "yes":
        return False
    try:
        if not _calibrations().is_calibrated(gui_model(ModelChoice(model=GUI + name))):
            return False
        size_bytes = store.there(name).size_bytes
    except DeskhandError as error:
        # One that cannot be taken is passed over: others may be there.
        logger.warning("%s is not taken: %s", name, error)
        return False
    return holds(read_machine(), size_bytes)


def _format_for(called: str, entry: ModelEntry | None, choice: "ModelChoice") -> GuiFormat:
    """Return the format: what the option says, else the catalogue, else the name."""
    if choice.family:
        name = _format_of_family(choice.family)
        if name is None:
            known = ", ".join(FORMATS)
            raise ConfigError(f"{OPTION} is {choice.family!r}; expected one of: {known}")
    elif entry is not None:
        name = None if entry.family is None else _format_of_family(entry.family)
    else:
        name = format_in_name(called)
    if name is not None:
        return FORMATS[name]
    raise _no_format(called)


def _no_format(called: str) -> ConfigError:
    """Return the error for a model whose format nothing tells, or that deskhand does not speak."""
    if takes_other_tool(called):
        return ConfigError(
            f"{called} takes another computer tool than deskhand speaks (20250124, 20251124); "
            "take an older one, or the chat planner: --model anthropic:…"
        )
    return ConfigError(
        f"nothing tells which format {called} answers in; say it: {OPTION} FORMAT, one of: "
        f"{', '.join(FORMATS)}"
    )


def _format_of_family(name: str) -> str | None:
    """Return a format by its own name, or by its family's where that has one alone."""
    if name in FORMATS:
        return name
    found = [form.name for form in FORMATS.values() if form.family.name == name]
    return found[0] if len(found) == 1 else None


def _check_speaks(form: GuiFormat, where: Where, choice: "ModelChoice") -> None:
    """Refuse a provider's own tool where nothing knows it."""
    is_claude = form.name.startswith(CLAUDE) and where != "provider"
    is_openai = form.name == OPENAI and where == "here"
    if is_claude or is_openai:
        example = "anthropic:claude-sonnet-4-6" if is_claude else "openai:computer-use-preview"
        raise ConfigError(
            f"{form.name} is a tool of its provider's protocol, which {choice.model} does not "
            f"speak; name the provider, such as --model {GUI}{example}"
        )


def _is_of_catalogue(name: str) -> bool:
    """Tell whether it is a name of the catalogue, which is never taken for a path."""
    if Path(name).name != name:
        return False
    try:
        entry_named(name)
    except ConfigError:
        return False
    return True


def _revision_stored(name: str) -> str:
    """Return a fingerprint of a pulled model's files, by their hashes; empty if it is not here."""
    manifest = ModelStore().manifest(name)
    if manifest is None:
        return ""
    hashes = "\n".join(sorted(f"{file.path} {file.sha256}" for file in manifest.files))
    return hashlib.sha256(hashes.encode()).hexdigest()[:REVISION_CHARS]


def _revision_of(folder: Path) -> str:
    """Return a fingerprint of a checkpoint's files: names, sizes and times of change.

    Gigabytes are not hashed for it; a copy with other times is calibrated once more.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*") if folder.is_dir() else [folder]):
        if path.is_file():
            state = path.stat()
            digest.update(f"{path.name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:REVISION_CHARS]


def _calibrations() -> CalibrationStore:
    return CalibrationStore(default_folder())
