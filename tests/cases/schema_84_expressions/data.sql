CREATE TABLE orders AS SELECT * FROM (VALUES
  (1, 'Ann@example.com', '111', 900, 'DE', TIMESTAMP '2026-01-01'), (2, 'ann@example.com', '111', 300, 'DE', TIMESTAMP '2026-01-02'),
  (3, 'bob@example.com', '222', 6000, 'US', TIMESTAMP '2026-01-03'), (4, 'cid@example.com', '333', 5500, 'FR', TIMESTAMP '2026-01-04'),
  (5, 'dan@example.com', '444', 250, NULL, TIMESTAMP '2026-01-05'), (6, 'eve@example.com', '111', 20, 'DE', TIMESTAMP '2026-01-06')
) t(order_id, email, phone, total, country, placed_at);
