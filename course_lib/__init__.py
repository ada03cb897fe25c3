"""Training neural networks: the library of the course; the import lines say where its code lives."""

__version__ = "0.1.0"

from course_lib.moved import follow_old_names

follow_old_names()
