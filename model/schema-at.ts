// Finds the part of a zod schema that a path leads to, so that a problem can say what would have been right there.
// Understands what runtimes' schemas are made of: objects, lists, maps and optional fields.
import { z } from 'zod';

type Schema = z.core.$ZodType;

const bare = (schema: Schema): Schema => (schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema);

function inside(schema: Schema, segment: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<PropertyKey, Schema | undefined>> = schema.shape;
    return Object.hasOwn(shape, segment) ? shape[segment] : undefined;
  }
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

/** The schema at the end of a path, without its "optional"; undefined where the schema knows nothing. */
export function schemaAt(root: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let schema: Schema | undefined = bare(root);
  for (const segment of path) {
    const next: Schema | undefined = schema && inside(schema, segment);
    schema = next && bare(next);
  }
  return schema;
}

/** The names of an object schema's fields; none for any other schema. */
export const fieldsOf = (schema: Schema | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
