CREATE TABLE orders AS SELECT * FROM (VALUES
  ('a@example.com', 'u1', 5), ('a@example.com', 'u2', 6), (NULL, 'u3', NULL)
) t(email, user_id, total);
