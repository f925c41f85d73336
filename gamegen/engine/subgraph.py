"""A graph whose edges are looked up by tensor name, and parts of it that run alone.

To run a part is how the rewrite reads a graph: what a mask or a rotary embedding is, follows from its values, whatever
nodes compute them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


MICROSOFT = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
FLOAT = 1
"""onnx.TensorProto.FLOAT"""


class NotRewritable(Exception):
    """The graph does not have the expected structure; the text says where, in a few words."""


class Graph:
    """A graph with its edges looked up by tensor name. Nodes are protobuf NodeProto.

    embeddings: tensors [B, S, H] looked up in a table by the token ids, with their H.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.proto = model.graph
        self.producer: dict[str, Any] = {name: node for node in self.proto.node for name in node.output if name}
        self.consumers: dict[str, list[Any]] = {}
        for node in self.proto.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.constants: dict[str, Any] = {tensor.name: tensor for tensor in self.proto.initializer}
        self.inputs: dict[str, Any] = {value.name: value for value in self.proto.input}
        self.embeddings: dict[str, int] = {}
        for node in self.consumers.get("input_ids", ()):
            table = self.constants.get(node.input[0]) if node.op_type == "Gather" else None
            axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
            if table is not None and len(table.dims) == 2 and table.data_type == FLOAT and axis == 0:
                self.embeddings[node.output[0]] = int(table.dims[1])

    def made_by(self, tensor: str, *operators: str) -> Any:
        """The node that computes `tensor`, of one of the operators."""
        node = self.producer.get(tensor)
        if node is None or node.op_type not in operators:
            found = node.op_type if node is not None else "an input"
            raise NotRewritable(f"expected {' or '.join(operators)} before {tensor}, found {found}")
        return node

    def back_to(self, tensor: str, operator: str, through: tuple[str, ...]) -> Any:
        """The nearest node of `operator` at or before `tensor`, looking through the named operators only."""
        frontier, seen = [tensor], {tensor}
        while frontier:
            following: list[str] = []
            for name in frontier:
                node = self.producer.get(name)
                if node is not None and node.op_type == operator:
                    return node
                if node is not None and node.op_type in through:
                    following.extend(source for source in node.input if source not in seen)
                    seen.update(node.input)
            frontier = following
        raise NotRewritable(f"no {operator} before {tensor}")

    def on_to(self, tensor: str, operator: str, through: tuple[str, ...]) -> Any:
        """The nearest node of `operator` after `tensor`, looking through the named operators only."""
        frontier, seen = [tensor], {tensor}
        while frontier:
            following: list[str] = []
            for name in frontier:
                for node in self.consumers.get(name, ()):
                    if node.op_type == operator:
                        return node
                    if node.op_type in through:
                        following.extend(output for output in node.output if output not in seen)
                        seen.update(node.output)
            frontier = following
        raise NotRewritable(f"no {operator} after {tensor}")

    def value(self, tensor: str) -> NDArray[Any] | None:
        """The value of a constant, be it a weight or a node's; None for a computed tensor."""
        from onnx import numpy_helper

        held = self.constants.get(tensor)
        if held is None:
            node = self.producer.get(tensor)
            if node is None or node.op_type != "Constant":
                return None
            held = next((attribute.t for attribute in node.attribute if attribute.name == "value"), None)
        if held is None:
            return None
        array: NDArray[Any] = numpy_helper.to_array(held)
        return array

    def number(self, tensor: str) -> float | None:
        """The value of a constant of one element; None for anything else."""
        array = self.value(tensor)
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def needed_for(self, tensors: Iterable[str], given: Iterable[str] = ()) -> list[Any]:
        """The nodes that the tensors depend on, in graph order, when the values of `given` are known."""
        known = set(given)
        wanted = set(tensors) - known
        kept = []
        for node in reversed(self.proto.node):
            if wanted.intersection(node.output):
                kept.append(node)
                wanted.update(name for name in node.input if name not in known)
        return kept[::-1]

    def part(self, outputs: Sequence[str], given: Iterable[str] = ()) -> Part:
        """What computes `outputs` out of `given` (float32) and the graph's inputs.

        The embeddings count as given: often only their shape is wanted, and their table is the graph's greatest.
        """
        known = dict.fromkeys((*given, *self.embeddings), np.dtype(np.float32))
        return Part(self, self.needed_for(outputs, known), outputs, known)

    def dim(self, tensor: str, axis: int) -> int:
        """A fixed size of a graph input."""
        value = self.inputs.get(tensor)
        shape = value.type.tensor_type.shape.dim if value is not None else ()
        if axis < len(shape) and shape[axis].dim_value > 0:
            return int(shape[axis].dim_value)
        raise NotRewritable(f"{tensor} has no fixed size in dimension {axis}")


