"""Questions about a screen: asked of a chat model, answered with what the answer rests on."""
