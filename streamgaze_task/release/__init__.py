"""The authors' release of StreamGaze: opened, checked, and turned into rows."""
