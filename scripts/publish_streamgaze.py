#!/usr/bin/env python3
"""Take a built StreamGaze dataset to the Hub: `sightline publish`, which refuses any other.

scripts/publish_streamgaze.py FOLDER ORG/NAME --dry-run     every flag of `sightline publish --help`
"""

import sys

from sightline.cli import main

sys.exit(main(["publish", "--benchmark", "streamgaze", *sys.argv[1:]]))
