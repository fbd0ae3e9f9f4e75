"""The authors' release of MMSI-Video-Bench: opened, checked, and turned into rows."""
