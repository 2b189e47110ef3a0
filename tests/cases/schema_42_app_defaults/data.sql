CREATE TABLE tracks AS SELECT * FROM (VALUES
  ('u1', 'a1', 'page', TIMESTAMP '2026-01-01 10:00'), ('u1', 'a2', 'cart', TIMESTAMP '2026-01-02 10:00'),
  ('u1', 'a2', 'buy', TIMESTAMP '2026-01-03 10:00'), ('u1', 'a1', 'page', TIMESTAMP '2026-01-04 10:00'),
  (NULL, 'a3', 'visit', TIMESTAMP '2026-01-10 10:00'), ('u2', 'a3', 'page', TIMESTAMP '2025-10-10 10:00')
) t(user_id, anonymous_id, event, timestamp);
CREATE TABLE identifies AS SELECT * FROM (VALUES
  ('u1', 'One@example.com', 1767225600), ('u3', 'one@example.com', 1767312000)
) t(user_id, email, created);
