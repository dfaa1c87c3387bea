/**
 * What a database consists of besides its rows, as queries that give the same on every server. They run with `pg_catalog` as search
 * path, so that names are whole, and leave out what belongs to extensions: that comes with these.
 */

/** One object. `acl`: [grantee, privilege, grantable]; roles by their oids, 0 for everybody. */
export type CatalogRow = {
  key: string
  owner: string | null
  acl: [grantee: number, privilege: string, grantable: boolean][] | null
  /** Roles of a policy. */
  roles?: number[]
  facts: unknown
  /** Definitions that PostgreSQL writes. */
  sql: string | null
}

const OURS = (namespace: string) =>
  `${namespace} IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')`
const FREE = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`

/** MAINTAIN came with version 17, and owners have it there by default. */
const acl = (list: string, kind: string, owner: string) =>
  exploded(`coalesce(${list}, acldefault('${kind}', ${owner}))`)
const exploded = (list: string) =>
  `(SELECT coalesce(json_agg(json_build_array(a.grantee::int8, a.privilege_type, a.is_grantable)), '[]')
    FROM aclexplode(${list}) a WHERE a.privilege_type <> 'MAINTAIN')`

const row = (parts: { key: string; owner?: string; acl?: string; facts?: string; sql?: string; roles?: string }) =>
  `SELECT ${parts.key} AS key, ${parts.owner ?? 'NULL'}::text AS owner, ${parts.acl ?? 'NULL::json'} AS acl,
          ${parts.facts ?? 'NULL::json'} AS facts, ${parts.sql ?? 'NULL'}::text AS sql${parts.roles ? `, ${parts.roles} AS roles` : ''}`

/** By kind of object. The schema `public` counts only when there is something in it: a new database has an empty one. */
export const CATALOG: Readonly<Record<string, string>> = {
  schema: `${row({ key: 'n.nspname::text', owner: 'n.nspowner', acl: acl('n.nspacl', 'n', 'n.nspowner') })}
    FROM pg_namespace n WHERE ${OURS('n.oid')} AND ${FREE('pg_namespace', 'n.oid')}
      AND (n.nspname <> 'public' OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND ${FREE('pg_class', 'c.oid')})
        OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND ${FREE('pg_proc', 'p.oid')}))`,

  relation: `${row({
    key: 'c.oid::regclass::text',
    owner: 'c.relowner',
    acl: `CASE WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN ${acl('c.relacl', 'r', 'c.relowner')}
               WHEN c.relkind = 'S' THEN ${acl('c.relacl', 's', 'c.relowner')} END`,
    facts: `json_build_object('kind', c.relkind, 'persistence', c.relpersistence, 'of', nullif(c.reloftype, 0)::regtype::text,
      'options', (SELECT json_agg(o ORDER BY o) FROM unnest(c.reloptions) o),
      'rowSecurity', c.relrowsecurity, 'forced', c.relforcerowsecurity, 'identity', c.relreplident,
      'populated', CASE WHEN c.relkind = 'm' THEN c.relispopulated END,
      'partitionKey', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
      'bound', pg_get_expr(c.relpartbound, c.oid),
      'parents', (SELECT json_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
      'uses', (SELECT json_agg(DISTINCT u.refobjid::regclass::text || coalesce('.' || ua.attname, ''))
               FROM pg_rewrite w JOIN pg_depend u ON u.classid = 'pg_rewrite'::regclass AND u.objid = w.oid
                 AND u.refclassid = 'pg_class'::regclass AND u.refobjid <> c.oid
               LEFT JOIN pg_attribute ua ON ua.attrelid = u.refobjid AND ua.attnum = u.refobjsubid
               WHERE w.ev_class = c.oid))`,
    sql: `CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END`,
  })}
    FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')}`,

  column: `${row({
    key: `c.oid::regclass::text || '.' || a.attname`,
    acl: `CASE WHEN a.attacl IS NOT NULL THEN ${exploded('a.attacl')} END`,
    facts: `json_build_object('place', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
      'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
      'collation', nullif(a.attcollation, t.typcollation)::regcollation::text, 'storage', nullif(a.attstorage, t.typstorage),
      'options', a.attoptions)`,
    sql: 'pg_get_expr(d.adbin, d.adrelid)',
  })}
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')}`,

  // what is not valid is not dumped
  index: `${row({
    key: 'i.indexrelid::regclass::text',
    facts: `json_build_object('of', i.indrelid::regclass::text, 'clustered', i.indisclustered, 'identity', i.indisreplident)`,
    sql: 'pg_get_indexdef(i.indexrelid)',
  })}
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE (i.indisvalid OR c.relkind = 'I') AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'i.indrelid')}`,

  // NOT NULL has been a constraint of its own since version 18 and stands with the columns
  constraint: `${row({
    key: `quote_ident(c.conname) || ' on ' || CASE WHEN c.conrelid <> 0 THEN c.conrelid::regclass::text ELSE c.contypid::regtype::text END`,
    facts: `json_build_object('kind', c.contype, 'target', nullif(c.confrelid, 0)::regclass::text)`,
    sql: 'pg_get_constraintdef(c.oid)',
  })}
    FROM pg_constraint c WHERE c.contype NOT IN ('n', 't') AND NOT (c.contype = 'f' AND c.conparentid <> 0)
      AND ${OURS('c.connamespace')} AND ${FREE('pg_class', 'c.conrelid')} AND ${FREE('pg_type', 'c.contypid')}`,

  trigger: `${row({
    key: `quote_ident(t.tgname) || ' on ' || t.tgrelid::regclass::text`,
    facts: `json_build_object('enabled', t.tgenabled, 'runs', t.tgfoid::regprocedure::text)`,
    sql: 'pg_get_triggerdef(t.oid)',
  })}
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')}`,

  rule: `${row({
    key: `quote_ident(r.rulename) || ' on ' || r.ev_class::regclass::text`,
    facts: `json_build_object('enabled', r.ev_enabled)`,
    sql: 'pg_get_ruledef(r.oid)',
  })}
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE r.rulename <> '_RETURN' AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')}`,

  policy: `${row({
    key: `quote_ident(p.polname) || ' on ' || p.polrelid::regclass::text`,
    facts: `json_build_object('command', p.polcmd, 'permissive', p.polpermissive)`,
    sql: `concat(pg_get_expr(p.polqual, p.polrelid), ' ; ', pg_get_expr(p.polwithcheck, p.polrelid))`,
    roles: '(SELECT json_agg(r::int8) FROM unnest(p.polroles) r)',
  })}
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')}`,

  routine: `${row({
    key: 'p.oid::regprocedure::text',
    owner: 'p.proowner',
    acl: acl('p.proacl', 'f', 'p.proowner'),
    facts: `json_build_object('kind', p.prokind, 'aggregate', CASE WHEN p.prokind = 'a' THEN
      (SELECT json_build_array(g.aggkind, g.aggtransfn::regprocedure::text, g.aggfinalfn::regprocedure::text, g.aggcombinefn::regprocedure::text,
         g.aggtranstype::regtype::text, g.agginitval, g.aggmtransfn::regprocedure::text, g.aggminvtransfn::regprocedure::text,
         g.aggmfinalfn::regprocedure::text, g.aggsortop::regoperator::text)
       FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END)`,
    sql: `CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END`,
  })}
    FROM pg_proc p WHERE ${OURS('p.pronamespace')} AND ${FREE('pg_proc', 'p.oid')}
      AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')`,

  type: `${row({
    key: 't.oid::regtype::text',
    owner: 't.typowner',
    acl: acl('t.typacl', 'T', 't.typowner'),
    facts: `json_build_object('kind', t.typtype,
      'labels', (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid),
      'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, 'notNull', t.typnotnull, 'default', t.typdefault,
      'collation', CASE WHEN t.typtype = 'd' THEN nullif(t.typcollation, 0)::regcollation::text END,
      'range', (SELECT json_build_array(r.rngsubtype::regtype::text, r.rngmultitypid::regtype::text, nullif(r.rngcollation, 0)::regcollation::text,
          r.rngcanonical::regprocedure::text, r.rngsubdiff::regprocedure::text)
        FROM pg_range r WHERE r.rngtypid = t.oid))`,
  })}
    FROM pg_type t WHERE ${OURS('t.typnamespace')} AND ${FREE('pg_type', 't.oid')} AND t.typtype <> 'm'
      AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
      AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)`,

  sequence: `${row({
    key: 's.seqrelid::regclass::text',
    facts: `json_build_object('type', s.seqtypid::regtype::text, 'start', s.seqstart::text, 'increment', s.seqincrement::text, 'max', s.seqmax::text,
      'min', s.seqmin::text, 'cache', s.seqcache::text, 'cycle', s.seqcycle,
      'of', (SELECT json_build_array(d.refobjid::regclass::text, a.attname, d.deptype) FROM pg_depend d
             JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')))`,
  })}
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')}`,

  statistics: `${row({ key: `s.stxnamespace::regnamespace::text || '.' || quote_ident(s.stxname)`, owner: 's.stxowner', sql: 'pg_get_statisticsobjdef(s.oid)' })}
    FROM pg_statistic_ext s WHERE ${OURS('s.stxnamespace')} AND ${FREE('pg_class', 's.stxrelid')}`,

  // the column for the locale of ICU was renamed in version 17
  collation: `${row({
    key: 'c.oid::regcollation::text',
    owner: 'c.collowner',
    facts: `json_build_array(c.collprovider, c.collisdeterministic, c.collcollate, c.collctype,
      coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'))`,
  })}
    FROM pg_collation c WHERE ${OURS('c.collnamespace')} AND ${FREE('pg_collation', 'c.oid')}`,

  operator: `${row({
    key: 'o.oid::regoperator::text',
    owner: 'o.oprowner',
    facts: `json_build_array(o.oprcode::regprocedure::text, o.oprresult::regtype::text, o.oprcom::regoperator::text, o.oprnegate::regoperator::text,
      o.oprcanmerge, o.oprcanhash)`,
  })}
    FROM pg_operator o WHERE ${OURS('o.oprnamespace')} AND ${FREE('pg_operator', 'o.oid')}`,

  // 16384: the first id that is not PostgreSQL's own
  cast: `${row({
    key: `c.castsource::regtype::text || ' as ' || c.casttarget::regtype::text`,
    facts: 'json_build_array(c.castfunc::regprocedure::text, c.castcontext, c.castmethod)',
  })}
    FROM pg_cast c WHERE c.oid >= 16384 AND ${FREE('pg_cast', 'c.oid')}`,

  search: `${row({
    key: 'c.oid::regconfig::text',
    owner: 'c.cfgowner',
    facts: `(SELECT json_agg(json_build_array(m.maptokentype, m.mapseqno, m.mapdict::regdictionary::text) ORDER BY m.maptokentype, m.mapseqno)
      FROM pg_ts_config_map m WHERE m.mapcfg = c.oid)`,
  })}
    FROM pg_ts_config c WHERE ${OURS('c.cfgnamespace')} AND ${FREE('pg_ts_config', 'c.oid')}`,

  dictionary: `${row({ key: 'd.oid::regdictionary::text', owner: 'd.dictowner', facts: 'to_json(d.dictinitoption)' })}
    FROM pg_ts_dict d WHERE ${OURS('d.dictnamespace')} AND ${FREE('pg_ts_dict', 'd.oid')}`,

  comment: `${row({ key: `o.type || ' ' || o.identity`, facts: 'to_json(d.description)' })}
    FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o
    WHERE (d.objoid >= 16384 OR d.classoid = 'pg_largeobject'::regclass) AND d.classoid <> 'pg_extension'::regclass
      AND o.identity IS NOT NULL AND coalesce(o.schema, '') !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')`,
}

/** Of the whole database and of single schemas; whose they are is in `owner`. */
export const DEFAULT_PRIVILEGES = `${row({
  key: `concat(d.defaclobjtype, ' ', CASE WHEN d.defaclnamespace <> 0 THEN d.defaclnamespace::regnamespace::text END)`,
  owner: 'd.defaclrole',
  acl: exploded('d.defaclacl'),
})} FROM pg_default_acl d`

/** Tables with rows of their own: partitioned ones have none. */
export const TABLES = `
  SELECT c.oid::regclass::text AS name,
         (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c WHERE c.relkind = 'r' AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')} ORDER BY 1`

export const SEQUENCES = `
  SELECT n.nspname AS schema, c.relname AS name, c.oid::regclass::text AS qualified
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND ${OURS('c.relnamespace')} AND ${FREE('pg_class', 'c.oid')} ORDER BY 1, 2`

export const EXTENSIONS = `SELECT extname AS name, extversion AS version FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1`

export const LARGE_OBJECTS = `
  SELECT m.oid::text AS key, m.lomowner::text AS owner, ${acl('m.lomacl', 'L', 'm.lomowner')} AS acl
  FROM pg_largeobject_metadata m ORDER BY m.oid`
