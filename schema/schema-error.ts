// The one error of this room: a definition that cannot be accepted.

/** A property schema, a lifecycle or a pattern is not acceptable. The message is written for whoever defined it. */
export class SchemaError extends Error {
  override name = 'SchemaError'
}
