-- What became of a past number is computed anew with the rules that count.
ALTER TABLE past_number DROP COLUMN result;
