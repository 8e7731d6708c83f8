-- Returns the answer that shows one mail with what came of each attempt; no row if there is no such mail.
SELECT success(json_with(mail_json(m), 'history', (
    SELECT coalesce(json_agg(json_build_object(
        'at', rfc3339(a.at), 'outcome', a.outcome, 'tries', a.tries, 'phase', a.phase, 'reply', a.reply) ORDER BY a.id), '[]')
    FROM mail_attempts a
    WHERE a.mail_id = m.id)))
FROM mails m
WHERE m.id = CAST(:#id AS uuid)
