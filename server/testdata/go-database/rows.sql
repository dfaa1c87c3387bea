-- A small federation as the Go control plane leaves it in its tables, with nothing wrong. Secrets are encrypted with the key
-- 11…11. Bearer values: admin-of-old, provider-of-old, consumer-of-old, agent-of-old, other-of-old.

CREATE FUNCTION pg_temp.i(n bigint) RETURNS uuid LANGUAGE sql AS
  $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.t(minutes int) RETURNS timestamptz LANGUAGE sql AS
  $$ SELECT date_trunc('hour', now()) - interval '1 day' + interval '0.123456 s' + minutes * interval '1 min' $$;
CREATE FUNCTION pg_temp.h(value text) RETURNS text LANGUAGE sql AS
  $$ SELECT encode(sha256(value::bytea), 'base64') $$;

INSERT INTO participants (id, created_at, updated_at, name, status) VALUES
  (pg_temp.i(1), pg_temp.t(0), pg_temp.t(0), 'provider', 'Enabled'),
  (pg_temp.i(2), pg_temp.t(0), pg_temp.t(1), 'consumer', 'Enabled'),
  (pg_temp.i(3), pg_temp.t(0), pg_temp.t(0), 'other provider', 'Enabled');

INSERT INTO service_types (id, created_at, updated_at, name, property_schema, lifecycle_schema) VALUES
  (pg_temp.i(11), pg_temp.t(0), pg_temp.t(0), 'vm',
   '{"properties": {
      "size": {"type": "string", "label": "Size", "required": true, "immutable": false,
               "validators": [{"type": "serviceOption", "config": {"value": "vm_size"}}]},
      "ip": {"type": "string", "label": "", "required": false, "immutable": false,
             "generator": {"type": "pool", "config": {"poolType": "ip"}},
             "authorizers": [{"type": "actor", "config": {"actors": ["system"]}}]},
      "slot": {"type": "string", "label": "", "required": false, "immutable": false,
               "generator": {"type": "pool", "config": {"poolType": "slot"}}},
      "password": {"type": "string", "label": "", "required": false, "immutable": false, "secret": {"type": "persistent"}},
      "once": {"type": "string", "label": "", "required": false, "immutable": false, "secret": {"type": "ephemeral"}}
    }, "validators": null}',
   '{"states": [{"name": "New"}, {"name": "Started"}, {"name": "Stopped"}, {"name": "Failed"}, {"name": "Deleted"}],
     "actions": [
       {"name": "create", "transitions": [{"from": "New", "to": "Started"}, {"from": "New", "to": "Failed", "onError": true}]},
       {"name": "update", "transitions": [{"from": "Started", "to": "Started"}]},
       {"name": "stop", "transitions": [{"from": "Started", "to": "Stopped"}]},
       {"name": "delete", "transitions": [{"from": "Started", "to": "Deleted"}, {"from": "Stopped", "to": "Deleted"}]}],
     "initialState": "New", "terminalStates": ["Deleted"], "runningStates": ["Started"]}');

INSERT INTO agent_types (id, created_at, updated_at, name, configuration_schema, config_template, cmd_template) VALUES
  (pg_temp.i(12), pg_temp.t(0), pg_temp.t(0), 'vm agent',
   '{"properties": {"url": {"type": "string", "label": "", "required": false, "immutable": false},
                    "key": {"type": "string", "label": "", "required": false, "immutable": false, "secret": {"type": "persistent"}},
                    "port": {"type": "integer", "label": "", "required": false, "immutable": false,
                             "generator": {"type": "pool", "config": {"poolType": "port"}}}}, "validators": null}',
   'url={{.url}}', 'curl {{.configUrl}} {{.authToken}}');
INSERT INTO agent_type_service_types VALUES (pg_temp.i(12), pg_temp.i(11));

INSERT INTO service_option_types (id, created_at, updated_at, name, type, description) VALUES
  (pg_temp.i(13), pg_temp.t(0), pg_temp.t(0), 'Sizes', 'vm_size', 'sizes of machines');
INSERT INTO service_options (id, created_at, updated_at, provider_id, service_option_type_id, name, value, enabled, display_order) VALUES
  (pg_temp.i(14), pg_temp.t(0), pg_temp.t(0), pg_temp.i(1), pg_temp.i(13), 'small', '"small"', true, 0),
  (pg_temp.i(15), pg_temp.t(0), pg_temp.t(0), pg_temp.i(1), pg_temp.i(13), 'large', '"large"', true, 1),
  (pg_temp.i(16), pg_temp.t(0), pg_temp.t(0), pg_temp.i(1), pg_temp.i(13), 'huge', '"huge"', false, 2);

INSERT INTO service_pool_sets (id, created_at, updated_at, name, provider_id) VALUES
  (pg_temp.i(20), pg_temp.t(0), pg_temp.t(0), 'set', pg_temp.i(1));
