CREATE SCHEMA shop;
CREATE TABLE shop.visits AS SELECT * FROM (VALUES
  ('u1', 'a@x.example', TIMESTAMPTZ '2026-01-05 10:00:00+00', 'web', 10, '{"k": {"n": 7}, "items": [{"sku": "s1"}, {"sku": "s2"}]}'),
  ('u1', 'a@x.example', TIMESTAMPTZ '2026-01-20 11:30:00+00', 'app', NULL, NULL),
  ('u1', 'A@X.example', TIMESTAMPTZ '2026-02-02 23:30:00+00', 'web', 5, '{}'),
  ('u2', 'b@x.example', TIMESTAMPTZ '2026-02-10 08:00:00+00', 'store', 40, NULL)
) t(user_id, email, ts, kind, amount, doc);
CREATE TABLE calls AS SELECT 'u2' AS user_id, TIMESTAMP '2026-02-11' AS ts, 9 AS length;
