select user_main_id, reason from blocked
