-- How many are open, and how many of them nobody has, without a look at each.
CREATE INDEX problems_counts ON problems (severity DESC, state, acknowledged_by) WHERE closed IS NULL;
