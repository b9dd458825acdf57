-- Cards whose last change their channel refused: it is told when the channel takes messages again.
CREATE INDEX cards_stale ON cards (channel) WHERE refused IS NOT NULL AND instead IS NULL;
