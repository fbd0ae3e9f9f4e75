"""Which generated questions are good enough, and how far one gets without looking."""
