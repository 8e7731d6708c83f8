-- Returns the answer that lists security events, newest first: one page of those that pass the filter.
WITH matching AS NOT MATERIALIZED (
    SELECT e.id, e.at
    FROM audit_events e
    WHERE (CAST(:#${variable.actors} AS text[]) IS NULL OR e.actor = ANY (CAST(:#${variable.actors} AS text[])))
      AND (CAST(:#${variable.actions} AS text[]) IS NULL OR e.action = ANY (CAST(:#${variable.actions} AS text[])))
      AND (CAST(:#${variable.subjects} AS text[]) IS NULL OR e.subject = ANY (CAST(:#${variable.subjects} AS text[])))
      AND (CAST(:#${variable.created_from} AS timestamptz) IS NULL OR e.at >= CAST(:#${variable.created_from} AS timestamptz))
      AND (CAST(:#${variable.created_to} AS timestamptz) IS NULL OR e.at < CAST(:#${variable.created_to} AS timestamptz))
), page AS (
    SELECT id
    FROM matching
    ORDER BY at DESC, id DESC
    LIMIT CAST(:#limit AS bigint) OFFSET (CAST(:#page AS bigint) - 1) * CAST(:#limit AS bigint)
)
SELECT success(json_build_object(
    'audit_events', (SELECT coalesce(json_agg(audit_event_json(e) ORDER BY e.at DESC, e.id DESC), '[]')
                     FROM page JOIN audit_events e ON e.id = page.id),
    'paginator', json_build_object(
        'total', (SELECT count(*) FROM matching), 'count', (SELECT count(*) FROM page),
        'per_page', CAST(:#limit AS bigint), 'current_page', CAST(:#page AS bigint))))
