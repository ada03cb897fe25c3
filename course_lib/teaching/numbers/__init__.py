"""The numbers that a lesson claims: as rows of a table, collected by cell and section, and how much their bands say."""
