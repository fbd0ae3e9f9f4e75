"""What the libraries here can do for a checkpoint: attention kernels, quantised weights."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoModelForImageTextToText, BitsAndBytesConfig

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTENTION = (
    "sdpa", "eager", "flex_attention", "flash_attention_2", "flash_attention_3",
    "flash_attention_4",
)  # fmt: skip
"""Kernels by transformers' names. It takes names of Hub repositories too, and runs the code that
it finds there: those are refused."""

_FLASH_PACKAGES = {
    "flash_attention_2": "flash_attn",
    "flash_attention_3": "flash_attn_interface",
    "flash_attention_4": "flash_attn.cute",
}

QUANTIZERS = {
    "bitsandbytes": ("bitsandbytes", "bitsandbytes"),
    "torchao": ("torchao", "torchao"),
    "quanto": ("optimum.quanto", "optimum-quanto"),
    "compressed-tensors": ("compressed_tensors", "compressed-tensors"),
    "gptq": ("gptqmodel", "gptqmodel"),
    "awq": ("gptqmodel", "gptqmodel"),
    "hqq": ("hqq", "hqq"),
}
"""``quant_method`` of a checkpoint -> what transformers needs for it: module, package. Methods
that are not here need none, or transformers names it."""


def check_attention(wanted: str | None, config: Any, device: torch.device) -> None:
    """Refuse an attention implementation that cannot work here.

    Args:
        wanted: its name; None is transformers' choice, which always works.
        config: of the checkpoint.
        device: that the model will be on.

    Raises:
        UsageError: with the names of those that work.
    """
    if wanted is None or _attention_problem(wanted, config, device) is None:
        return
    usable = [name for name in ATTENTION if _attention_problem(name, config, device) is None]
    raise UsageError(
        f"--model_args attn_implementation ({wanted}) does not work here: "
        f"{_attention_problem(wanted, config, device)}",
        next_step=f"leave it out, or use one of: {', '.join(usable)}",
    )


def _attention_problem(name: str, config: Any, device: torch.device) -> str | None:
    """Why an implementation does not work; None when it does."""
    if name not in ATTENTION:
        return "it is not known"
    package = _FLASH_PACKAGES.get(name)
    if package is not None:
        # Else transformers would fetch a kernel from the Hub, where it can.
        if not _is_installed(package):
            return f"the package {package} is not installed"
        if device.type == "cpu":
            return "it needs a GPU"
    model_class = AutoModelForImageTextToText._model_mapping.get(type(config), None)  # noqa: SLF001
    if model_class is None:
        return None  # loading it says why
    try:
        with torch.device("meta"):
            model_class._from_config(_copy(config), attn_implementation=name)  # noqa: SLF001
    except (ValueError, ImportError, RuntimeError) as error:
        return " ".join(str(error).split())
    return None


def quantization(wanted: str | None, config: Any) -> Mapping[str, Any]:
    """The argument of ``from_pretrained`` that quantises; empty where nothing is to be done.

    A checkpoint that is quantised already is loaded as it is.

    Args:
        wanted: ``4bit``, ``8bit`` or None.
        config: of the checkpoint.

    Raises:
        UsageError: a library is missing, or the checkpoint is quantised already.
    """
    method = _method(config)
    if wanted is None:
        if method is not None:
            _check_quantizer(f"the checkpoint is quantised by {method}", method)
        return {}
    if method is not None:
        raise UsageError(
            f"--model_args quantize ({wanted}): the checkpoint is quantised already, by {method}",
            next_step="leave quantize out",
        )
    _check_quantizer(f"--model_args quantize ({wanted})", "bitsandbytes")
    return {"quantization_config": BitsAndBytesConfig(**{f"load_in_{wanted}": True})}


def _method(config: Any) -> str | None:
    """How a checkpoint is quantised; None when it is not."""
    own = getattr(config, "quantization_config", None)
    if own is None:
        return None
    method = own.get("quant_method") if isinstance(own, dict) else own.quant_method
    # Old bitsandbytes checkpoints do not say.
    return str(getattr(method, "value", method) or "bitsandbytes")


def _check_quantizer(what: str, method: str) -> None:
    module, package = QUANTIZERS.get(method, (None, None))
    if module is not None and not _is_installed(module):
        raise UsageError(
            f"{what}, which needs the package {package}", next_step=f"pip install {package}"
        )


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False


def _copy(config: Any) -> Any:
    """Building a model writes into its config."""
    return type(config).from_dict(config.to_dict())
