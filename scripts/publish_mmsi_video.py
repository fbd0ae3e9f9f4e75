#!/usr/bin/env python3
"""Take a built MMSI-Video-Bench dataset to the Hub: `sightline publish`, which refuses any other.

scripts/publish_mmsi_video.py FOLDER ORG/NAME --dry-run     every flag of `sightline publish --help`
"""

import sys

from sightline.cli import main

sys.exit(main(["publish", "--benchmark", "mmsi-video", *sys.argv[1:]]))
