"""The results repository: entries, samples, printed rows, requests and their verification."""
