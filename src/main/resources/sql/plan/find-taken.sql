-- Returns why a plan could not be created, as the name of a problem. A statement of its own, because it is to see what others have done
-- while that one waited for them; one whose code and name are free by now could be tried again.
SELECT CASE WHEN bool_or(lower(p.code) = lower(:#code)) THEN 'PLAN_CODE_EXISTS'
            WHEN count(*) > 0 THEN 'PLAN_EXISTS'
            ELSE 'CONFLICT' END
FROM plans p
WHERE p.deleted_at IS NULL AND (lower(p.code) = lower(:#code) OR lower(p.name) = lower(:#name))
