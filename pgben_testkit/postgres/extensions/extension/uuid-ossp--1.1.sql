/* The ten functions of contrib/uuid-ossp 1.1, same signatures, with no library: for PostgreSQL 18 and later, whose
   extension_control_path finds this file (`<path>/extension/`) and which reads bytes as a number (bytea::bigint).

   No helper functions: the extension holds exactly what the one in C holds. None could be called safely from PL/pgSQL
   either, as a relocatable extension doesn't know its schema. PL/pgSQL looks names up at run time, hence its fixed
   search_path; bodies in standard SQL (RETURN) are bound when they are created and need none, which also leaves the
   planner free to inline them.
*/

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use '''CREATE EXTENSION "uuid-ossp"''' to load this file. \quit

-- RFC 9562, section 6.6: the nil UUID and the namespaces.

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
    -- The fourth group of a random UUID is what belongs here: the variant and 14 random bits.
    RETURN substr(ticks, 8, 8) || substr(ticks, 4, 4) || '1' || substr(ticks, 1, 3)
        || substr(gen_random_uuid()::text, 20, 4) || node;
END
$$;

/* As version 1, with a random node each time, marked as multicast and local. Everything is qualified, as the schema
   that the extension is created in is on the path while this is bound. */
CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid
VOLATILE STRICT LANGUAGE sql PARALLEL SAFE
RETURN pg_catalog.overlay(
    pg_catalog.overlay(
        uuid_generate_v1()::pg_catalog.text,
        pg_catalog."right"(pg_catalog.gen_random_uuid()::pg_catalog.text, 12), 25),
    pg_catalog.translate(
        pg_catalog."left"(pg_catalog.gen_random_uuid()::pg_catalog.text, 1),
        '0123456789abcdef'::pg_catalog.text, '33337777bbbbffff'::pg_catalog.text), 26)::pg_catalog.uuid;

-- RFC 9562, section 5.3. Like the C version it hashes the name's bytes in the database's encoding.
CREATE FUNCTION uuid_generate_v3(namespace uuid, name text) RETURNS uuid
IMMUTABLE STRICT LANGUAGE plpgsql PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := decode(md5(uuid_send(namespace) || convert_to(name, getdatabaseencoding())), 'hex');
BEGIN
    digest := set_byte(digest, 6, (get_byte(digest, 6) & 15) | 48);
    digest := set_byte(digest, 8, (get_byte(digest, 8) & 63) | 128);
    RETURN encode(digest, 'hex');
END
$$;

CREATE FUNCTION uuid_generate_v4() RETURNS uuid
VOLATILE STRICT LANGUAGE sql PARALLEL SAFE
RETURN pg_catalog.gen_random_uuid();

/* RFC 9562, section 5.5, over SHA-1 as in RFC 3174, section 6.1, for PostgreSQL itself has only MD5 and SHA-2.

   Words are bigint, cut to 32 bits after each sum, as integer would overflow. Five rounds stand in a row, each with the
   roles of a to e moved on by one, instead of moving the values: a third faster. About 50 microseconds for names of up
   to 39 bytes, and again for each 64 bytes more.
*/
CREATE FUNCTION uuid_generate_v5(namespace uuid, name text) RETURNS uuid
IMMUTABLE STRICT LANGUAGE plpgsql PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    low32 CONSTANT bigint := 4294967295;
    message bytea := uuid_send(namespace) || convert_to(name, getdatabaseencoding());
    size bigint := length(message);
    h0 bigint := 1732584193;
    h1 bigint := 4023233417;
    h2 bigint := 2562383102;
    h3 bigint := 271733878;
    h4 bigint := 3285377520;
    a bigint;
    b bigint;
    c bigint;
    d bigint;
    e bigint;
    k bigint;
    w bigint[];
    mixed bigint;
    digest bytea;
