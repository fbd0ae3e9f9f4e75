"""A page on which a person looks through labels and questions, and what becomes of it."""
