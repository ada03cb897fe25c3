"""The mathematics that learners write, unguarded: each function's only body."""
