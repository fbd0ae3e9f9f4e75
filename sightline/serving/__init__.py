"""A server that speaks OpenAI's protocol as a backend of the engine: payloads, retries, replies.

Knows no lmms-eval. The backend needs the extra ``eval``; :mod:`sightline.serving.images` is light,
tasks look at it.
"""
