"""Eyes and hands: capture, pointer, keyboard, windows, clipboard, takeover."""
