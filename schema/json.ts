// JSON values as they come out of a request body or a jsonb column, and the few operations on them that the languages need.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }
