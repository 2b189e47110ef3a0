CREATE TABLE orders AS SELECT * FROM (VALUES
  ('u1', 'a@example.com'), ('u1', 'b@example.com'), ('u2', NULL)
) t(user_id, email);
