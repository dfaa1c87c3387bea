-- What the Go control plane, its races, its older versions or a hand in the database can leave behind. On top of rows.sql, in
-- the same session.

ALTER TABLE service_types DROP CONSTRAINT uni_service_types_name;
DROP INDEX service_agent_instance_id_uniq;

INSERT INTO participants (id, name, status) VALUES
  (pg_temp.i(301), '', 'Enabled'),
  (pg_temp.i(302), 'suspended', 'Suspended');

-- a ghost; a schema that is refused today; a second name
INSERT INTO service_types (id, created_at, updated_at, name, property_schema, lifecycle_schema) VALUES
  (pg_temp.i(311), pg_temp.t(1), pg_temp.t(1), '', '{"properties": null, "validators": null}', '{"states": null, "actions": null, "initialState": "", "terminalStates": null}'),
  (pg_temp.i(312), pg_temp.t(1), pg_temp.t(1), 'odd', '{"properties": {"n": {"type": "number", "validators": [{"type": "min", "config": {"value": "x"}}]}}}',
   '{"states": [{"name": "A"}], "actions": [{"name": "create", "transitions": [{"from": "A", "to": "A"}]}], "initialState": "A", "terminalStates": null}'),
  (pg_temp.i(313), pg_temp.t(2), pg_temp.t(2), 'odd', '{"properties": {"n": {"type": "number"}}}',
   '{"states": [{"name": "A"}], "actions": [{"name": "create", "transitions": [{"from": "A", "to": "A"}]}], "initialState": "A"}');
INSERT INTO agent_type_service_types VALUES (pg_temp.i(12), pg_temp.i(311)), (pg_temp.i(12), pg_temp.i(399));
INSERT INTO agent_types (id, name, configuration_schema, config_template, cmd_template) VALUES
  (pg_temp.i(314), 'broken template', '{"properties": {"a": {"type": "string"}}}', '{{.a', '{{.configUrl}} {{.authToken}}');

INSERT INTO service_option_types (id, name, type) VALUES (pg_temp.i(315), 'no description', 'plain');
-- of a deleted participant; of a deleted type
INSERT INTO service_options (id, provider_id, service_option_type_id, name, value, display_order) VALUES
  (pg_temp.i(316), pg_temp.i(390), pg_temp.i(315), 'orphan', '1', 3000000000),
  (pg_temp.i(317), pg_temp.i(1), pg_temp.i(398), 'typeless', '1', NULL);

-- a deleted set with a pool and an agent; a pool that nobody owns; a second pool of a type; unknown words; a broken subnet
INSERT INTO service_pools (id, created_at, updated_at, name, type, property_type, generator_type, generator_config, service_pool_set_id, participant_id) VALUES
  (pg_temp.i(321), pg_temp.t(1), pg_temp.t(1), 'of a deleted set', 'disk', 'string', 'list', NULL, pg_temp.i(397), pg_temp.i(1)),
  (pg_temp.i(322), pg_temp.t(1), pg_temp.t(1), 'of nobody', 'disk', 'string', 'list', NULL, pg_temp.i(396), NULL),
  (pg_temp.i(323), pg_temp.t(2), pg_temp.t(2), 'second ip', 'ip', 'colour', 'list', '[]', pg_temp.i(20), pg_temp.i(1)),
  (pg_temp.i(324), pg_temp.t(1), pg_temp.t(1), 'unknown generator', 'x', 'string', 'random', NULL, pg_temp.i(20), pg_temp.i(1)),
  (pg_temp.i(325), pg_temp.t(1), pg_temp.t(1), 'no cidr', 'y', 'string', 'subnet', '{"cidr": "10.1.0.0/99"}', pg_temp.i(20), pg_temp.i(3));
INSERT INTO config_pools (id, created_at, updated_at, name, type, property_type, generator_type, participant_id) VALUES
  (pg_temp.i(326), pg_temp.t(2), pg_temp.t(2), 'second ports', 'port', 'integer', 'list', NULL),
  (pg_temp.i(327), pg_temp.t(1), pg_temp.t(1), 'of a deleted participant', 'z', 'integer', 'list', pg_temp.i(390)),
  (pg_temp.i(328), pg_temp.t(1), pg_temp.t(1), 'subnet', 'w', 'integer', 'subnet', NULL);

