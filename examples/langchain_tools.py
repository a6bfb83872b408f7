"""The desktop as LangChain tools, called here without a model: list, read, click, look again.

Run it with a virtual desktop of its own:

    python examples/langchain_tools.py
"""

import os

from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.toolkit import DesktopToolkit


def main() -> None:
    """Compute 7 times 6 with the tools alone."""
    with Sandbox.start() as sandbox:
        os.environ.update(sandbox.variables)
        with Desktop.open() as desktop:
            tools = {tool.name: tool for tool in DesktopToolkit(desktop).get_tools()}
            print(tools["launch_app"].invoke({"command": ["galculator"]}))
            for key in "7", "×", "6", "=":
                print(tools["click"].invoke({"text": key, "window": "galculator"}))
            print(tools["read_screen"].invoke({"window": "galculator"}))


if __name__ == "__main__":
    main()
