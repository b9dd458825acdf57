-- What waits for the cards of a problem is remembered by the process, which is the only one to add to it.
ALTER TABLE problems DROP COLUMN pending;
