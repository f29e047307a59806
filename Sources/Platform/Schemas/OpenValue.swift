package import JSON

/// A JSON value of any shape within a typed document.
package struct OpenValue: Sendable, Codable, Equatable {
    package let json: JSON

    package init(_ json: JSON) { self.json = json }

    // The coders of this module take the value as it is.
    package init(from decoder: any Decoder) throws {
        guard let source = decoder as? any JSONSource else { preconditionFailure("only for JSON") }
        self.json = source.json
    }

    package func encode(to encoder: any Encoder) throws {
        preconditionFailure("encoded within a document only")
    }
}

/// A decoder that has the JSON it reads.
protocol JSONSource {
    var json: JSON { get }
}