INSERT INTO agents (id, created_at, updated_at, name, status, last_status_update, configuration, agent_type_id, provider_id, service_pool_set_id) VALUES
  (pg_temp.i(331), pg_temp.t(0), pg_temp.t(0), 'of deleted things', 'Sleeping', '0001-01-01 00:00:00+00', '[1]', pg_temp.i(395), pg_temp.i(390), pg_temp.i(397));

INSERT INTO tokens (id, created_at, updated_at, name, role, hashed_value, expire_at, participant_id, agent_id) VALUES
  (pg_temp.i(341), pg_temp.t(0), pg_temp.t(0), 'of a deleted participant', 'participant', pg_temp.h('orphan-1'), '2040-01-01', pg_temp.i(390), NULL),
  (pg_temp.i(342), pg_temp.t(0), pg_temp.t(0), 'of a deleted agent', 'agent', pg_temp.h('orphan-2'), '2040-01-01', pg_temp.i(1), pg_temp.i(394)),
  (pg_temp.i(343), pg_temp.t(0), pg_temp.t(0), 'a second of one value', 'participant', pg_temp.h('consumer-of-old'), '2030-01-01', pg_temp.i(2), NULL),
  (pg_temp.i(344), pg_temp.t(0), pg_temp.t(0), 'unknown role', 'root', pg_temp.h('root'), '2040-01-01', NULL, NULL),
  (pg_temp.i(345), pg_temp.t(0), pg_temp.t(0), 'admin with a scope', 'admin', pg_temp.h('scoped-admin'), '2040-01-01', pg_temp.i(1), NULL),
  (pg_temp.i(346), pg_temp.t(0), pg_temp.t(0), 'agent of another provider', 'agent', pg_temp.h('moved-agent'), '2040-01-01', pg_temp.i(3), pg_temp.i(30));
INSERT INTO agent_install_tokens (id, agent_id, token_hashed, expires_at, bootstrap_token_id) VALUES
  (pg_temp.i(347), pg_temp.i(394), 'of a deleted agent', '2040-01-01', NULL),
  (pg_temp.i(348), pg_temp.i(30), 'without bootstrap token', '2040-01-01', pg_temp.i(393));

INSERT INTO service_groups (id, name, consumer_id) VALUES (pg_temp.i(351), 'of a deleted participant', pg_temp.i(390));

-- of a deleted participant; with everything deleted; the same instance id twice; ended with an instance id; in no known state;
-- with an address that another holds; one that brings in somebody else's secret
INSERT INTO services (id, created_at, updated_at, name, status, properties, agent_instance_id, agent_instance_data, provider_id, consumer_id, group_id, agent_id, service_type_id) VALUES
  (pg_temp.i(361), pg_temp.t(5), pg_temp.t(5), 'orphan', 'Started', '{"size": "small"}', 'x1', '[1]', pg_temp.i(1), pg_temp.i(390), pg_temp.i(351), pg_temp.i(30), pg_temp.i(11)),
  (pg_temp.i(362), pg_temp.t(5), pg_temp.t(5), 'all gone', 'Lost', '"text"', NULL, 'null', pg_temp.i(390), pg_temp.i(390), pg_temp.i(392), pg_temp.i(391), pg_temp.i(389)),
  (pg_temp.i(363), pg_temp.t(6), pg_temp.t(6), 'second 100', 'Started', '{"size": "small", "ip": "10.1.0.1"}', '100', NULL, pg_temp.i(1), pg_temp.i(2), pg_temp.i(50), pg_temp.i(30), pg_temp.i(11)),
  (pg_temp.i(364), pg_temp.t(6), pg_temp.t(6), 'ended with id', 'Deleted', '{"password": "vault://00000000-0000-4000-8000-000000000096"}', '77', NULL, pg_temp.i(1), pg_temp.i(2), pg_temp.i(50), pg_temp.i(30), pg_temp.i(11)),
  (pg_temp.i(365), pg_temp.t(7), pg_temp.t(7), 'in no state', 'Vanished', '{"slot": "slot-a", "password": "vault://00000000-0000-4000-8000-000000000091"}', NULL, NULL, pg_temp.i(1), pg_temp.i(2), pg_temp.i(50), pg_temp.i(30), pg_temp.i(11));

