-- Open events, of which there are few: how many are alike is asked whenever one is drawn.
CREATE INDEX problems_open_events ON problems (check_row) WHERE closed IS NULL AND is_event = 1;
