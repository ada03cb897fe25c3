"""The mathematics that learners write, without validation: each function's only body."""