BEGIN
    -- One bit, zeros, the size in bits. No '\x80': what a backslash means is up to standard_conforming_strings.
    message := message || decode('80' || repeat('00', (63 - (size + 8) % 64)::int), 'hex') || int8send(size * 8);
    FOR start IN 1 .. length(message) BY 64 LOOP
        FOR t IN 0 .. 15 LOOP
            w[t] := substr(message, start + 4 * t, 4)::bigint;
        END LOOP;
        FOR t IN 16 .. 79 LOOP
            mixed := w[t - 3] # w[t - 8] # w[t - 14] # w[t - 16];
            w[t] := ((mixed << 1) & low32) | (mixed >> 31);
        END LOOP;
        a := h0; b := h1; c := h2; d := h3; e := h4;
        k := 1518500249;
        FOR t IN 0 .. 19 BY 5 LOOP
            e := (e + ((a << 5) | (a >> 27)) + (d # (b & (c # d))) + k + w[t]) & low32;
            b := ((b << 30) & low32) | (b >> 2);
            d := (d + ((e << 5) | (e >> 27)) + (c # (a & (b # c))) + k + w[t + 1]) & low32;
            a := ((a << 30) & low32) | (a >> 2);
            c := (c + ((d << 5) | (d >> 27)) + (b # (e & (a # b))) + k + w[t + 2]) & low32;
            e := ((e << 30) & low32) | (e >> 2);
            b := (b + ((c << 5) | (c >> 27)) + (a # (d & (e # a))) + k + w[t + 3]) & low32;
            d := ((d << 30) & low32) | (d >> 2);
            a := (a + ((b << 5) | (b >> 27)) + (e # (c & (d # e))) + k + w[t + 4]) & low32;
            c := ((c << 30) & low32) | (c >> 2);
        END LOOP;
        k := 1859775393;
        FOR t IN 20 .. 39 BY 5 LOOP
            e := (e + ((a << 5) | (a >> 27)) + (b # c # d) + k + w[t]) & low32;
            b := ((b << 30) & low32) | (b >> 2);
            d := (d + ((e << 5) | (e >> 27)) + (a # b # c) + k + w[t + 1]) & low32;
            a := ((a << 30) & low32) | (a >> 2);
            c := (c + ((d << 5) | (d >> 27)) + (e # a # b) + k + w[t + 2]) & low32;
            e := ((e << 30) & low32) | (e >> 2);
            b := (b + ((c << 5) | (c >> 27)) + (d # e # a) + k + w[t + 3]) & low32;
            d := ((d << 30) & low32) | (d >> 2);
            a := (a + ((b << 5) | (b >> 27)) + (c # d # e) + k + w[t + 4]) & low32;
            c := ((c << 30) & low32) | (c >> 2);
        END LOOP;
        k := 2400959708;
        FOR t IN 40 .. 59 BY 5 LOOP
            e := (e + ((a << 5) | (a >> 27)) + ((b & c) | (d & (b | c))) + k + w[t]) & low32;
            b := ((b << 30) & low32) | (b >> 2);
            d := (d + ((e << 5) | (e >> 27)) + ((a & b) | (c & (a | b))) + k + w[t + 1]) & low32;
            a := ((a << 30) & low32) | (a >> 2);
            c := (c + ((d << 5) | (d >> 27)) + ((e & a) | (b & (e | a))) + k + w[t + 2]) & low32;
            e := ((e << 30) & low32) | (e >> 2);
            b := (b + ((c << 5) | (c >> 27)) + ((d & e) | (a & (d | e))) + k + w[t + 3]) & low32;
            d := ((d << 30) & low32) | (d >> 2);
            a := (a + ((b << 5) | (b >> 27)) + ((c & d) | (e & (c | d))) + k + w[t + 4]) & low32;
            c := ((c << 30) & low32) | (c >> 2);
        END LOOP;
        k := 3395469782;
        FOR t IN 60 .. 79 BY 5 LOOP
            e := (e + ((a << 5) | (a >> 27)) + (b # c # d) + k + w[t]) & low32;
            b := ((b << 30) & low32) | (b >> 2);
            d := (d + ((e << 5) | (e >> 27)) + (a # b # c) + k + w[t + 1]) & low32;
            a := ((a << 30) & low32) | (a >> 2);
            c := (c + ((d << 5) | (d >> 27)) + (e # a # b) + k + w[t + 2]) & low32;
            e := ((e << 30) & low32) | (e >> 2);
            b := (b + ((c << 5) | (c >> 27)) + (d # e # a) + k + w[t + 3]) & low32;
            d := ((d << 30) & low32) | (d >> 2);
            a := (a + ((b << 5) | (b >> 27)) + (c # d # e) + k + w[t + 4]) & low32;
            c := ((c << 30) & low32) | (c >> 2);
        END LOOP;
        h0 := (h0 + a) & low32;
        h1 := (h1 + b) & low32;
        h2 := (h2 + c) & low32;
        h3 := (h3 + d) & low32;
        h4 := (h4 + e) & low32;
    END LOOP;
    -- The first 16 of 20 bytes.
    digest := int8send((h0 << 32) | h1) || int8send((h2 << 32) | h3);
    digest := set_byte(digest, 6, (get_byte(digest, 6) & 15) | 80);
    digest := set_byte(digest, 8, (get_byte(digest, 8) & 63) | 128);
    RETURN encode(digest, 'hex');
END
$$;
