"""StreamGaze: gaze-guided streaming video understanding (arXiv 2512.01707).

The benchmark's rooms are built in its own issue; today the package holds the name.
"""
