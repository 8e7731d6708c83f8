-- Returns what is to be done with a job: deliver, or why not (repeated: it was sent before; cancelled; expired; superseded); and when the
-- code in it dies, if it brings one. Mails that were made before their account was deleted are cancelled, whatever became of them since;
-- the notice of the deletion is made with it. A code's mail is superseded once the code row names a newer one; and once the code was used,
-- because then the mail has arrived, whatever its row says. Jobs of other services have no row and are delivered.
SELECT CASE
           WHEN m.status = 'sent' THEN 'repeated'
           WHEN m.status = 'cancelled' OR m.created_at < u.deleted_at THEN 'cancelled'
           WHEN m.expires_at <= CAST(:#now AS timestamptz) THEN 'expired'
           WHEN c.mail_id <> m.id OR c.consumed_at IS NOT NULL THEN 'superseded'
           ELSE 'deliver'
       END AS outcome,
       rfc3339(m.expires_at) AS expires_at
FROM (VALUES (CAST(:#mail_id AS uuid))) AS asked (id)
LEFT JOIN mails m ON m.id = asked.id
LEFT JOIN users u ON u.id = m.user_id
LEFT JOIN one_time_codes c ON c.user_id = m.user_id AND c.purpose = m.purpose
