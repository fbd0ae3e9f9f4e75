"""``python -m sightline.tiny_models FAMILY OUT``."""

import sys

from sightline.tiny_models import main

sys.exit(main(sys.argv[1:]))
