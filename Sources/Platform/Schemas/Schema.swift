package import JSON

/// The shape of a JSON value, for its description, its checks and its types in other languages.
package struct Schema: Sendable, Equatable {
    package indirect enum Kind: Sendable, Equatable {
        case string
        case integer
        case number
        case boolean
        /// A value of any shape.
        case any
        case choice([String])
        case array(Schema)
        /// Members of any name.
        case map(Schema)
        /// The object of this name in the ``SchemaTable``.
        case object(String)
    }

    package var kind: Kind
    package var isNullable = false
    package var note = MemberNote()

    package init(_ kind: Kind, isNullable: Bool = false, note: MemberNote = MemberNote()) {
        self.kind = kind
        self.isNullable = isNullable
        self.note = note
    }
}

/// What a member's type does not say: its meaning, bounds and form. Text alone is the meaning.
package struct MemberNote: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// One or more sentences.
    package var text: String?
    package var format: String?
    package var minimum: Int64?
    package var maximum: Int64?
    /// In characters, as JSON Schema counts them.
    package var minLength: Int?
    package var maxLength: Int?
    /// A regular expression of ECMA-262, which is not checked here.
    package var pattern: String?
    /// What a missing member means.
    package var standard: JSON?
    /// What to use instead of a member that will go; nil for others.
    package var deprecation: String?

    package init(
        _ text: String? = nil, format: String? = nil, minimum: Int64? = nil, maximum: Int64? = nil,
        minLength: Int? = nil, maxLength: Int? = nil, pattern: String? = nil, standard: JSON? = nil,
        deprecation: String? = nil
    ) {
        self.text = text
        self.format = format
        self.minimum = minimum
        self.maximum = maximum
        self.minLength = minLength
        self.maxLength = maxLength
        self.pattern = pattern
        self.standard = standard
        self.deprecation = deprecation
    }

    package init(stringLiteral text: String) { self.init(text) }
}

/// The members of an object.
package struct ObjectSchema: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        /// The JSON name.
        package let name: String
        package var schema: Schema
        package var isRequired: Bool
    }

    package var members: [Member]
    /// At least one of the members must be there.
    package var needsAny = false

    package subscript(name: String) -> Member? { self.members.first { $0.name == name } }
}
