CREATE TABLE rows AS SELECT * FROM (VALUES
  (1, 'Ann', true, '[1, 2]', 12.345, TIMESTAMP '2026-11-01 10:30'), (1, 'Anna', false, '[1, 2, 3]', 1, TIMESTAMP '2026-11-20 05:00'),
  (2, 'Bob', false, NULL, NULL, TIMESTAMP '2026-10-01'), (3, 'late', true, NULL, 1, TIMESTAMP '2026-11-20 06:00')
) t(user_id, name, paid, doc, total, "at");
