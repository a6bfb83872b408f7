"""How a tiny checkpoint of each family is put together; `tiny_vlms.py` writes them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
    LlavaOnevisionImageProcessorPil,
)
from transformers.models.paddleocr_vl.image_processing_pil_paddleocr_vl import (
    PaddleOCRVLImageProcessorPil,
)
from transformers.models.paddleocr_vl.processing_paddleocr_vl import PaddleOCRVLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil
from transformers.models.smolvlm.processing_smolvlm import SmolVLMProcessor

from .vlm_processor import ImageOnlyVideoProcessor, image_only_class

CONTEXT_TOKENS = 4096
VOCABULARY = 420
CORPUS = (
    "click the Submit button at (120, 48) then type hello world into the search box",
    '{"name": "click", "arguments": {"x": 1, "y": 2}}',
    "The screenshot shows a login form with two text fields and a blue button.",
)
TEXT = MappingProxyType(
    {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT_TOKENS,
    }
)
EYES = MappingProxyType(
    {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
)
QWEN_EYES = MappingProxyType(
    {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 4,
        "out_hidden_size": 32,
    }
)
TILE = 56
"""Edge of a picture's tile, for the families that cut pictures into tiles."""
PATCH = 14
CHAT = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

Parts = tuple[Any, Any]
"""Model and processor. Any: transformers' classes of them have no common types."""

