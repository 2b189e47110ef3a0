CREATE TABLE orders AS SELECT * FROM (VALUES
  (1, 'ann@example.com', '0', 'ann@work.example', 10, 'Oslo', 'paid', TIMESTAMP '2026-01-01'),
  (2, 'bad@example.com', '555', NULL, 20, 'Rome', 'paid', TIMESTAMP '2026-01-02'),
  (3, 'ann@example.com', '0', NULL, 30, 'Bonn', 'paid', TIMESTAMP '2026-01-03'),
  (4, 'no address', '777', 'info@example.com', 40, 'Lima', 'paid', TIMESTAMP '2026-01-04'),
  (5, 'ann@example.com', '777', NULL, 50, 'Nice', 'draft', TIMESTAMP '2026-01-05')
) t(order_id, email, phone, work, total, city, status, placed_at);
