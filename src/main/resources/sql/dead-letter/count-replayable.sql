-- Returns the answer that tells how many dead letters a run with this filter would replay, and how many it would refuse because the code in
-- them is of no more use.
SELECT success(json_build_object(
           'dry_run', true,
           'total', count(d.id),
           'refused', count(d.id) FILTER (WHERE is_of_no_use(d, CAST(:#now AS timestamptz))),
           'rate', CAST(:#rate AS integer)))
FROM dead_letters d
WHERE d.status = 'dead'
  AND passes(d, CAST(:#${variable.reasons} AS text[]), CAST(:#${variable.purposes} AS text[]), CAST(:#${variable.recipient} AS text),
             CAST(:#${variable.created_from} AS timestamptz), CAST(:#${variable.created_to} AS timestamptz))
