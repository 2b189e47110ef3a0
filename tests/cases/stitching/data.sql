-- A good pair beside a bad id stays; shared@example.com is capped; the rules cut and join by hand.
CREATE TABLE logins AS SELECT * FROM (VALUES
  ('u1', 'ann@example.com', 'd1', TIMESTAMP '2026-01-01'), ('unknown', 'ann@example.com', 'd2', TIMESTAMP '2026-01-02'),
  ('u2', 'no address', 'd2', TIMESTAMP '2026-01-03'), ('u3', 'spam@example.com', 'd3', TIMESTAMP '2026-01-04'),
  ('u4', 'shared@example.com', NULL, TIMESTAMP '2026-01-05'), ('u5', 'shared@example.com', NULL, TIMESTAMP '2026-01-04'),
  ('u6', 'shared@example.com', NULL, NULL), ('u7', '', '  ', TIMESTAMP '2026-01-06'), (NULL, NULL, NULL, TIMESTAMP '2026-01-06'),
  ('u8', 'eve@example.com', 'd1', TIMESTAMP '2026-01-07'), ('u9', 'Ann@example.com', 'd9', TIMESTAMP '2026-01-08'),
  (' u1', 'pad@example.com', NULL, TIMESTAMP '2026-01-09')
) t(user_id, email, device, "at");
CREATE TABLE faxes AS SELECT '+1' AS fax, 'u1' AS user_id UNION ALL SELECT '+1', 'u7';
CREATE TABLE blocklist AS SELECT 'spam@example.com' AS address;
CREATE TABLE rules AS SELECT * FROM (VALUES
  ('user', 'd1', 'device', 'exclude', 'u8', 'user_id'), ('user', 'd1', 'device', 'exclude', 'eve@example.com', 'email'),
  ('user', 'u8', 'user_id', 'include', 'u9', 'user_id'), ('user', 'd9', 'device', 'exclude', NULL, NULL),
  ('other', 'u1', 'user_id', 'exclude', NULL, NULL)
) t(entity, id1, id1_type, action, id2, id2_type);
