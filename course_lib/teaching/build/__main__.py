"""`python -m course_lib.teaching.build`."""

from course_lib.teaching.build.command import main

if __name__ == "__main__":
    main()
