"""The MCP server of computer-control-mcp; runs in a virtual environment of its own.

The font that its OCR fetches from the network, to draw results which nobody asks for, is left out:
without the network its tool would answer with nothing but that error.
"""

import contextlib
import sys

with contextlib.redirect_stdout(sys.stderr):
    # The package is only there in its own environment.
    from computer_control_mcp.server import main  # type: ignore[import-not-found,unused-ignore]
    from rapidocr.utils.vis_res import VisRes

# Another release of the package is what the types are checked with.
VisRes.get_font_path = lambda *_: ""  # type: ignore[attr-defined,method-assign,unused-ignore]
main()
