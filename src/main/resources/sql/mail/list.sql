-- Returns the answer that lists mails, newest first: one page of those that pass the filter.
WITH matching AS NOT MATERIALIZED (
    SELECT m.id, m.created_at
    FROM mails m
    WHERE (CAST(:#${variable.statuses} AS text[]) IS NULL OR m.status = ANY (CAST(:#${variable.statuses} AS text[])))
      AND (CAST(:#${variable.purposes} AS text[]) IS NULL OR m.purpose = ANY (CAST(:#${variable.purposes} AS text[])))
      AND (CAST(:#${variable.recipient} AS text) IS NULL OR lower(m.recipient) = lower(CAST(:#${variable.recipient} AS text)))
      AND (CAST(:#${variable.created_from} AS timestamptz) IS NULL OR m.created_at >= CAST(:#${variable.created_from} AS timestamptz))
      AND (CAST(:#${variable.created_to} AS timestamptz) IS NULL OR m.created_at < CAST(:#${variable.created_to} AS timestamptz))
), page AS (
    SELECT id
    FROM matching
    ORDER BY created_at DESC, id DESC
    LIMIT CAST(:#limit AS bigint) OFFSET (CAST(:#page AS bigint) - 1) * CAST(:#limit AS bigint)
)
SELECT success(json_build_object(
    'mails', (SELECT coalesce(json_agg(mail_json(m) ORDER BY m.created_at DESC, m.id DESC), '[]') FROM page JOIN mails m ON m.id = page.id),
    'paginator', json_build_object(
        'total', (SELECT count(*) FROM matching), 'count', (SELECT count(*) FROM page),
        'per_page', CAST(:#limit AS bigint), 'current_page', CAST(:#page AS bigint))))
