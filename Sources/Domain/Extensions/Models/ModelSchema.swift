package import JSON
internal import Primitives

/// The schema of a tool's arguments in a form that every provider accepts: one bad schema fails the whole request, and so
/// every answer in the thread.
///
/// Known keywords are copied; the rest becomes words in descriptions. A `$ref` is never fetched. The cost has a bound,
/// whatever the schema says. Check arguments against the original.
package struct ModelSchema: Sendable, Equatable {
    /// Why a tool with such a schema is left out: `its schema is larger than 64 KiB`.
    package struct Unusable: Error, Equatable {
        package let reason: String
    }

    /// Bytes of the schema as the server sent it, and as the model gets it.
    package static let byteLimit = 64 << 10
    static let depthLimit = 16
    /// Schemas within the schema.
    static let nodeLimit = 500
    /// References within references that are followed.
    static let referenceLimit = 8

    /// An object with `type`, `properties`, and what else is left.
    package let schema: JSON
    /// What of the whole is left out, in sentences; what belongs to one argument is in that one's description.
    package let notes: [String]

    package static func normalised(_ raw: JSON) throws(Unusable) -> ModelSchema {
        guard raw.bytes.count <= self.byteLimit else { throw Unusable(reason: "its schema is larger than 64 KiB") }
        guard case .object = raw else {
            let empty: JSON = ["type": "object", "properties": [:]]
            return ModelSchema(schema: empty, notes: ["The server does not describe the arguments."])
        }
        var normaliser = SchemaNormaliser(document: raw)
        let (schema, notes) = try normaliser.root()
        guard schema.bytes.count <= self.byteLimit else { throw Unusable(reason: "its schema is larger than 64 KiB") }
        return ModelSchema(schema: schema, notes: notes)
    }
}
