package import JSON

extension JSON {
    /// The form that Matrix signs and hashes (specification, appendix "Canonical JSON"): members sorted by code points, no
    /// space, the fewest escapes. It differs from RFC 8785 in the order of keys beyond the basic plane.
    ///
    /// Fractions have no such form. They are written as short as possible, so a signature over them is still one over a
    /// text that the signer wrote.
    package var matrixCanonicalBytes: [UInt8] { Self.matrixSorted(self).bytes }

    private static func matrixSorted(_ value: JSON) -> JSON {
        switch value {
        case .array(let array): .array(array.map(Self.matrixSorted))
        case .object(let object):
            // UTF-8 sorts like code points. Swift's own order of strings is that of their normalised forms.
            .object(
                JSONObject(
                    members: object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, Self.matrixSorted($0.value)) }))
        case .number(let number): Int64(exactly: number).map(JSON.integer) ?? value
        default: value
        }
    }
}
