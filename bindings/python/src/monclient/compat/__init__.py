"""Stand-ins for other packages, for programs that were written for those: ``from monclient.compat import rados``."""
