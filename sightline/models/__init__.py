"""A checkpoint of transformers as a backend of the engine: loading, inputs, batches, answers.

Knows no lmms-eval. Needs the extra ``eval``.
"""
