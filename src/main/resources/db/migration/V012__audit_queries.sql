-- What administrators ask the audit of, and the promise that it is only ever added to. The table's owner can lift it, so this keeps off
-- mistakes and statements that slipped in, not whoever has the database's password: who needs more than that copies the rows elsewhere.
CREATE INDEX audit_events_at ON audit_events (at, id);
CREATE INDEX audit_events_action ON audit_events (action, at);

-- What an answer shows of an event.
CREATE FUNCTION audit_event_json(e audit_events) RETURNS json
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', e.id, 'actor', e.actor, 'action', e.action, 'subject', e.subject, 'address', e.address, 'details', e.details,
        'created_at', rfc3339(e.at));

-- The purge says by smap.audit_purge that it is the one.
CREATE FUNCTION refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('smap.audit_purge', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_events is only added to: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_events_kept BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_not_emptied BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
