-- Whose domain it is: an address in it is for its organisation, and for those below it if the
-- domain is inherited. A device with an address in another organisation's domain has a stolen one.
CREATE FUNCTION domain_serves(asked text, organisation uuid) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $function$
WITH RECURSIVE above (id, parent_id) AS (
    SELECT organisation.id, organisation.parent_id FROM organisation
    WHERE organisation.id = domain_serves.organisation
    UNION
    SELECT organisation.id, organisation.parent_id FROM organisation
    JOIN above ON above.parent_id = organisation.id
)
SELECT EXISTS (
    SELECT FROM domain
    WHERE domain.domain = domain_serves.asked AND (
        domain.organisation_id = domain_serves.organisation
        OR domain.inherit AND domain.organisation_id IN (SELECT id FROM above)
    )
)
$function$;
