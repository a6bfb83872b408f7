"""What was decided when a local model was loaded, and why."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One setting of a loaded model."""

    value: str
    why: str
    """For a person: who asked for it, or which rule or failure led to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """How a checkpoint was loaded."""

    path: Path
    family: str
    """The checkpoint's `model_type`: qwen2_5_vl, gemma3, …"""
    model_class: str
    parameters: int
    size_bytes: int
    """Of the parameters in memory, after casting and quantisation."""
    seconds: float
    device: Choice
    dtype: Choice
    """Of the computation; quantised weights are narrower."""
    attention: Choice
    quantisation: Choice
    """`none`, `8bit` or `4bit`."""
    pictures: Choice
    """Who processes pictures, and how large they may be."""
    control_tokens: Choice
    """How control tokens that stand in texts are kept from being taken for the template's own."""

    def lines(self) -> list[str]:
        """Return the report for a person, one fact a line."""
        head = [
            f"family: {self.family} ({self.model_class})",
            f"parameters: {self.parameters:,} in {self.size_bytes / 1e6:,.1f} MB",
            f"loaded in: {self.seconds:.2f} s",
        ]
        choices = {
            "device": self.device,
            "dtype": self.dtype,
            "attention": self.attention,
            "quantisation": self.quantisation,
            "pictures": self.pictures,
            "control tokens": self.control_tokens,
        }
        return head + [f"{name}: {choice.value} ({choice.why})" for name, choice in choices.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderReport:
    """How an embedding checkpoint was loaded."""

    path: Path
    family: str
    """The checkpoint's `model_type`: clip, siglip, bert, …"""
    model_class: str
    parameters: int
    size_bytes: int
    """Of the parameters in memory."""
    seconds: float
    device: Choice
    dtype: Choice
    """Of the computation; vectors are float32 always."""
    dimensions: int
    text_tokens: int
    """The most tokens of a text that the model sees at once."""

    def lines(self) -> list[str]:
        """Return the report for a person, one fact a line."""
        return [
            f"family: {self.family} ({self.model_class})",
            f"parameters: {self.parameters:,} in {self.size_bytes / 1e6:,.1f} MB",
            f"loaded in: {self.seconds:.2f} s",
            f"device: {self.device.value} ({self.device.why})",
            f"dtype: {self.dtype.value} ({self.dtype.why})",
            f"vectors: {self.dimensions} numbers; texts of up to {self.text_tokens} tokens",
        ]
