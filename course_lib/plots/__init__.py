"""Pictures of the course: numbers in, Axes out, one house style, alt text for every figure."""
