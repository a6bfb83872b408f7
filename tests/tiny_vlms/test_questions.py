"""Questions about a picture, answered by tiny checkpoints that are loaded as true ones are."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.models.chat_models import LoadedChatModel
from deskhand.tools.models.vlm import LocalVLM
from deskhand.tools.perception.elements import Element, Observation
from deskhand.tools.questions.ask import ask
from deskhand.tools.questions.describe import describe

from .conftest import speaking

SIZE = (400, 200)


def screen() -> Observation:
    image = Image.new("RGB", SIZE, "white")
    ImageDraw.Draw(image).text((40, 40), "Total 12.50", fill="black", font=ImageFont.load_default())
    total = Element(
        id=1, role="text", text="Total 12.50", box=Box(40, 40, 140, 60), score=1.0, source="ocr"
    )
    capture = Capture(pixels=np.asarray(image), view=View(width=SIZE[0], height=SIZE[1]))
    return Observation(capture=capture, elements=[total])


def test_every_family_answers_from_the_picture(vlm: LocalVLM) -> None:
    model = speaking(vlm, "It is 12.50 [e1].", "A total of 99.")
    loaded = LoadedChatModel(model=model, name="vlm:tiny", sees=True)
    answered = ask(screen(), "What is the total?", loaded)
    assert (answered.text, answered.claims) == ("It is 12.50.", ())
    assert [element.id for element in answered.elements] == [1]
    assert (answered.source, answered.pictures, answered.model) == ("picture", 1, "vlm:tiny")
    assert answered.cost.input_tokens > 0
    described = describe(screen(), loaded)
    assert (described.text, described.claims) == ("A total of 99.", ("99",))