INSERT INTO service_pools (id, created_at, updated_at, name, type, property_type, generator_type, generator_config, service_pool_set_id, participant_id) VALUES
  (pg_temp.i(21), pg_temp.t(0), pg_temp.t(0), 'addresses', 'ip', 'string', 'subnet', '{"cidr": "10.1.0.0/28", "excludeFirst": 1, "excludeLast": 1}', pg_temp.i(20), pg_temp.i(1)),
  (pg_temp.i(22), pg_temp.t(0), pg_temp.t(0), 'slots', 'slot', 'string', 'list', NULL, pg_temp.i(20), pg_temp.i(1));
INSERT INTO config_pools (id, created_at, updated_at, name, type, property_type, generator_type) VALUES
  (pg_temp.i(23), pg_temp.t(0), pg_temp.t(0), 'ports', 'port', 'integer', 'list');

INSERT INTO agents (id, created_at, updated_at, name, status, last_status_update, tags, configuration, agent_type_id, provider_id, service_pool_set_id) VALUES
  (pg_temp.i(30), pg_temp.t(0), pg_temp.t(60), 'agent', 'Connected', pg_temp.t(60), '{eu,"fast disk"}',
   '{"url": "http://x", "key": "vault://00000000-0000-4000-8000-000000000094", "port": 7001}', pg_temp.i(12), pg_temp.i(1), pg_temp.i(20)),
  (pg_temp.i(31), pg_temp.t(0), pg_temp.t(0), 'bare agent', 'Disconnected', pg_temp.t(0), NULL, NULL, pg_temp.i(12), pg_temp.i(3), NULL);

INSERT INTO tokens (id, created_at, updated_at, name, role, hashed_value, expire_at, participant_id, agent_id) VALUES
  (pg_temp.i(40), pg_temp.t(0), pg_temp.t(0), 'Admin Token', 'admin', pg_temp.h('change-me'), '2040-01-01', NULL, NULL),
  (pg_temp.i(41), pg_temp.t(0), pg_temp.t(0), 'Admin Token', 'admin', pg_temp.h('change-me'), '2026-01-01', NULL, NULL),
  (pg_temp.i(42), pg_temp.t(0), pg_temp.t(0), 'admin', 'admin', pg_temp.h('admin-of-old'), '2040-01-01', NULL, NULL),
  (pg_temp.i(43), pg_temp.t(0), pg_temp.t(0), 'provider', 'participant', pg_temp.h('provider-of-old'), '2040-01-01', pg_temp.i(1), NULL),
  (pg_temp.i(44), pg_temp.t(0), pg_temp.t(0), 'consumer', 'participant', pg_temp.h('consumer-of-old'), '2040-01-01', pg_temp.i(2), NULL),
  (pg_temp.i(45), pg_temp.t(0), pg_temp.t(0), 'agent', 'agent', pg_temp.h('agent-of-old'), '2040-01-01', pg_temp.i(1), pg_temp.i(30)),
  (pg_temp.i(46), pg_temp.t(0), pg_temp.t(0), 'other', 'participant', pg_temp.h('other-of-old'), '2040-01-01', pg_temp.i(3), NULL),
  (pg_temp.i(47), pg_temp.t(0), pg_temp.t(0), 'install-bootstrap-31', 'agent', pg_temp.h('bootstrap-of-old'), '2040-01-01', pg_temp.i(3), pg_temp.i(31));
INSERT INTO agent_install_tokens (id, created_at, updated_at, agent_id, token_hashed, expires_at, bootstrap_token_id) VALUES
  (pg_temp.i(48), pg_temp.t(0), pg_temp.t(0), pg_temp.i(31), pg_temp.h('install-of-old'), '2040-01-01', pg_temp.i(47));

INSERT INTO service_groups (id, created_at, updated_at, name, consumer_id) VALUES
  (pg_temp.i(50), pg_temp.t(0), pg_temp.t(0), 'group', pg_temp.i(2)),
  (pg_temp.i(51), pg_temp.t(0), pg_temp.t(0), 'second group', pg_temp.i(2)),
  (pg_temp.i(52), pg_temp.t(0), pg_temp.t(0), 'third group', pg_temp.i(2));

