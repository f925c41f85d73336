"""LoRA by peft on a torch model: injection, loss on the lines alone, and the matrices going in and out.

torch and peft are imported inside functions, by `gamegen tune` alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gamegen.engine.adapter import A, Adapter, B
from gamegen.errors import ModelUnavailable
from gamegen.tune.batches import Encoded
from gamegen.tune.settings import Hyperparameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_NAME = "default"

Arithmetic = Literal["bf16", "fp32"]


def require_extra() -> None:
    """Raise ModelUnavailable GG880 when a package of the `tune` extra is missing."""
    for package in ("torch", "peft", "safetensors", "transformers"):
        try:
            import_module(package)
        except ImportError as error:
            raise ModelUnavailable.of(
                "GG880",
                f"tuning needs the package {package}, which cannot be imported",
                'install it with `pip install "gamegen[tune]"`',
            ) from error


def device() -> str:
    """Where the training runs."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def arithmetic() -> Arithmetic:
    """bf16 where the machine multiplies it, else fp32."""
    import torch

    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    tell = getattr(torch.cpu, "get_capabilities", None)
    able = tell() if tell is not None else {}
    return "bf16" if able.get("avx512_bf16") or able.get("amx_bf16") else "fp32"


class LoraModel:
    """A model with an adapter in it, ready to be trained. One owner; the model is changed in place.

    start: an adapter whose matrices it begins with, instead of fresh ones (A random, B zero).
    """

    def __init__(self, model: Any, wanted: Hyperparameters, start: Adapter | None = None) -> None:
        import peft
        import torch

        torch.manual_seed(wanted.seed)
        self.arithmetic = arithmetic()
        self.device = device()
        names = {name.split(".")[-1] for name, _ in model.named_modules()}
        targets: Any = [name for name in _PROJECTIONS if name in names]
        if start is not None:
            targets = list(start.modules)
        elif len(targets) < len(_PROJECTIONS):
            targets = "all-linear"
        config = peft.LoraConfig(
            r=wanted.rank,
            lora_alpha=wanted.alpha,
            lora_dropout=0.0,
            target_modules=targets,
            fan_in_fan_out=any(type(module).__name__ == "Conv1D" for module in model.modules()),  # GPT-2's [in, out]
            task_type="CAUSAL_LM",
        )
        if targets == "all-linear":
            self.model = peft.get_peft_model(model, config).get_base_model()
        else:
            self.model = peft.inject_adapter_in_model(config, model)
        self.model.config.use_cache = False
        self.model.to(self.device).eval()  # no dropout of the base's own
        layers = {
            path: layer for path, layer in self.model.named_modules() if isinstance(layer, peft.tuners.lora.LoraLayer)
        }
        self.matrices: dict[str, Any] = {}
        for path, layer in layers.items():
            self.matrices[path + A] = layer.lora_A[_NAME].weight
            self.matrices[path + B] = layer.lora_B[_NAME].weight
        self.modules = tuple(sorted({path.split(".")[-1] for path in layers}))
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_("lora_" in name)
        if start is not None:
            self.put({name: array.astype(np.float32) for name, array in start.weights.items()})
        if self.arithmetic == "bf16":
            for layer in layers.values():  # as autocast would at each step
                layer.base_layer.weight.data = layer.base_layer.weight.data.to(torch.bfloat16)
        self._head = self._find_head()

    @property
    def parameters(self) -> list[Any]:
        return [self.matrices[name] for name in sorted(self.matrices)]

    def take(self) -> dict[str, Any]:
        """A copy of the matrices, float32, as torch tensors."""
        return {name: value.detach().cpu().clone() for name, value in self.matrices.items()}

    def put(self, values: dict[str, Any]) -> None:
        """Set the matrices. Raises ModelUnavailable GG876 where names or shapes differ."""
        import torch

        shapes = {name: tuple(value.shape) for name, value in self.matrices.items()}
        if shapes != {name: tuple(value.shape) for name, value in values.items()}:
            raise ModelUnavailable.of(
                "GG876",
                f"the adapter does not fit its base: expected {len(shapes)} matrices of the base's sizes, found others",
                "give the base that adapter.json names, and the adapter's own rank",
            )
        with torch.no_grad():
            for name, value in values.items():
                self.matrices[name].copy_(torch.as_tensor(value))

    def loss(self, batch: Sequence[Encoded]) -> tuple[Any, int]:
        """The summed cross-entropy (nats) of the lines' tokens, and how many they are.

        Rows are padded on the right: a causal model's lines do not see it. Logits [N, V] are computed for the N places
        alone whose next token belongs to a line.
        """
        import torch

        longest = max(len(each.tokens) for each in batch)
        ids = torch.zeros((len(batch), longest), dtype=torch.int64)
        rows, places, wanted = [], [], []
        for row, each in enumerate(batch):
            ids[row, : len(each.tokens)] = torch.tensor(each.tokens)
            for place in range(each.start, len(each.tokens)):
                rows.append(row)
                places.append(place - 1)
                wanted.append(each.tokens[place])
        index = torch.tensor(rows).to(self.device), torch.tensor(places).to(self.device)
        with self._cast():
            logits = self._logits(ids.to(self.device), index)
        target = torch.tensor(wanted).to(self.device)
        return torch.nn.functional.cross_entropy(logits.float(), target, reduction="sum"), len(wanted)

    def mean_loss(self, lessons: Sequence[Encoded], batch: int) -> float:
        """The mean loss per token of the lines, in nats; lessons of like length go together."""
        import torch

        total, tokens = 0.0, 0
        sorted_lessons = sorted(lessons, key=lambda each: len(each.tokens))
        with torch.no_grad():
            for start in range(0, len(sorted_lessons), batch):
                loss, count = self.loss(sorted_lessons[start : start + batch])
                total += float(loss)
                tokens += count
        return total / tokens

    def _logits(self, ids: Any, index: tuple[Any, Any]) -> Any:
        if self._head is None:
            return self.model(input_ids=ids).logits[index]
        hidden = self.model.base_model(input_ids=ids).last_hidden_state
        return self._head(hidden[index])

    def _find_head(self) -> Any:
        """The output layer, if the model's logits are its and nothing more; else None: all logits are computed."""
        import torch

        head = self.model.get_output_embeddings()
        if head is None or self.model.base_model is self.model:
            return None
        sample = torch.arange(1, 9)[None].to(self.device)
        with torch.no_grad(), self._cast():
            whole = self.model(input_ids=sample).logits
            parts = head(self.model.base_model(input_ids=sample).last_hidden_state)
        return head if torch.equal(whole, parts) else None

    @contextlib.contextmanager
    def _cast(self) -> Iterator[None]:
        import torch
        from peft.helpers import disable_input_dtype_casting

        if self.arithmetic == "fp32":
            yield
            return
        with disable_input_dtype_casting(self.model), torch.autocast(self.device, dtype=torch.bfloat16):
            yield


def halves(values: dict[str, Any]) -> dict[str, NDArray[np.float16]]:
    """The matrices as an adapter's file holds them."""
    return {name: value.numpy().astype(np.float16) for name, value in values.items()}
