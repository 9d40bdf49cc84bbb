// What makes two versions of a .proto file unreadable for each other, one way or the other: the rules of
// the Protocol Buffers language guide, "Updating A Message Type".
import protobufjs, { type Namespace, type Type } from 'protobufjs'

/** What a change of a file breaks, one sentence each; empty where nothing is. */
export function incompatibilities(before: string, now: string): string[] {
  const [old, young] = [typesOf(before), typesOf(now)]
  return [...old].flatMap(([name, type]) => {
    const changed = young.get(name)
    return changed === undefined ? [`${name} is gone`] : changesOf(type, changed)
  })
}

function typesOf(proto: string): Map<string, Type> {
  const { root } = protobufjs.parse(proto, { keepCase: true })
  const types = new Map<string, Type>()
  const visit = (namespace: Namespace): void => {
    for (const nested of namespace.nestedArray) {
      if (nested instanceof protobufjs.Type) types.set(nested.fullName.slice(1), nested)
      if (nested instanceof protobufjs.Namespace) visit(nested)
    }
  }
  visit(root)
  return types
}

function changesOf(before: Type, now: Type): string[] {
  const gone = before.fieldsArray.flatMap((field) => {
    const place = `${before.name}.${field.name}`
    const same = now.fieldsById[field.id]
    if (same === undefined) {
      return now.isReservedId(field.id) ? [] : [`${place} is gone and its number ${field.id} free`]
    }
    if (same.name !== field.name) return [`${place} is now ${same.name}: JSON has it by name`]
    const [was, is] = [kindOf(field), kindOf(same)]
    return was === is ? [] : [`${place} was ${was} and is ${is}`]
  })
  const added = now.fieldsArray
    .filter(
      ({ id, partOf, repeated }) => !(id in before.fieldsById) && partOf === null && !repeated,
    )
    .map(({ name }) => `${now.name}.${name} is new and not optional: the last release lacks it`)
  return [...gone, ...added]
}

const kindOf = ({ type, repeated, partOf }: Type['fieldsArray'][number]): string =>
  `${repeated ? 'repeated ' : partOf === null ? '' : 'optional '}${type}`
