"""A tokenizer whose tokens cross every border: words, marks of JSON and strings run together in them."""

from __future__ import annotations

import functools
from typing import Any

from gamegen.engine.grammar import Grammars

VOCABULARY = 1500
_CORPUS = (
    '{"title":"The Bell","xp":120,"goals":["a","b","Hail, {player}."],"kind":"kind 0","text":"It is."}',
    '["The lens.","The ferry waits.","A","B",["x"],{"a.b":"okay"}],{"k":"v"},"a","b","c"]},"more":"Go on."}',
    '"mira_voss","The old man said okay. The robot fired a gun.","’s","it","","é","Кот","the bell lens"]',
    '{"pick":"a robot","id":"ab_cd","goals":["okay.","Fine.","lens","x y"],"it":"okay","text":"Naïve."}',
)


@functools.cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<eos>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        min_frequency=1,
        max_token_length=12,
    )
    pieces = [line[start : start + 40] for line in _CORPUS for start in range(0, len(line), 3)]
    tokenizer.train_from_iterator(pieces, trainer)
    return tokenizer


@functools.cache
def rough_grammars() -> Grammars:
    tokenizer = _tokenizer()

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    return Grammars(str(tokenizer.to_str()), VOCABULARY, (0,), encode)
