CREATE TABLE orders AS SELECT * FROM (VALUES
  ('u1', 'a@example.com', 10, TIMESTAMP '2026-01-01'), ('u1', NULL, -2, TIMESTAMP '2026-01-02'),
  ('u2', 'a@example.com', 4, TIMESTAMP '2026-01-03'), ('u3', ' ', 3, TIMESTAMP '2026-01-04')
) t(user_id, email, total, placed_at);