_MESSAGE = """<|im_start|>{{ m.role }}
{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}
{%- if c.type == 'image' %}%IMAGE%{% elif 'text' in c %}{{ c.text }}{% endif %}
{%- endfor %}{% endif %}"""
PLAIN_TEMPLATE = (
    "{% for m in messages %}" + _MESSAGE + "<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Knows nothing of tools, as the templates of Qwen2.5-VL, LLaVA, SmolVLM and Gemma 3."""
TOOL_TEMPLATE = (
    """{% if tools %}<|im_start|>system
# Tools
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools>
For each call return <tool_call>{"name": ..., "arguments": {...}}</tool_call><|im_end|>
{% endif %}{% for m in messages %}"""
    + _MESSAGE
    + """{% for call in (m.tool_calls or []) %}
<tool_call>
{{ call.function | tojson }}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
)
"""Renders tools and calls itself, as the template of Qwen3-VL."""


def _tokenizer(
    specials: Sequence[str],
    names: Mapping[str, str] | None = None,
    *,
    eos: str = "<|im_end|>",
    pad: str = "<|endoftext|>",
    bos: str | None = None,
    unk: str | None = None,
) -> Any:
    """Return a byte-level BPE tokenizer, trained on the spot; it can write every text."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(specials),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token=eos,
        pad_token=pad,
        bos_token=bos,
        unk_token=unk,
        model_max_length=CONTEXT_TOKENS,
        extra_special_tokens=dict(names or {}),
    )


def _text(tokenizer: Any, **more: Any) -> dict[str, Any]:
    """Return the configuration of the language part."""
    ids = {name: getattr(tokenizer, name) for name in ("eos_token_id", "pad_token_id")}
    return (
        {**TEXT, "vocab_size": len(tokenizer), "bos_token_id": tokenizer.bos_token_id} | ids | more
    )


def _template(image: str, template: str = PLAIN_TEMPLATE) -> str:
    return template.replace("%IMAGE%", image)


def _qwen_size(factor: int) -> dict[str, int]:
    return {"shortest_edge": 4 * factor**2, "longest_edge": 256 * factor**2}


def _rope(sections: list[int], **more: Any) -> dict[str, Any]:
    return {"rope_type": "default", "mrope_section": sections, "rope_theta": 1e4, **more}


def _qwen_tokens() -> tuple[Any, dict[str, int]]:
    specials = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    tokenizer = _tokenizer((*CHAT, *specials))
    names = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    ids = tokenizer.convert_tokens_to_ids(list(specials))
    return tokenizer, dict(zip(names, ids, strict=True))


def _qwen2_5_vl() -> Parts:
    tokenizer, ids = _qwen_tokens()
    config = transformers.Qwen2_5_VLConfig(
        text_config=_text(tokenizer, rope_parameters=_rope([1, 1, 2])),
        vision_config={
            **QWEN_EYES, "fullatt_block_indexes": [1], "patch_size": PATCH, "window_size": 112,
        },
        **ids,
    )  # fmt: skip
    processor = image_only_class(transformers.Qwen2_5_VLProcessor)(
        Qwen2VLImageProcessorPil(size=_qwen_size(28)),
        tokenizer,
        ImageOnlyVideoProcessor(),
        chat_template=_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config), processor


def _qwen3_processor(tokenizer: Any) -> Any:
    pictures = Qwen2VLImageProcessorPil(
        patch_size=16, size=_qwen_size(32), image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    template = _template("<|vision_start|><|image_pad|><|vision_end|>", TOOL_TEMPLATE)
    return image_only_class(transformers.Qwen3VLProcessor)(
        pictures, tokenizer, ImageOnlyVideoProcessor(), chat_template=template
    )


def _qwen3_vl() -> Parts:
    tokenizer, ids = _qwen_tokens()
    rope = _rope([2, 1, 1], mrope_interleaved=True)
    eyes = {"num_position_embeddings": 256, "deepstack_visual_indexes": [0], "patch_size": 16}
    config = transformers.Qwen3VLConfig(
        text_config=_text(tokenizer, head_dim=8, rope_parameters=rope),
        vision_config={**QWEN_EYES, **eyes},
        **ids,
    )
    model = transformers.Qwen3VLForConditionalGeneration(config)
    return model, _qwen3_processor(tokenizer)


def _qwen3_5() -> Parts:
    """Sees natively, and attends linearly in some layers."""
    tokenizer, ids = _qwen_tokens()
    rope = _rope([2, 1, 1], mrope_interleaved=True, partial_rotary_factor=0.25)
    linear = {"linear_key_head_dim": 8, "linear_value_head_dim": 8}
    heads = {"linear_num_key_heads": 2, "linear_num_value_heads": 4}
    layers = ["linear_attention", "full_attention"]
    config = transformers.Qwen3_5Config(
        text_config=_text(
            tokenizer, head_dim=32, layer_types=layers, rope_parameters=rope, **linear, **heads
        ),
        vision_config={**QWEN_EYES, "num_position_embeddings": 256, "patch_size": 16},
        **ids,
    )
    model = transformers.Qwen3_5ForConditionalGeneration(config)
    return model, _qwen3_processor(tokenizer)


def _llava_onevision() -> Parts:
    tokenizer = _tokenizer((*CHAT, "<image>", "<video>"))
    grids = [[TILE * rows, TILE * columns] for rows in (1, 2, 3) for columns in (1, 2, 3)]
    config = transformers.LlavaOnevisionConfig(
        text_config=_text(tokenizer, model_type="qwen2"),
        vision_config={
            **EYES, "model_type": "siglip_vision_model", "image_size": TILE, "patch_size": PATCH,
            "vision_use_head": False,
        },
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=grids,
        vision_feature_layer=-1,
    )  # fmt: skip
    processor = image_only_class(transformers.LlavaOnevisionProcessor)(
        LlavaOnevisionImageProcessorPil(
            size={"height": TILE, "width": TILE}, image_grid_pinpoints=grids
        ),
        tokenizer,
        ImageOnlyVideoProcessor(),
        num_image_tokens=(TILE // PATCH) ** 2,
        vision_feature_select_strategy="full",
        chat_template=_template("<image>\n"),
    )
    return transformers.LlavaOnevisionForConditionalGeneration(config), processor


def _internvl() -> Parts:
    names = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokenizer = _tokenizer((*CHAT, *names.values()), names)
    config = transformers.InternVLConfig(
        text_config=_text(tokenizer, model_type="qwen2"),
        vision_config={**EYES, "image_size": [TILE, TILE], "patch_size": [PATCH, PATCH]},
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        downsample_ratio=0.5,
        tie_word_embeddings=False,
    )
    processor = image_only_class(transformers.InternVLProcessor)(
        GotOcr2ImageProcessorPil(
            size={"height": TILE, "width": TILE}, min_patches=1, max_patches=6, crop_to_patches=True
        ),
        tokenizer,
        ImageOnlyVideoProcessor(),
        image_seq_length=4,
        chat_template=_template("<IMG_CONTEXT>\n"),
    )
    return transformers.InternVLForConditionalGeneration(config), processor


def _idefics_tokens() -> Any:
    cells = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    marks = ("<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>")
    return _tokenizer((*CHAT, *marks, *cells))


def _idefics_config(tokenizer: Any) -> dict[str, Any]:
    return {
        "text_config": _text(tokenizer, model_type="llama"),
        "vision_config": {**EYES, "image_size": TILE, "patch_size": PATCH},
        "image_token_id": tokenizer.convert_tokens_to_ids("<image>"),
        "scale_factor": 2,
        "pad_token_id": tokenizer.pad_token_id,
    }


IDEFICS_PICTURES = MappingProxyType(
    {"size": {"longest_edge": 2 * TILE}, "max_image_size": {"longest_edge": TILE}}
)


def _smolvlm() -> Parts:
    tokenizer = _idefics_tokens()
    processor = image_only_class(SmolVLMProcessor)(
        SmolVLMImageProcessorPil(**IDEFICS_PICTURES, do_image_splitting=True),
        tokenizer,
        ImageOnlyVideoProcessor(),
        image_seq_len=4,
        chat_template=_template("<image>"),
    )
    config = transformers.SmolVLMConfig(**_idefics_config(tokenizer))
    return transformers.SmolVLMForConditionalGeneration(config), processor


def _idefics3() -> Parts:
    tokenizer = _idefics_tokens()
    processor = transformers.Idefics3Processor(
        Idefics3ImageProcessorPil(**IDEFICS_PICTURES, do_image_splitting=True),
        tokenizer,
        image_seq_len=4,
        chat_template=_template("<image>"),
    )
    config = transformers.Idefics3Config(**_idefics_config(tokenizer))
    return transformers.Idefics3ForConditionalGeneration(config), processor


def _gemma3() -> Parts:
    names = {
        "image_token": "<image_soft_token>",
        "boi_token": "<start_of_image>",
        "eoi_token": "<end_of_image>",
    }
    tokenizer = _tokenizer(
        ("<pad>", "<eos>", "<bos>", "<unk>", "<|im_start|>", "<|im_end|>", *names.values()),
        names, eos="<eos>", pad="<pad>", bos="<bos>", unk="<unk>",
    )  # fmt: skip
    image, begin, end = tokenizer.convert_tokens_to_ids(list(names.values()))
    config = transformers.Gemma3Config(
        text_config=_text(
            tokenizer, head_dim=8, sliding_window=512, query_pre_attn_scalar=8,
            layer_types=["sliding_attention", "full_attention"],
        ),
        vision_config={
            **EYES, "model_type": "siglip_vision_model", "image_size": TILE, "patch_size": PATCH,
            "vision_use_head": False,
        },
        mm_tokens_per_image=4,
        image_token_index=image,
        boi_token_index=begin,
        eoi_token_index=end,
    )  # fmt: skip
    processor = transformers.Gemma3Processor(
        Gemma3ImageProcessorPil(size={"height": TILE, "width": TILE}, do_pan_and_scan=False),
        tokenizer,
        image_seq_length=4,
        chat_template="{{ bos_token }}" + _template("<start_of_image>"),
    )
    return transformers.Gemma3ForConditionalGeneration(config), processor


def _paddleocr_vl() -> Parts:
    specials = ("<|IMAGE_PLACEHOLDER|>", "<|IMAGE_START|>", "<|IMAGE_END|>", "<|video_pad|>")
    tokenizer = _tokenizer((*CHAT, *specials), {"image_token": specials[0]})
    image, begin, end, video = tokenizer.convert_tokens_to_ids(list(specials))
    config = transformers.PaddleOCRVLConfig(
        text_config=_text(tokenizer, head_dim=8, rope_parameters=_rope([1, 1, 2])),
        vision_config={**EYES, "image_size": TILE, "patch_size": PATCH},
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=begin,
        vision_end_token_id=end,
    )
    processor = PaddleOCRVLProcessor(
        PaddleOCRVLImageProcessorPil(size={"shortest_edge": 4 * 28**2, "longest_edge": 64 * 28**2}),
        tokenizer,
        chat_template=_template("<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>", TOOL_TEMPLATE),
    )
    return transformers.PaddleOCRVLForConditionalGeneration(config), processor


FAMILIES: Mapping[str, Callable[[], Parts]] = MappingProxyType(
    {
        "qwen2_5_vl": _qwen2_5_vl,
        "qwen3_vl": _qwen3_vl,
        "qwen3_5": _qwen3_5,
        "llava_onevision": _llava_onevision,
        "internvl": _internvl,
        "smolvlm": _smolvlm,
        "idefics3": _idefics3,
        "gemma3": _gemma3,
        "paddleocr_vl": _paddleocr_vl,
    }
)