INSERT INTO services (id, created_at, updated_at, name, status, properties, agent_instance_id, agent_instance_data, provider_id, consumer_id, group_id, agent_id, service_type_id) VALUES
  (pg_temp.i(60), pg_temp.t(1), pg_temp.t(10), 'one', 'Started',
   '{"size": "small", "ip": "10.1.0.1", "slot": "slot-a", "password": "vault://00000000-0000-4000-8000-000000000091", "once": "vault://00000000-0000-4000-8000-000000000099"}',
   '100', '{"node": "n1", "big": 12345678901234567890}', pg_temp.i(1), pg_temp.i(2), pg_temp.i(50), pg_temp.i(30), pg_temp.i(11)),
  (pg_temp.i(61), pg_temp.t(2), pg_temp.t(11), 'ended', 'Deleted', '{"size": "small", "ip": "10.1.0.2"}',
   NULL, NULL, pg_temp.i(1), pg_temp.i(2), pg_temp.i(50), pg_temp.i(30), pg_temp.i(11)),
  (pg_temp.i(62), pg_temp.t(3), pg_temp.t(3), 'pending', 'New',
   '{"size": "large", "ip": "10.1.0.3", "slot": "slot-b", "password": "vault://00000000-0000-4000-8000-000000000092", "once": "vault://00000000-0000-4000-8000-000000000093"}',
   NULL, NULL, pg_temp.i(1), pg_temp.i(2), pg_temp.i(51), pg_temp.i(30), pg_temp.i(11)),
  (pg_temp.i(63), pg_temp.t(4), pg_temp.t(4), 'processing', 'New', '{"size": "small", "ip": "10.1.0.4", "slot": "slot-c"}',
   NULL, NULL, pg_temp.i(1), pg_temp.i(2), pg_temp.i(52), pg_temp.i(30), pg_temp.i(11));

INSERT INTO jobs (id, created_at, updated_at, action, params, priority, status, error_message, claimed_at, completed_at, agent_id, service_id, provider_id, consumer_id) VALUES
  (pg_temp.i(70), pg_temp.t(1), pg_temp.t(10), 'create', '{"size": "small"}', 1, 'Completed', '', pg_temp.t(9), pg_temp.t(10), pg_temp.i(30), pg_temp.i(60), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(71), pg_temp.t(2), pg_temp.t(5), 'create', '{"size": "small"}', 1, 'Failed', 'no room', pg_temp.t(4), NULL, pg_temp.i(30), pg_temp.i(61), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(72), pg_temp.t(6), pg_temp.t(11), 'delete', NULL, 1, 'Completed', '', pg_temp.t(7), pg_temp.t(11), pg_temp.i(30), pg_temp.i(61), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(73), pg_temp.t(3), pg_temp.t(3), 'create',
   '{"size": "large", "ip": "10.1.0.3", "slot": "slot-b", "password": "vault://00000000-0000-4000-8000-000000000092", "once": "vault://00000000-0000-4000-8000-000000000093"}',
   1, 'Pending', '', NULL, NULL, pg_temp.i(30), pg_temp.i(62), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(74), pg_temp.t(4), pg_temp.t(8), 'create', '{"size": "small"}', 1, 'Processing', '', pg_temp.t(8), NULL, pg_temp.i(30), pg_temp.i(63), pg_temp.i(1), pg_temp.i(2));

-- rows that a subnet makes have no owner, and stay when they are free
INSERT INTO service_pool_values (id, created_at, updated_at, name, value, service_pool_id, service_id, property_name, allocated_at, participant_id) VALUES
  (pg_temp.i(80), pg_temp.t(1), pg_temp.t(1), '10.1.0.1', '"10.1.0.1"', pg_temp.i(21), pg_temp.i(60), 'ip', pg_temp.t(1), NULL),
  (pg_temp.i(81), pg_temp.t(2), pg_temp.t(11), '10.1.0.2', '"10.1.0.2"', pg_temp.i(21), NULL, NULL, NULL, pg_temp.i(1)),
  (pg_temp.i(82), pg_temp.t(3), pg_temp.t(3), '10.1.0.3', '"10.1.0.3"', pg_temp.i(21), pg_temp.i(62), 'ip', pg_temp.t(3), NULL),
  (pg_temp.i(83), pg_temp.t(4), pg_temp.t(4), '10.1.0.4', '"10.1.0.4"', pg_temp.i(21), pg_temp.i(63), 'ip', pg_temp.t(4), NULL),
  -- made by hand to keep the address free: see its event
  (pg_temp.i(84), pg_temp.t(0), pg_temp.t(0), '10.1.0.5', '"10.1.0.5"', pg_temp.i(21), NULL, NULL, NULL, pg_temp.i(1)),
  (pg_temp.i(85), pg_temp.t(0), pg_temp.t(1), 'slot-a', '"slot-a"', pg_temp.i(22), pg_temp.i(60), 'slot', pg_temp.t(1), pg_temp.i(1)),
  (pg_temp.i(86), pg_temp.t(0), pg_temp.t(3), 'slot-b', '"slot-b"', pg_temp.i(22), pg_temp.i(62), 'slot', pg_temp.t(3), pg_temp.i(1)),
  (pg_temp.i(87), pg_temp.t(0), pg_temp.t(4), 'slot-c', '"slot-c"', pg_temp.i(22), pg_temp.i(63), 'slot', pg_temp.t(4), pg_temp.i(1)),
  (pg_temp.i(88), pg_temp.t(0), pg_temp.t(0), 'slot-d', '"slot-d"', pg_temp.i(22), NULL, NULL, NULL, pg_temp.i(1)),
  (pg_temp.i(89), pg_temp.t(0), pg_temp.t(0), 'slot-e', '"slot-e"', pg_temp.i(22), NULL, NULL, NULL, pg_temp.i(1));
