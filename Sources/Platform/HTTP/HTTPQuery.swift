internal import Primitives

/// The items of a query or of an `application/x-www-form-urlencoded` body, in order; names may repeat.
package struct HTTPQuery: Sendable, Hashable {
    /// One `name=value`, decoded.
    package struct Item: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var items: [Item]

    package init(_ items: [Item] = []) {
        self.items = items
    }

    /// Parses `a=1&b=2` as browsers write it: `+` is a space, an item without `=` has an empty value, empty items are
    /// skipped. An item that can't be decoded keeps its raw text, as the URL standard's lenient parser does.
    package init(parsing text: some StringProtocol) {
        self.items = Substring(text).utf8.split(separator: 0x26).map { part in
            let part = Substring(part)
            let equals = part.utf8.firstIndex(of: 0x3D)
            let name = equals.map { part[..<$0] } ?? part
            let value = equals.map { part[part.utf8.index(after: $0)...] } ?? ""
            return Item(name: Self.decoded(name), value: Self.decoded(value))
        }
    }

    /// The first value with this name.
    package subscript(name: String) -> String? {
        self.items.first { $0.name == name }?.value
    }

    package mutating func append(_ name: String, _ value: String) {
        self.items.append(Item(name: name, value: value))
    }

    /// `a=1&b=2`, percent-encoded; without a leading `?`.
    package var encoded: String {
        self.items.map { item in
            PercentEncoding.encode(item.name, keeping: .queryValue) + "="
                + PercentEncoding.encode(item.value, keeping: .queryValue)
        }.joined(separator: "&")
    }

    private static func decoded(_ text: Substring) -> String {
        PercentEncoding.decode(text, plusIsSpace: true) ?? StreamSafeText.of(String(text))
    }
}

extension HTTPQuery: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.items = elements.map { Item(name: $0.0, value: $0.1) }
    }
}
