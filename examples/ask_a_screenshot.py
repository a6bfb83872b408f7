"""Ask a screenshot: python examples/ask_a_screenshot.py shot.png "What is the total?"."""

import sys
from pathlib import Path

from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.models.chat_models import best_there, load_chat_model
from deskhand.tools.perception.observe import observe_image
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.questions.ask import ask

picture, question = sys.argv[1:3]
model = load_chat_model(sys.argv[3] if len(sys.argv) > 3 else best_there() or "local")
answered = ask(observe_image(load_capture(Path(picture)), load_parser()), question, model)
print(answered.text)
for element in answered.elements:
    print(f'  rests on {element.role} "{element.text}" at {element.box.xyxy}')
