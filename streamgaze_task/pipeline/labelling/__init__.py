"""What was looked at: fixations and views as questions to a labeller, and its answers as labels."""
