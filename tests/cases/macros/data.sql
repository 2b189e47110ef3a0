CREATE TABLE orders AS SELECT * FROM (VALUES
  ('a@example.com', 'u1', TIMESTAMP '2026-01-01'), ('b@example.com', 'u2', TIMESTAMP '2026-11-01')
) t(email, user_id, "at");