INSERT INTO config_pool_values (id, created_at, updated_at, name, value, config_pool_id, agent_id, property_name, allocated_at) VALUES
  (pg_temp.i(101), pg_temp.t(0), pg_temp.t(0), 'p1', '7001', pg_temp.i(23), pg_temp.i(30), 'port', pg_temp.t(0)),
  (pg_temp.i(102), pg_temp.t(0), pg_temp.t(0), 'p2', '7002', pg_temp.i(23), NULL, NULL, NULL);

INSERT INTO vault_secrets (id, created_at, updated_at, reference, encrypted_value) VALUES
  (pg_temp.i(191), pg_temp.t(1), pg_temp.t(1), '00000000-0000-4000-8000-000000000091', '\xbf4abdbc257de319b46679378d816ca37064a527dcd41a1ef069c1b137b02718a38fd5e6'),
  (pg_temp.i(192), pg_temp.t(3), pg_temp.t(3), '00000000-0000-4000-8000-000000000092', '\x34730ad878f104c65b7bcb67d2145580b493ce1991ef102e0b83d4e1dbec681638b835b0a7fd7b9c'),
  (pg_temp.i(193), pg_temp.t(3), pg_temp.t(3), '00000000-0000-4000-8000-000000000093', '\x930206dd345a2dfcca1f57bfb0b1e0573dd7477961c01576dbd346fad12bd71c8f00be91fd2b725fbbd3'),
  (pg_temp.i(194), pg_temp.t(0), pg_temp.t(0), '00000000-0000-4000-8000-000000000094', '\xccd6ed13b05627d2c759e6b83d04618a2a68645e8ee72ec65c9ac3ab5e4e2870d3af140326dde3');

INSERT INTO metric_types (id, created_at, updated_at, name, entity_type) VALUES
  (pg_temp.i(110), pg_temp.t(0), pg_temp.t(0), 'cpu', 'Resource');
INSERT INTO metric_entries (id, created_at, updated_at, resource_id, value, type_id, agent_id, service_id, provider_id, consumer_id)
  SELECT pg_temp.i(1000 + n), pg_temp.t(n), pg_temp.t(n), 'vcpu', n * 1.5, pg_temp.i(110), pg_temp.i(30), pg_temp.i(60), pg_temp.i(1), pg_temp.i(2)
  FROM generate_series(0, 19) n;

INSERT INTO events (id, created_at, updated_at, sequence_number, initiator_type, initiator_id, type, payload, entity_id, participant_id, provider_id, agent_id, consumer_id) VALUES
  (pg_temp.i(201), pg_temp.t(0), pg_temp.t(0), 1, 'user', pg_temp.i(42)::text, 'participant.created', 'null', pg_temp.i(1)::text, pg_temp.i(1), NULL, NULL, NULL),
  (pg_temp.i(202), pg_temp.t(0), pg_temp.t(0), 2, 'user', pg_temp.i(42)::text, 'service_pool_value.created', 'null', pg_temp.i(84)::text, NULL, NULL, NULL, NULL),
  (pg_temp.i(203), pg_temp.t(1), pg_temp.t(1), 3, 'user', pg_temp.i(44)::text, 'service.created', 'null', pg_temp.i(60)::text, NULL, pg_temp.i(1), pg_temp.i(30), pg_temp.i(2)),
  -- 4 was rolled back
  (pg_temp.i(205), pg_temp.t(10), pg_temp.t(10), 5, 'user', pg_temp.i(45)::text, 'service.transitioned',
   '{"diff": [{"op": "test", "path": "/status", "value": "New"}, {"op": "replace", "path": "/status", "value": "Started"}]}',
   pg_temp.i(60)::text, NULL, pg_temp.i(1), pg_temp.i(30), pg_temp.i(2)),
  (pg_temp.i(206), pg_temp.t(11), pg_temp.t(11), 6, 'user', pg_temp.i(45)::text, 'service.transitioned', '{"diff": null}',
   pg_temp.i(61)::text, NULL, pg_temp.i(1), pg_temp.i(30), pg_temp.i(2));
INSERT INTO event_subscriptions (id, created_at, updated_at, subscriber_id, last_event_sequence_processed, lease_owner_instance_id, lease_acquired_at, lease_expires_at) VALUES
  (pg_temp.i(210), pg_temp.t(1), pg_temp.t(2), 'billing', 3, 'instance-1', pg_temp.t(2), pg_temp.t(7));