-- two active ones; of a deleted service; unknown words; without times
INSERT INTO jobs (id, created_at, updated_at, action, params, priority, status, error_message, claimed_at, completed_at, agent_id, service_id, provider_id, consumer_id) VALUES
  (pg_temp.i(371), pg_temp.t(9), pg_temp.t(9), 'create', NULL, 1, 'Pending', '', NULL, NULL, pg_temp.i(30), pg_temp.i(63), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(372), pg_temp.t(9), pg_temp.t(9), 'create', NULL, 1, 'Pending', '', NULL, NULL, pg_temp.i(30), pg_temp.i(388), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(373), pg_temp.t(9), pg_temp.t(9), 'stop', '[]', 0, 'Strange', NULL, NULL, NULL, pg_temp.i(387), pg_temp.i(361), pg_temp.i(1), pg_temp.i(390)),
  (pg_temp.i(374), pg_temp.t(9), pg_temp.t(9), 'stop', NULL, 1, 'Processing', '', NULL, NULL, pg_temp.i(30), pg_temp.i(361), pg_temp.i(1), pg_temp.i(390));

-- one address twice; held by something deleted; of pools that are not imported; of another owner
INSERT INTO service_pool_values (id, created_at, updated_at, name, value, service_pool_id, service_id, property_name, allocated_at, participant_id) VALUES
  (pg_temp.i(381), pg_temp.t(6), pg_temp.t(6), '10.1.0.1', '"10.1.0.1"', pg_temp.i(21), pg_temp.i(363), 'ip', pg_temp.t(6), NULL),
  (pg_temp.i(382), pg_temp.t(6), pg_temp.t(6), 'slot-f', '"slot-f"', pg_temp.i(22), pg_temp.i(388), 'slot', pg_temp.t(6), pg_temp.i(1)),
  (pg_temp.i(383), pg_temp.t(6), pg_temp.t(6), 'lost', '1', pg_temp.i(322), NULL, NULL, NULL, NULL),
  (pg_temp.i(384), pg_temp.t(6), pg_temp.t(6), 'slot-z', '"slot-z"', pg_temp.i(22), NULL, NULL, NULL, pg_temp.i(3));
INSERT INTO config_pool_values (id, name, value, config_pool_id, agent_id, property_name, allocated_at) VALUES
  (pg_temp.i(385), 'p9', '9', pg_temp.i(23), pg_temp.i(394), 'port', pg_temp.t(0)),
  (pg_temp.i(386), 'lost', '9', pg_temp.i(328), NULL, NULL, NULL);

-- nobody's; of an ended service; with a name that is no id; encrypted with another key
INSERT INTO vault_secrets (id, reference, encrypted_value) VALUES
  (pg_temp.i(195), '00000000-0000-4000-8000-000000000095', '\x1415186dddcbfa536a3a4eab269fe14e0e5e2ab5e2a9e97053a7ef4f081fa6ad112467b2310751'),
  (pg_temp.i(196), '00000000-0000-4000-8000-000000000096', '\x6d8ae54b57eb1e86c17922b45a40737acd773ba245bc4ef5589331e26e2bf069c869f5ad6f62'),
  (pg_temp.i(197), 'by-hand', '\x6d8ae54b57eb1e86c17922b45a40737acd773ba245bc4ef5589331e26e2bf069c869f5ad6f62'),
  (pg_temp.i(198), '00000000-0000-4000-8000-000000000099', '\xea3e75e2eb841dece24a9f03b021045b9113fa9764e7e278ec482fa9950bad');

INSERT INTO metric_types (id, name, entity_type) VALUES (pg_temp.i(401), 'weight', 'Elephant');
INSERT INTO metric_entries (id, resource_id, value, type_id, agent_id, service_id, provider_id, consumer_id) VALUES
  (pg_temp.i(402), 'r', 1, pg_temp.i(499), pg_temp.i(30), pg_temp.i(60), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(403), 'r', 'NaN', pg_temp.i(110), pg_temp.i(30), pg_temp.i(60), pg_temp.i(1), pg_temp.i(2)),
  (pg_temp.i(404), 'r', 10::numeric ^ 400, pg_temp.i(110), pg_temp.i(30), pg_temp.i(60), pg_temp.i(1), pg_temp.i(2)),
  -- of a service that never was: kept, like the history of deleted ones
  (pg_temp.i(405), 'r', 1, pg_temp.i(110), pg_temp.i(30), pg_temp.i(388), pg_temp.i(1), pg_temp.i(2));

INSERT INTO events (id, sequence_number, initiator_type, initiator_id, type, entity_id) VALUES
  (pg_temp.i(411), 7, 'system', '', 'participant.deleted', 'no-id');
INSERT INTO event_subscriptions (id, subscriber_id, last_event_sequence_processed) VALUES (pg_temp.i(412), 'ahead', 4711);
