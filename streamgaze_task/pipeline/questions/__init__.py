"""The ten question makers, one module each, and the published ones in ``reference/``.

Every module has ``make(scanpath, rules, rng)``, which yields questions in order of time.
"""
