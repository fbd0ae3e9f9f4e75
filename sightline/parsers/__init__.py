"""How a response is read as a letter, for whichever benchmark: what it says, never a guess."""
