CREATE TABLE visits AS SELECT * FROM (VALUES
  ('u1', 'a@example.com', 'signup', 'DE', TIMESTAMP '2026-01-01'),
  ('u1', 'a@example.com', 'home', 'DE', TIMESTAMP '2026-01-02'),
  ('u2', 'b@example.com', 'signup', 'FR', TIMESTAMP '2026-01-01'),
  ('u2', 'b@example.com', 'home', 'FR', TIMESTAMP '2026-01-02'),
  ('u2', 'b@example.com', 'home', 'FR', TIMESTAMP '2026-01-03'),
  ('u2', 'b@example.com', 'help', 'FR', TIMESTAMP '2026-01-04'),
  ('u3', NULL, 'home', NULL, TIMESTAMP '2026-01-01'),
  ('u4', 'd@example.com', 'signup', 'DK', TIMESTAMP '2026-01-01'),
  ('u4', 'd@example.com', 'home', 'DK', TIMESTAMP '2026-01-02'),
  ('u4', 'd@example.com', 'home', 'DK', TIMESTAMP '2026-01-03'),
  ('u4', 'd@example.com', 'home', 'DK', TIMESTAMP '2026-01-04')
) t(user_id, email, page, country, "at");
CREATE TABLE blocked AS SELECT 'rid' AS user_main_id, 'fraud' AS reason;
