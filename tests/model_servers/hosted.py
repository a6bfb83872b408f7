"""How each provider's model is named, keyed and led to a local server of its protocol."""

from dataclasses import dataclass

from .anthropic_messages import AnthropicServer
from .gemini import GeminiServer
from .openai_chat import OpenAIServer
from .server import ModelServer


@dataclass(frozen=True)
class Hosted:
    """One provider."""

    server: type[ModelServer]
    model: str
    """What `--model` says."""
    key_variable: str
    address_variable: str
    """The variable in which its package looks for another address than the provider's own."""
    path: str
    """What that address ends in."""


HOSTED = {
    "openai": Hosted(
        OpenAIServer, "openai:gpt-5.4-mini", "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1"
    ),
    "anthropic": Hosted(
        AnthropicServer, "anthropic:claude-sonnet-5-5", "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL", "",
    ),
    "google-genai": Hosted(
        GeminiServer, "google-genai:gemini-3.5-flash", "GOOGLE_API_KEY",
        "GOOGLE_GEMINI_BASE_URL", "",
    ),
}  # fmt: skip