class Part:
    """Nodes with a session of their own, to be run on small inputs."""

    def __init__(
        self,
        graph: Graph,
        nodes: Sequence[Any],
        outputs: Sequence[str],
        given: Mapping[str, np.dtype[Any]],
        constants: Iterable[Any] = (),
    ) -> None:
        """given: inputs beside the graph's own; constants: weights beside the graph's own. Raises NotRewritable."""
        import onnx
        import onnxruntime
        from onnx import helper

        used = {name for node in nodes for name in node.input}
        types = {name: value.type.tensor_type.elem_type for name, value in graph.inputs.items()}
        types.update({name: helper.np_dtype_to_tensor_dtype(dtype) for name, dtype in given.items()})
        inputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in types.items() if name in used]
        tensors = [*graph.proto.initializer, *constants]
        self.graph = graph
        self.outputs = list(outputs)
        self.inputs = [value.name for value in inputs]
        proto = helper.make_graph(
            nodes,
            "part",
            inputs,
            [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs],
            [tensor for tensor in tensors if tensor.name in used and tensor.name not in types],
        )
        opsets = [opset for opset in graph.model.opset_import if opset.domain != MICROSOFT]
        opsets.append(helper.make_opsetid(MICROSOFT, 1))
        model = helper.make_model(proto, opset_imports=opsets, ir_version=graph.model.ir_version)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self.session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's have no base class of their own
            raise NotRewritable(f"{outputs[0]} cannot be computed: {_reason(error)}") from error

    def run(self, past: int, new: int, given: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """The outputs' values for one row of `new` tokens upon `past` others; what is not given is zero.

        Raises NotRewritable.
        """
        feeds = {name: given[name] if name in given else self._feed(name, past, new) for name in self.inputs}
        try:
            values: list[NDArray[np.float32]] = self.session.run(self.outputs, feeds)
        except Exception as error:
            raise NotRewritable(f"{self.outputs[0]} cannot be computed: {_reason(error)}") from error
        return values

    def _feed(self, name: str, past: int, new: int) -> NDArray[Any]:
        """A value for an input that optimum's decoders have."""
        if name == "input_ids":
            return np.zeros((1, new), np.int64)
        if name == "attention_mask":
            return np.ones((1, past + new), np.int64)
        if name == "position_ids":
            return np.arange(past, past + new, dtype=np.int64)[None]
        if name in self.graph.embeddings:
            return np.zeros((1, new, self.graph.embeddings[name]), np.float32)
        if name.startswith("past_key_values."):
            return np.zeros((1, self.graph.dim(name, 1), past, self.graph.dim(name, 3)), np.float32)
        raise NotRewritable(f"{self.outputs[0]} depends on {name}")


def _reason(error: Exception) -> str:
    """What ONNX Runtime says, without its codes and places."""
    lines = str(error).rsplit("Status Message: ", 1)[-1].splitlines() or [type(error).__name__]
    return lines[0][:120]


def drop_unused(model: Any) -> None:
    """Remove nodes and weights that no output depends on. Raises NotRewritable where something is missing."""
    graph = Graph(model)
    nodes = graph.needed_for(value.name for value in graph.proto.output)
    used = {name for node in nodes for name in node.input if name}
    weights = [tensor for tensor in graph.proto.initializer if tensor.name in used]
    made = {name for node in nodes for name in node.output}
    missing = sorted(used - made - graph.constants.keys() - graph.inputs.keys())
    if missing:
        raise NotRewritable(f"outside of attention, the graph still needs {missing[0]}")
    del graph.proto.node[:], graph.proto.initializer[:]
    graph.proto.node.extend(nodes)
    graph.proto.initializer.extend(weights)
