CREATE SCHEMA shop;
CREATE TABLE shop.visits AS SELECT * FROM (VALUES
  ('u1', TIMESTAMP '2026-02-08 10:00:00', 'web', 10), ('u1', TIMESTAMP '2026-01-20 11:30:00', 'app', NULL),
  ('u1', TIMESTAMP '2026-02-02 23:30:00', 'web', 5), ('u2', TIMESTAMP '2026-02-03 08:00:00', 'shop', 7)
) t(user_id, ts, kind, amount);
