/* The ten functions of contrib/uuid-ossp 1.1, same signatures, with no library: for PostgreSQL 18 and later, whose
   extension_control_path finds this file (`<path>/extension/`) and which reads bytes as a number (bytea::bigint).

   No helper functions: the extension holds exactly what the one in C holds. None could be called safely from PL/pgSQL
   either, as a relocatable extension doesn't know its schema. PL/pgSQL looks names up at run time, hence its fixed
   search_path; bodies in standard SQL (RETURN) are bound when they are created and need none, which also leaves the
   planner free to inline them.
*/

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use '''CREATE EXTENSION "uuid-ossp"''' to load this file. \quit

-- RFC 9562, section 5.9 and appendix: the nil UUID and the namespaces.

CREATE FUNCTION uuid_nil() RETURNS uuid
IMMUTABLE STRICT LANGUAGE sql PARALLEL SAFE
RETURN '00000000-0000-0000-0000-000000000000'::uuid;

CREATE FUNCTION uuid_ns_dns() RETURNS uuid
IMMUTABLE STRICT LANGUAGE sql PARALLEL SAFE
RETURN '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_url() RETURNS uuid
IMMUTABLE STRICT LANGUAGE sql PARALLEL SAFE
RETURN '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_oid() RETURNS uuid
IMMUTABLE STRICT LANGUAGE sql PARALLEL SAFE
RETURN '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_x500() RETURNS uuid
IMMUTABLE STRICT LANGUAGE sql PARALLEL SAFE
RETURN '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid;

/* Time, clock sequence, node (RFC 9562, section 5.1).

   There is nowhere to keep a state: a setting can't be changed in a parallel worker and goes back on rollback, a
   sequence would have to be found. So none is needed. The function returns only after the clock has left the
   microsecond that it handed out, so that no process hands out the same one twice, and the node differs between
   processes: a hash of the server's start and the process, 46 bits of it, marked as multicast and local so that it is
   nobody's address (section 6.10). A process number that is used again comes later in time. The clock sequence is
   random each time, which guards a clock that was set back (section 6.2 permits it). The C version's node is the same
   in all sessions; here it is stable within one.
*/
CREATE FUNCTION uuid_generate_v1() RETURNS uuid
VOLATILE STRICT LANGUAGE plpgsql PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    now_at timestamptz := clock_timestamp();
    -- 100 ns each, since the Gregorian calendar began on 15 October 1582; the server counts microseconds since 2000
    ticks text := to_hex(timestamptz_send(now_at)::bigint * 10 + 131659776000000000);
    node text := left(md5(timestamptz_send(pg_postmaster_start_time()) || int4send(pg_backend_pid())), 12);
BEGIN
    node := overlay(node PLACING translate(substr(node, 2, 1), '0123456789abcdef', '33337777bbbbffff') FROM 2);
    -- Not `>`: after the clock was set back that would wait for hours.
    WHILE clock_timestamp() = now_at LOOP
    END LOOP;
    -- From the dash to the dash a random UUID has what belongs here: the variant and 14 random bits.
    RETURN substr(ticks, 8, 8) || substr(ticks, 4, 4) || '1' || substr(ticks, 1, 3)
        || substr(gen_random_uuid()::text, 20, 4) || node;
END
$$;

/* As version 1, with a random node each time, marked as multicast and local. Everything is qualified because this is
   bound with the schema that the extension is created in on the path. */
CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid
VOLATILE STRICT LANGUAGE sql PARALLEL SAFE
RETURN (
    pg_catalog.concat_ws(''::text, pg_catalog.left(uuid_generate_v1()::text, 24))
)::uuid;

CREATE FUNCTION uuid_generate_v4() RETURNS uuid
VOLATILE STRICT LANGUAGE sql PARALLEL SAFE
RETURN pg_catalog.gen_random_uuid();
