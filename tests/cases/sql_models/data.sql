CREATE TABLE orders AS SELECT * FROM (VALUES
  ('a@example.com', 'u1', TIMESTAMP '2026-01-01'), ('b@example.com', 'u1', TIMESTAMP '2026-01-02'),
  ('c@example.com', 'u2', TIMESTAMP '2026-01-03'), ('late@example.com', 'u3', TIMESTAMP '2027-01-03')
) t(email, user_id, "at");
