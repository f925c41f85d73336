"""Tuning: teaches a small language model to go from a card to a line, by LoRA, on a studio's own examples.

collect (files to lessons) → prepare (checked, without doubles) → split (held out without a leak) → batches → train
(checkpoints) → adapter → `gamegen.engine.models.add_model` (merged, exported) → evaluate. docs/tuning.md tells the way.
"""
