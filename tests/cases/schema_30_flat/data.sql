-- Two people: the first has two accounts under one address.
CREATE SCHEMA raw;
CREATE TABLE raw.accounts AS SELECT * FROM (VALUES
  ('u1', 'Ann@example.com', TIMESTAMP '2026-01-01'), ('u2', 'ann@example.com', TIMESTAMP '2026-01-05'),
  ('u3', 'unknown@example.com', TIMESTAMP '2026-01-02'), ('u4', '', TIMESTAMP '2026-01-03')
) t(user_id, email, created_at);
CREATE TABLE raw.orders AS SELECT * FROM (VALUES
  ('u1', 30, TIMESTAMP '2026-01-02'), ('u2', 90, TIMESTAMP '2026-01-06'), ('u2', 0, TIMESTAMP '2026-01-01'),
  ('u3', 5, TIMESTAMP '2026-02-01'), ('u4', 7, TIMESTAMP '2027-01-01'), (NULL, 1000, NULL)
) t(user_id, total, ordered_at);
