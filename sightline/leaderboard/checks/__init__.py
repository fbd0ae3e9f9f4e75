"""What is looked at in a package from strangers: one check a module, run.py calls them."""
