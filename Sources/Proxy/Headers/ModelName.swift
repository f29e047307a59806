internal import JSON

/// Finds the model that the JSON of a request names. Pure.
///
/// No server may read another model from the same bytes. So the text must be strictly valid (RFC 8259); a key counts
/// in any case, because Go's decoder ignores case; and of several such keys all must have the same value, because some
/// parsers take the first and others the last.
package struct ModelName {
    private let body: [UInt8]
    private var scanner: JSONScanner
    private var name: String?
    /// Where the values of the member are, with their quotes.
    private var values: [Range<Int>] = []
    /// Whether a key is spelled `model`, as servers expect it that respect case.
    private var hasExactKey = false

    /// The text names no model, or may name different ones to different parsers.
    private struct Unclear: Error {}

    private static let key = Array("model".utf8)
    /// How often the member may be repeated. Each place costs a pass over the body when the name is replaced.
    private static let mostPlaces = 8

    private init(_ body: [UInt8]) {
        self.body = body
        self.scanner = JSONScanner(body)
    }

    /// The value of the top-level member `model`; nil if it is missing, ambiguous or not a string, or if the text is not
    /// one valid JSON object.
    package static func find(in body: [UInt8]) -> String? { Self.found(in: body)?.name }

    /// The model that the beginning of a longer body names. The rest may still name another one, so this decides nothing
    /// about what is allowed.
    static func find(atBeginning bytes: [UInt8]) -> String? {
        var search = ModelName(bytes)
        // It ends in the middle of a member, which throws.
        try? search.read()
        return search.hasExactKey ? search.name : nil
    }

    /// The body with another model in its place; nil if ``find(in:)`` finds none.
    static func replaced(in body: [UInt8], by model: String) -> [UInt8]? {
        guard let found = Self.found(in: body) else { return nil }
        var body = body
        for range in found.values.reversed() { body.replaceSubrange(range, with: JSON.string(model).bytes) }
        return body
    }

    private static func found(in body: [UInt8]) -> (name: String, values: [Range<Int>])? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: body.span)
        } catch {
            return nil
        }
        var search = ModelName(body)
        do {
            try search.read()
        } catch {
            return nil
        }
        return search.hasExactKey ? search.name.map { ($0, search.values) } : nil
    }

    private mutating func read() throws {
        guard self.scanner.enterObject() else { throw Unclear() }
        while let key = try self.scanner.nextMember() {
            if try self.isModel(key) { try self.takeName() } else { try self.scanner.skipValue() }
        }
        guard self.scanner.isAtEnd else { throw Unclear() }
    }

    private mutating func isModel(_ raw: Range<Int>) throws -> Bool {
        var key = self.body[raw]
        if key.contains(UInt8(ascii: "\\")) {
            let text = try self.decoded(raw)
            // Half a surrogate pair and NUL end or vanish in some parsers, which could make another key of this one.
            guard !text.unicodeScalars.contains(where: { $0 == "\0" || $0 == "\u{FFFD}" }) else {
                throw Unclear()
            }
            key = Array(text.utf8)[...]
        }
        guard key.count == Self.key.count, zip(key, Self.key).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
        if key.elementsEqual(Self.key) { self.hasExactKey = true }
        return true
    }

    private mutating func takeName() throws {
        guard let raw = try self.scanner.string() else { throw Unclear() }
        let name = try self.decoded(raw)
        guard self.name?.utf8.elementsEqual(name.utf8) ?? true, self.values.count < Self.mostPlaces else {
            throw Unclear()
        }
        self.name = name
        self.values.append(raw.lowerBound - 1..<raw.upperBound + 1)
    }

    /// The text of a string without its quotes.
    private func decoded(_ raw: Range<Int>) throws -> String {
        let value = try JSON.parse(Array(self.body[raw.lowerBound - 1...raw.upperBound]))
        guard let text = value.stringValue else { throw Unclear() }
        return text
    }
}
